{{- if .Values.flow.enabled }}
{{- $server := dict "host" "0.0.0.0" "port" 2474 "one_xmlrpc" (include "opennebula.endpoint" .) "subscriber_endpoint" (include "opennebula.events" .) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "opennebula.name" . }}-flow
  labels: {{- include "opennebula.labels" (list $ "flow") | nindent 4 }}
data:
  # Changes to the packaged file: the container merges them in when it starts.
  files.json: {{ dict "oneflow-server.conf" (mergeOverwrite $server (deepCopy .Values.flow.config)) | toJson | quote }}
{{- end }}
