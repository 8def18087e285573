{{- if eq .Values.platform "openshift" }}
{{- $name := include "opennebula.name" . -}}
# Every pod runs as a fixed user that is not root, which OpenShift allows to whom it is told. A hook, for the Job that makes
# the Secrets is one. The pod of rotate_key.yml is no part of the release.
{{- $accounts := dict "nonroot-v2" (list "secrets" "fireedge" "flow" "gate" "mariadb" "exporter" "rotate-key") -}}
{{- $scc := .Values.marketplace.linuxContainers | ternary "privileged" "nonroot-v2" -}}
{{- $_ := set $accounts $scc (append (get $accounts $scc | default list) "oned") }}
{{- range $scc, $components := $accounts }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $name }}-scc-{{ $scc }}
  labels: {{- include "opennebula.labels" (list $ "scc") | nindent 4 }}
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-weight: "-10"
    helm.sh/hook-delete-policy: before-hook-creation
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "system:openshift:scc:{{ $scc }}"}
subjects:
  {{- range $components }}
  - {kind: ServiceAccount, name: {{ $name }}-{{ . }}, namespace: {{ $.Release.Namespace }}}
  {{- end }}
{{- end }}
{{- end }}
