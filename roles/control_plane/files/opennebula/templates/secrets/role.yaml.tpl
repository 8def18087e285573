{{- $name := include "opennebula.name" . -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $name }}-secrets
  labels: {{- include "opennebula.labels" (list $ "secrets") | nindent 4 }}
  annotations: {{- include "opennebula.secretsHook" -10 | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames:
      {{- range $purpose, $_ := .Values.global.secrets }}
      - {{ include "opennebula.secret" (list $ $purpose) }}
      {{- end }}
    verbs: [get]
  - apiGroups: [""]
    resources: [configmaps]
    resourceNames: [{{ $name }}-public-keys]
    verbs: [get, update]
  # Kubernetes cannot limit `create` to resourceNames.
  - apiGroups: [""]
    resources: [secrets, configmaps]
    verbs: [create]
