{{- /* What the schema cannot say. Renders nothing. */ -}}
{{- if not .Values.hypervisors.address }}
{{- fail "hypervisors.address is empty: give the address at which the hypervisors reach the cluster" }}
{{- end }}
{{- $databases := compact (list
      (.Values.mariadb.enabled | ternary "mariadb.enabled" "")
      (not (empty .Values.externalDatabase.host) | ternary "externalDatabase.host" "")
      (.Values.development.sqlite | ternary "development.sqlite" "")) }}
{{- if ne (len $databases) 1 }}
{{- fail (printf "exactly one of mariadb.enabled, externalDatabase.host and development.sqlite has to be set, not %s" (join " and " $databases | default "none")) }}
{{- end }}
{{- if and .Values.externalDatabase.host (not .Values.global.secrets.database) }}
{{- fail "global.secrets.database is empty: name the Secret that holds the password of the external database" }}
{{- end }}
