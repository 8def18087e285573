{{- if .Values.flow.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-flow
  labels: {{- include "opennebula.labels" (list $ "flow") | nindent 4 }}
spec:
  selector: {{- include "opennebula.selector" (list $ "flow") | nindent 4 }}
  ports:
    - {name: flow, port: 2474, targetPort: flow}
{{- end }}
