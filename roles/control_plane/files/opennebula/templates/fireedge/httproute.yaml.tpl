{{- if and .Values.fireedge.enabled .Values.httpRoute.enabled }}
# The Gateway API instead of an Ingress; TLS is the Gateway's.
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: {{ include "opennebula.name" . }}
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
  {{- with .Values.httpRoute.annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  parentRefs: {{- toYaml .Values.httpRoute.parentRefs | nindent 4 }}
  {{- with .Values.httpRoute.hostnames }}
  hostnames: {{ toJson . }}
  {{- end }}
  rules:
    - matches:
        - path: {type: PathPrefix, value: {{ .Values.httpRoute.path }}}
      # no limit: an upload may take long, and a console stays
      timeouts: {request: 0s, backendRequest: 0s}
      {{- if .Values.httpRoute.sessionPersistence }}
      sessionPersistence: {type: Cookie, sessionName: fireedge}
      {{- end }}
      backendRefs:
        - {name: {{ include "opennebula.name" . }}-fireedge, port: 2616}
{{- end }}
