{{- if and .Values.exporter.enabled .Values.global.networkPolicy.enabled }}
# The exporter requires no password. Its metrics contain only ids, states and sizes.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-exporter
  labels: {{- include "opennebula.labels" (list $ "exporter") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "exporter") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from: {{- toYaml .Values.exporter.networkPolicy.from | nindent 8 }}
      ports:
        - {protocol: TCP, port: 9925}
{{- end }}
