{{- $name := include "opennebula.name" . -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}-secrets
  labels: {{- include "opennebula.labels" (list $ "secrets") | nindent 4 }}
  annotations: {{- include "opennebula.secretsHook" -10 | nindent 4 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ $name }}-secrets}
subjects:
  - {kind: ServiceAccount, name: {{ $name }}-secrets, namespace: {{ .Release.Namespace }}}
