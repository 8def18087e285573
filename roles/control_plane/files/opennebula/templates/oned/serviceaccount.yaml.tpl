# oned asks nothing of Kubernetes: no token is mounted.
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "opennebula.name" . }}-oned
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
automountServiceAccountToken: false
