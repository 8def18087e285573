{{- $name := include "opennebula.name" . -}}
{{- $secrets := dict -}}
{{- range $purpose, $own := .Values.global.secrets }}
{{- if or (ne $purpose "database") (not $.Values.development.sqlite) }}
{{- $_ := set $secrets $purpose (dict "name" (include "opennebula.secret" (list $ $purpose)) "create" (empty $own)) }}
{{- end }}
{{- end -}}
# Creates the Secrets that do not exist yet. They do not belong to the release, so they stay when it is uninstalled.
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}-secrets
  labels: {{- include "opennebula.labels" (list $ "secrets") | nindent 4 }}
  annotations: {{- include "opennebula.secretsHook" 0 | nindent 4 }}
spec:
  backoffLimit: 2
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "secrets") | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}-secrets
      automountServiceAccountToken: true
      enableServiceLinks: false
      restartPolicy: Never
      securityContext: {{- include "opennebula.podSecurity" 9869 | nindent 8 }}
      {{- with .Values.global.imagePullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      containers:
        - name: secrets
          image: {{ include "opennebula.image" (list $ "oned") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          command: [/usr/libexec/kubenebula/make-secrets]
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          # puts the reason of a failure into the pod's status, where the role control_plane reads it
          terminationMessagePolicy: FallbackToLogsOnError
          env:
            - {name: SECRETS, value: {{ $secrets | toJson | quote }}}
            - {name: PUBLIC_KEYS, value: {{ $name }}-public-keys}
            - {name: HOSTNAME_ALIAS, value: {{ include "opennebula.hostname" . }}}
            - {name: LABELS, value: {{ dict "app.kubernetes.io/name" "opennebula" "app.kubernetes.io/instance" .Release.Name "app.kubernetes.io/part-of" "opennebula" | toJson | quote }}}
          resources:
            requests: {cpu: 50m, memory: 64Mi}
            limits: {memory: 128Mi}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
      volumes:
        - {name: tmp, emptyDir: {medium: Memory}}
