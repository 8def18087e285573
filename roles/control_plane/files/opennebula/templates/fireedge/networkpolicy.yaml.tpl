{{- if and .Values.fireedge.enabled .Values.global.networkPolicy.enabled }}
# The page and its API ask for a password; whatever leads users to them is outside of this namespace.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-fireedge
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {protocol: TCP, port: 2616}
{{- end }}
