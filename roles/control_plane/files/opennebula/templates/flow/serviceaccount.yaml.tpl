{{- if .Values.flow.enabled }}
{{ include "opennebula.serviceaccount" (list $ "flow") }}
{{- end }}
