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
    # Open to all sources: requests to oned's API, which requires a password, come through the Kubernetes API server, whose address a
    # NetworkPolicy cannot name. Hypervisors connect to sshd and the monitor from outside of the cluster.
    - ports:
        - {protocol: TCP, port: 2633}
        - {protocol: TCP, port: 2222}
        - {protocol: TCP, port: {{ include "opennebula.monitorPort" . }}}
        - {protocol: UDP, port: {{ include "opennebula.monitorPort" . }}}
    # Events contain the templates of virtual machines, and their port requires no password.
    - from:
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 14 }}
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ "flow") | nindent 14 }}
      ports:
        - {protocol: TCP, port: 2101}
{{- end }}
