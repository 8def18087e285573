{{- if ne .Values.hypervisors.exposure "HostPort" }}
{{- $monitor := include "opennebula.monitorPort" . | int }}
{{- $ssh := include "opennebula.sshPort" . | int }}
{{- $nodePort := eq .Values.hypervisors.exposure "NodePort" }}
# For the machines outside. Probes are told the port that the monitor listens on, so inside and outside are the same.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-hypervisors
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
  {{- with .Values.hypervisors.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .Values.hypervisors.exposure }}
  {{- with .Values.hypervisors.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  # a host pushes as soon as it is monitored, which may be before the pod counts as ready
  publishNotReadyAddresses: true
  selector: {{- include "opennebula.selector" (list $ "oned") | nindent 4 }}
  ports:
    - name: monitor-tcp
      protocol: TCP
      port: {{ $monitor }}
      targetPort: {{ $monitor }}
      {{- if $nodePort }}
      nodePort: {{ $monitor }}
      {{- end }}
    - name: monitor-udp
      protocol: UDP
      port: {{ $monitor }}
      targetPort: {{ $monitor }}
      {{- if $nodePort }}
      nodePort: {{ $monitor }}
      {{- end }}
    - name: ssh
      port: {{ $ssh }}
      targetPort: ssh
      {{- if $nodePort }}
      nodePort: {{ $ssh }}
      {{- end }}
{{- end }}
