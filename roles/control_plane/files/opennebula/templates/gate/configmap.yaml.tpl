{{- if .Values.gate.enabled }}
{{- $server := dict "host" "0.0.0.0" "port" 5030 "one_xmlrpc" (include "opennebula.endpoint" .) "oneflow_server" (include "opennebula.flowUrl" .) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "opennebula.name" . }}-gate
  labels: {{- include "opennebula.labels" (list $ "gate") | nindent 4 }}
data:
  # Changes to the packaged file: the container merges them in when it starts.
  files.json: {{ dict "onegate-server.conf" (mergeOverwrite $server (deepCopy .Values.gate.config)) | toJson | quote }}
{{- end }}
