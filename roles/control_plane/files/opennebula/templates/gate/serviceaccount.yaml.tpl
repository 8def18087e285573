{{- if .Values.gate.enabled }}
{{ include "opennebula.serviceaccount" (list $ "gate") }}
{{- end }}
