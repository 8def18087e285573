{{- if .Values.exporter.enabled }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-exporter
  labels: {{- include "opennebula.labels" (list $ "exporter") | nindent 4 }}
  {{- with .Values.exporter.serviceAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  selector: {{- include "opennebula.selector" (list $ "exporter") | nindent 4 }}
  ports:
    - {name: metrics, port: 9925, targetPort: metrics}
{{- end }}
