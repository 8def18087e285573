# The headless Service that the StatefulSet needs for the names of its pods.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-oned-pods
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {{- include "opennebula.selector" (list $ "oned") | nindent 4 }}
  ports:
    - {name: xmlrpc, port: 2633, targetPort: xmlrpc}
