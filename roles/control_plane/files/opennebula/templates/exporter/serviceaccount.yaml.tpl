{{- if .Values.exporter.enabled }}
{{ include "opennebula.serviceaccount" (list $ "exporter") }}
{{- end }}
