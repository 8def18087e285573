{{- if .Values.fireedge.enabled }}
{{ include "opennebula.serviceaccount" (list $ "fireedge") }}
{{- end }}
