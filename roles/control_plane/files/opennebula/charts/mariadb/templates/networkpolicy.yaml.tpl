{{- if .Values.global.networkPolicy.enabled }}
# Only oned's pod may connect to the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "opennebula.name" . }}-mariadb
  labels: {{- include "opennebula.labels" (list $ "mariadb") | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "opennebula.selector" (list $ "mariadb") | nindent 6 }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels: {{- include "opennebula.selector" (list $ "oned") | nindent 14 }}
      ports:
        - {protocol: TCP, port: 3306}
{{- end }}
