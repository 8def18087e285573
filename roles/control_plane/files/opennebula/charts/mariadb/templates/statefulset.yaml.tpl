{{- $name := include "opennebula.name" . -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}-mariadb
  labels: {{- include "opennebula.labels" (list $ "mariadb") | nindent 4 }}
spec:
  serviceName: {{ $name }}-mariadb
  replicas: 1
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "mariadb") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "mariadb") | nindent 8 }}
      annotations:
        checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml.tpl") . | sha256sum }}
    spec:
      {{- include "opennebula.pod" (list $ "mariadb" .Values) | nindent 6 }}
      terminationGracePeriodSeconds: 60
      {{- with .Values.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: mariadb
          image: {{ .Values.image.repository }}:{{ .Values.image.tag }}
          imagePullPolicy: {{ .Values.image.pullPolicy }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          env:
            - {name: MARIADB_DATABASE, value: opennebula}
            - {name: MARIADB_USER, value: oneadmin}
            - {name: MARIADB_PASSWORD_FILE, value: /run/secrets/database/password}
            - {name: MARIADB_ROOT_PASSWORD_FILE, value: /run/secrets/database/root-password}
          ports:
            - {name: mysql, containerPort: 3306}
          # the first start initializes the data directory
          startupProbe:
            exec: {command: [healthcheck.sh, --connect, --innodb_initialized]}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 150
          readinessProbe:
            exec: {command: [healthcheck.sh, --connect, --innodb_initialized]}
            periodSeconds: 10
            timeoutSeconds: 5
          # recovery after a crash may take long and must not be cut short
          livenessProbe:
            tcpSocket: {port: mysql}
            periodSeconds: 30
            timeoutSeconds: 5
            failureThreshold: 10
          resources: {{- toYaml .Values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /var/lib/mysql}
            - {name: scratch, mountPath: /run/mysqld, subPath: run}
            - {name: scratch, mountPath: /tmp, subPath: tmp}
            - {name: config, mountPath: /etc/mysql/conf.d, readOnly: true}
            - {name: secret, mountPath: /run/secrets/database, readOnly: true}
      volumes:
        - {name: scratch, emptyDir: {}}
        - {name: config, configMap: {name: {{ $name }}-mariadb}}
        - {name: secret, secret: {secretName: {{ include "opennebula.secret" (list $ "database") }}, defaultMode: 0440}}
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{- include "opennebula.selector" (list $ "mariadb") | nindent 10 }}
      spec:
        accessModes: {{ .Values.persistence.accessModes | toJson }}
        {{- with .Values.persistence.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.persistence.size }}}}
