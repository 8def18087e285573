# oned's API and its events, for clients inside of the cluster. The zone's ENDPOINT is the URL of this Service.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-oned
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
spec:
  selector: {{- include "opennebula.selector" (list $ "oned") | nindent 4 }}
  ports:
    - {name: xmlrpc, port: 2633, targetPort: xmlrpc}
    - {name: events, port: 2101, targetPort: events}
