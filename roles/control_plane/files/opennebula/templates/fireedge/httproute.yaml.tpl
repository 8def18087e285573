{{- if and .Values.fireedge.enabled .Values.httpRoute.enabled }}
# For the Gateway API instead of an Ingress. The Gateway terminates TLS.
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
      # no timeout: uploads take long, and consoles stay open
      timeouts: {request: 0s, backendRequest: 0s}
      {{- if .Values.httpRoute.sessionPersistence }}
      sessionPersistence: {type: Cookie, sessionName: fireedge}
      {{- end }}
      backendRefs:
        - {name: {{ include "opennebula.name" . }}-fireedge, port: 2616}
{{- end }}
