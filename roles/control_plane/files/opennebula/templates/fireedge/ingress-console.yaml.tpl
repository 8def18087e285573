{{- if and .Values.fireedge.enabled .Values.ingress.enabled }}
{{- $noAccessLog := dict
      "nginx" (dict "nginx.ingress.kubernetes.io/enable-access-log" "false")
      "traefik" (dict "traefik.ingress.kubernetes.io/router.observability.accesslogs" "false") -}}
{{- with get $noAccessLog .Values.ingress.controller }}
# A separate Ingress for consoles, without an access log: whoever reads the token in a console's URL can open the console.
{{ include "opennebula.ingress" (list $ (printf "%s-console" (include "opennebula.name" $)) "/fireedge/guacamole" .) }}
{{- end }}
{{- end }}
