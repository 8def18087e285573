{{- if .Values.global.networkPolicy.enabled }}
# Denies all connections to the pods of the release that no other NetworkPolicy allows.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-default
  labels: {{- include "opennebula.labels" (list $ "all") | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: opennebula
      app.kubernetes.io/instance: {{ .Release.Name }}
  policyTypes: [Ingress]
{{- end }}
