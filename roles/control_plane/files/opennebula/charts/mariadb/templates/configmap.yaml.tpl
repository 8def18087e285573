{{- $config := dict
      "transaction-isolation" "READ-COMMITTED"
      "character-set-server" "utf8mb4"
      "max-connections" 200
      "skip-name-resolve" "ON" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "opennebula.name" . }}-mariadb
  labels: {{- include "opennebula.labels" (list $ "mariadb") | nindent 4 }}
data:
  # oned wants READ COMMITTED, and with its monitor daemon it opens 40 connections
  opennebula.cnf: |
    [mariadbd]
    {{- range $key, $value := mergeOverwrite $config .Values.config }}
    {{ $key }} = {{ $value }}
    {{- end }}
