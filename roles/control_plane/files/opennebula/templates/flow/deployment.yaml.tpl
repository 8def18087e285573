{{- if .Values.flow.enabled }}
{{- $name := include "opennebula.name" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-flow
  labels: {{- include "opennebula.labels" (list $ "flow") | nindent 4 }}
spec:
  # Exactly one: two pods would both act on the same services.
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "flow") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "flow") | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/flow/configmap.yaml.tpl") . | sha256sum }}
        {{- with .Values.flow.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "opennebula.pod" (list $ "flow" .Values.flow) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      {{- with .Values.flow.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: flow
          image: {{ include "opennebula.image" (list $ "flow") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          env:
            - {name: ONE_XMLRPC, value: {{ include "opennebula.endpoint" . | quote }}}
          ports:
            - {name: flow, containerPort: 2474}
          {{- include "opennebula.probes" (list (dict "tcpSocket" (dict "port" "flow")) "http://127.0.0.1:2474/") | nindent 10 }}
          resources: {{- toYaml .Values.flow.resources | nindent 12 }}
          volumeMounts:
            {{- include "opennebula.scratchMounts" . | nindent 12 }}
            - {name: config, mountPath: /etc/kubenebula/config, readOnly: true}
            - {name: serveradmin, mountPath: /etc/kubenebula/serveradmin, readOnly: true}
      volumes:
        {{- include "opennebula.scratchVolumes" . | nindent 8 }}
        - {name: config, configMap: {name: {{ $name }}-flow}}
        - {name: serveradmin, secret: {secretName: {{ include "opennebula.secret" (list $ "serveradmin") }}, defaultMode: 0440}}
{{- end }}
