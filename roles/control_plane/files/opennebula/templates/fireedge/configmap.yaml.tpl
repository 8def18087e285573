{{- if .Values.fireedge.enabled }}
{{- $endpoint := include "opennebula.endpoint" . -}}
{{- /* FireEdge listens on the loopback interface: clients connect to the proxy in its pod. */ -}}
{{- $server := dict
      "host" "127.0.0.1"
      "port" 2617
      "one_xmlrpc" $endpoint
      "oneflow_server" (include "opennebula.flowUrl" .)
      "subscriber_endpoint" (include "opennebula.events" .)
      "default_zone" (dict "id" 0 "name" "OpenNebula" "endpoint" $endpoint)
      "guacd" (dict "host" "127.0.0.1" "port" 4822) -}}
{{- $files := dict
      "fireedge-server.conf" (mergeOverwrite $server (deepCopy .Values.fireedge.config))
      "fireedge/sunstone/sunstone-server.conf" (mergeOverwrite (dict "tmpdir" "/var/tmp/sunstone") (deepCopy .Values.fireedge.sunstone)) -}}
{{- range $path, $changes := .Values.fireedge.views }}
{{- $_ := set $files (printf "fireedge/sunstone/%s" $path) $changes }}
{{- end -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "opennebula.name" . }}-fireedge
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
data:
  # Changes to the packaged files: the container merges them in when it starts.
  files.json: {{ $files | toJson | quote }}
{{- end }}
