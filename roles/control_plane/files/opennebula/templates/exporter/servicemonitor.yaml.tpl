{{- if and .Values.exporter.enabled .Values.exporter.serviceMonitor.enabled }}
{{- $name := include "opennebula.name" . -}}
# For the Prometheus Operator.
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ $name }}-exporter
  labels:
    {{- include "opennebula.labels" (list $ "exporter") | nindent 4 }}
    {{- with .Values.exporter.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "exporter") | nindent 6 }}
  endpoints:
    - port: metrics
      interval: {{ .Values.exporter.serviceMonitor.interval }}
      # The exporter reads these from systemd, which no pod has, so they are always 0.
      metricRelabelings:
        - {action: drop, sourceLabels: [__name__], regex: opennebula_(oned|scheduler|flow|hem|gate)_state}
{{- end }}
