{{- if .Values.gate.enabled }}
{{- $exposure := include "opennebula.gateExposure" . -}}
{{- $port := include "opennebula.gatePort" . | int -}}
# For virtual machines, which get its URL from ONEGATE_ENDPOINT in oned.conf.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-gate
  labels: {{- include "opennebula.labels" (list $ "gate") | nindent 4 }}
  {{- with .Values.gate.serviceAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ $exposure }}
  {{- with .Values.gate.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  selector: {{- include "opennebula.selector" (list $ "gate") | nindent 4 }}
  ports:
    - name: gate
      port: {{ eq $exposure "NodePort" | ternary 5030 $port }}
      targetPort: gate
      {{- if eq $exposure "NodePort" }}
      nodePort: {{ $port }}
      {{- end }}
{{- end }}
