{{- if and .Values.fireedge.enabled .Values.ingress.enabled }}
# FireEdge leads `/` to its page; where other applications share the host, the path /fireedge is all it needs.
{{ include "opennebula.ingress" (list $ (include "opennebula.name" .) .Values.ingress.path dict) }}
{{- end }}
