{{- if and .Values.fireedge.enabled .Values.ingress.enabled }}
{{- $quiet := dict
      "nginx" (dict "nginx.ingress.kubernetes.io/enable-access-log" "false")
      "traefik" (dict "traefik.ingress.kubernetes.io/router.observability.accesslogs" "false") -}}
{{- with get $quiet .Values.ingress.controller }}
# Consoles by themselves: the token in their URL opens them to whoever reads it, so it stays out of the access log.
{{ include "opennebula.ingress" (list $ (printf "%s-console" (include "opennebula.name" $)) "/fireedge/guacamole" .) }}
{{- end }}
{{- end }}
