{{- if and .Values.fireedge.enabled .Values.ingress.enabled }}
# FireEdge redirects `/` to its page. If other applications share the host, the path /fireedge is enough.
{{ include "opennebula.ingress" (list $ (include "opennebula.name" .) .Values.ingress.path dict) }}
{{- end }}
