{{- if and .Values.flow.enabled .Values.global.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-flow
  labels: {{- include "opennebula.labels" (list $ "flow") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "flow") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        # oned's pod, for the command line
        {{- range $client := list "fireedge" "gate" "oned" }}
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ $client) | nindent 14 }}
        {{- end }}
      ports:
        - {protocol: TCP, port: 2474}
{{- end }}
