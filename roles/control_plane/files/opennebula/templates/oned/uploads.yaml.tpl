# Files that users upload through FireEdge, until oned has made an image of them. FireEdge and oned mount it at the same path.
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {{ include "opennebula.name" . }}-uploads
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
spec:
  accessModes: {{ .Values.oned.uploads.accessModes | toJson }}
  {{- with .Values.oned.uploads.storageClass }}
  storageClassName: {{ . }}
  {{- end }}
  resources: {requests: {storage: {{ .Values.oned.uploads.size }}}}
