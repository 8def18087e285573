{{- if .Values.fireedge.enabled }}
# A session is in the memory of one pod, so a client has to stay with the pod in which it logged in: by a cookie if an Ingress
# controller connects to the pods, by the client's address if it connects to the Service.
apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-fireedge
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
  annotations:
    {{- if eq .Values.ingress.controller "traefik" }}
    # Traefik configures the cookie by annotations of the Service, not of the Ingress.
    traefik.ingress.kubernetes.io/service.sticky.cookie: "true"
    traefik.ingress.kubernetes.io/service.sticky.cookie.name: fireedge
    traefik.ingress.kubernetes.io/service.sticky.cookie.httponly: "true"
    traefik.ingress.kubernetes.io/service.sticky.cookie.samesite: lax
    traefik.ingress.kubernetes.io/service.sticky.cookie.secure: {{ .Values.ingress.tls.enabled | quote }}
    {{- end }}
    {{- with .Values.fireedge.serviceAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}
  selector: {{- include "opennebula.selector" (list $ "fireedge") | nindent 4 }}
  ports:
    - {name: web, port: 2616, targetPort: web}
{{- end }}
