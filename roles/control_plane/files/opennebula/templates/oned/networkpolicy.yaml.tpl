{{- if .Values.global.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-oned
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "oned") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    # The API asks for a password and is reached through the API server, whose address a policy cannot name;
    # hypervisors and their SSH come from outside.
    - ports:
        - {protocol: TCP, port: 2633}
        - {protocol: TCP, port: 2222}
        - {protocol: TCP, port: {{ include "opennebula.monitorPort" . }}}
        - {protocol: UDP, port: {{ include "opennebula.monitorPort" . }}}
    # Events carry the bodies of virtual machines and ask for no password.
    - from:
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 14 }}
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ "flow") | nindent 14 }}
      ports:
        - {protocol: TCP, port: 2101}
{{- end }}
