{{- if and .Values.gate.enabled .Values.global.networkPolicy.enabled }}
# Open to all sources, because virtual machines connect from outside of the cluster. Each needs its own token.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-gate
  labels: {{- include "opennebula.labels" (list $ "gate") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "gate") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - ports:
        - {protocol: TCP, port: 5030}
{{- end }}
