{{- if eq .Values.platform "openshift" }}
{{- $name := include "opennebula.name" . -}}
# Every pod runs as a fixed non-root user, which OpenShift allows only to service accounts that are bound to an SCC. These
# RoleBindings are hooks, because the Job that creates the Secrets is a hook and needs them. The pod of rotate_key.yml is listed
# although it does not belong to the release.
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
