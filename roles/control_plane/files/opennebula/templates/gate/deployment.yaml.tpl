{{- if .Values.gate.enabled }}
{{- $name := include "opennebula.name" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-gate
  labels: {{- include "opennebula.labels" (list $ "gate") | nindent 4 }}
spec:
  replicas: {{ .Values.gate.replicas }}
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "gate") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "gate") | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/gate/configmap.yaml.tpl") . | sha256sum }}
        {{- with .Values.gate.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "opennebula.pod" (list $ "gate" .Values.gate) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      {{- with .Values.gate.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: gate
          image: {{ include "opennebula.image" (list $ "gate") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          env:
            - {name: ONE_XMLRPC, value: {{ include "opennebula.endpoint" . | quote }}}
          ports:
            - {name: gate, containerPort: 5030}
          {{- /* OneGate answers an unknown path with an error, without logging a failed log-in. */}}
          {{- include "opennebula.probes" (list (dict "tcpSocket" (dict "port" "gate")) "http://127.0.0.1:5030/probe") | nindent 10 }}
          resources: {{- toYaml .Values.gate.resources | nindent 12 }}
          volumeMounts:
            {{- include "opennebula.scratchMounts" . | nindent 12 }}
            - {name: config, mountPath: /etc/kubenebula/config, readOnly: true}
            - {name: serveradmin, mountPath: /etc/kubenebula/serveradmin, readOnly: true}
      volumes:
        {{- include "opennebula.scratchVolumes" . | nindent 8 }}
        - {name: config, configMap: {name: {{ $name }}-gate}}
        - {name: serveradmin, secret: {secretName: {{ include "opennebula.secret" (list $ "serveradmin") }}, defaultMode: 0440}}
{{- end }}
