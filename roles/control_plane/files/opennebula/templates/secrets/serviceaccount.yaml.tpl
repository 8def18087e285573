{{- $name := include "opennebula.name" . -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}-secrets
  labels: {{- include "opennebula.labels" (list $ "secrets") | nindent 4 }}
  annotations: {{- include "opennebula.secretsHook" -10 | nindent 4 }}
automountServiceAccountToken: false
