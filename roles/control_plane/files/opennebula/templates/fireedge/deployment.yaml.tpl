{{- if .Values.fireedge.enabled }}
{{- $name := include "opennebula.name" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-fireedge
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
spec:
  replicas: {{ .Values.fireedge.replicas }}
  # Sessions are in a pod's memory: when a new pod replaces an old one, the users of the old pod have to log in again.
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/fireedge/configmap.yaml.tpl") . | sha256sum }}
        {{- with .Values.fireedge.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "opennebula.pod" (list $ "fireedge" .Values.fireedge) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      {{- if .Values.fireedge.affinity }}
      affinity: {{- toYaml .Values.fireedge.affinity | nindent 8 }}
      {{- else if not (has "ReadWriteMany" .Values.oned.uploads.accessModes) }}
      # the volume of uploads is mounted on one node at a time
      affinity:
        podAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels: {{- include "opennebula.selector" (list $ "oned") | nindent 18 }}
      {{- end }}
      containers:
        - name: fireedge
          image: {{ include "opennebula.image" (list $ "fireedge") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          env:
            - {name: ONE_XMLRPC, value: {{ include "opennebula.endpoint" . | quote }}}
            - {name: ONE_ZMQ, value: {{ include "opennebula.events" . | quote }}}
            - {name: ONEFLOW_URL, value: {{ include "opennebula.flowUrl" . | quote }}}
            - {name: GUACD_LOG_LEVEL, value: {{ .Values.fireedge.guacdLogLevel }}}
          ports:
            - {name: web, containerPort: 2616}
          {{- include "opennebula.probes" (list (dict "httpGet" (dict "path" "/fireedge/sunstone" "port" "web")) "http://127.0.0.1:2616/fireedge/sunstone" "guacd://127.0.0.1:4822") | nindent 10 }}
          resources: {{- toYaml .Values.fireedge.resources | nindent 12 }}
          volumeMounts:
            {{- include "opennebula.scratchMounts" . | nindent 12 }}
            - {name: uploads, mountPath: /var/tmp/sunstone}
            - {name: config, mountPath: /etc/kubenebula/config, readOnly: true}
            - {name: oneadmin, mountPath: /etc/kubenebula/oneadmin, readOnly: true}
            - {name: serveradmin, mountPath: /etc/kubenebula/serveradmin, readOnly: true}
            - {name: fireedge-key, mountPath: /etc/kubenebula/fireedge-key, readOnly: true}
      volumes:
        {{- include "opennebula.scratchVolumes" . | nindent 8 }}
        - {name: uploads, persistentVolumeClaim: {claimName: {{ $name }}-uploads}}
        - {name: config, configMap: {name: {{ $name }}-fireedge}}
        - {name: oneadmin, secret: {secretName: {{ include "opennebula.secret" (list $ "oneadmin") }}, defaultMode: 0440}}
        - {name: serveradmin, secret: {secretName: {{ include "opennebula.secret" (list $ "serveradmin") }}, defaultMode: 0440}}
        - {name: fireedge-key, secret: {secretName: {{ include "opennebula.secret" (list $ "fireedgeKey") }}, defaultMode: 0440}}
{{- end }}
