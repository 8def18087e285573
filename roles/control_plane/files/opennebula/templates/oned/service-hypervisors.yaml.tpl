{{- if ne .Values.hypervisors.exposure "HostPort" }}
{{- $monitor := include "opennebula.monitorPort" . | int }}
{{- $ssh := include "opennebula.sshPort" . | int }}
{{- $nodePort := eq .Values.hypervisors.exposure "NodePort" }}
# For the hypervisors. oned gives its probes the port on which the monitor listens, so the port inside and outside of the cluster has
# to be the same.
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
  # Hypervisors send monitoring data even before the pod is ready.
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
