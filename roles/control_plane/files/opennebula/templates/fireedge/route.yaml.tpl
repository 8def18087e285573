{{- if and .Values.fireedge.enabled (eq .Values.platform "openshift") (not .Values.ingress.enabled) (not .Values.httpRoute.enabled) }}
# Needs no annotations for session affinity: OpenShift's router sets a cookie by default.
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: {{ include "opennebula.name" . }}
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
  annotations:
    haproxy.router.openshift.io/timeout: 150s
    haproxy.router.openshift.io/timeout-tunnel: 1h
    {{- with .Values.route.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- with .Values.route.host }}
  host: {{ . }}
  {{- end }}
  to: {kind: Service, name: {{ include "opennebula.name" . }}-fireedge, weight: 100}
  port: {targetPort: web}
  tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}
  wildcardPolicy: None
{{- end }}
