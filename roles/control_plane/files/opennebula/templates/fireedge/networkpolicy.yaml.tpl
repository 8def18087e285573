{{- if and .Values.fireedge.enabled .Values.global.networkPolicy.enabled }}
# Open to all sources, because Ingress controllers run outside of this namespace. FireEdge requires a password.
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
