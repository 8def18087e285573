{{- $name := include "opennebula.name" . -}}
{{- $hostPort := eq .Values.hypervisors.exposure "HostPort" -}}
{{- $monitorPort := include "opennebula.monitorPort" . | int -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}-oned
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
spec:
  serviceName: {{ $name }}-oned-pods
  replicas: 1
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "oned") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "oned") | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: oned
        # restarts the pod when the configuration changes: oned reads it only at its start
        checksum/config: {{ include (print $.Template.BasePath "/oned/configmap.yaml.tpl") . | sha256sum }}
        {{- with .Values.oned.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "opennebula.pod" (list $ "oned" .Values.oned) | nindent 6 }}
      # oned stops in 8 s; the rest is for running transfers to end
      terminationGracePeriodSeconds: 90
      affinity:
        {{- if .Values.oned.affinity }}
        {{- toYaml .Values.oned.affinity | nindent 8 }}
        {{- else if not (has "ReadWriteMany" .Values.oned.uploads.accessModes) }}
        # the volume of uploads is mounted on one node at a time
        podAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels: {{- include "opennebula.selector" (list $ "fireedge") | nindent 20 }}
        {{- else }}
        {}
        {{- end }}
      containers:
        - name: oned
          image: {{ include "opennebula.image" (list $ "oned") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          {{- if .Values.marketplace.linuxContainers }}
          # The import needs sudo, mounts, loop devices and the FUSE device, which only a privileged container has.
          securityContext: {privileged: true, readOnlyRootFilesystem: true}
          {{- else }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          {{- end }}
          env:
            - {name: ZONE_ENDPOINT, value: {{ include "opennebula.managedEndpoint" . | quote }}}
            {{- include "opennebula.databaseEnvironment" . | nindent 12 }}
          ports:
            - {name: xmlrpc, containerPort: 2633}
            - {name: events, containerPort: 2101}
            - {name: monitor-tcp, containerPort: {{ $monitorPort }}{{ if $hostPort }}, hostPort: {{ $monitorPort }}{{ end }}}
            - {name: monitor-udp, containerPort: {{ $monitorPort }}, protocol: UDP{{ if $hostPort }}, hostPort: {{ $monitorPort }}{{ end }}}
          # A day: until its first answer, oned waits for its database or bootstraps it, and a restart would help neither.
          startupProbe:
            exec: {command: [/usr/libexec/kubenebula/probe, started]}
            periodSeconds: 5
            timeoutSeconds: 15
            failureThreshold: 17280
          readinessProbe:
            exec: {command: [/usr/libexec/kubenebula/probe, ready]}
            periodSeconds: 10
            timeoutSeconds: 15
            failureThreshold: 3
          # Not by TCP, because oned refuses connections when enough others are open, even idle ones. supervisord restarts an oned that
          # has ended; this probe is for one that hangs although its database answers.
          livenessProbe:
            exec: {command: [/usr/libexec/kubenebula/probe, live]}
            periodSeconds: 30
            timeoutSeconds: 20
            failureThreshold: 6
          resources: {{- toYaml .Values.oned.resources | nindent 12 }}
          volumeMounts:
            - {name: state, mountPath: /var/lib/one}
            - {name: datastores, mountPath: /var/lib/one/datastores}
            - {name: scratch, mountPath: /run, subPath: run}
            - {name: scratch, mountPath: /var/log/one, subPath: log}
            - {name: scratch, mountPath: /tmp, subPath: tmp}
            - {name: scratch, mountPath: /var/tmp, subPath: var-tmp}
            - {name: uploads, mountPath: /var/tmp/sunstone}
            - {name: config, mountPath: /etc/kubenebula/config, readOnly: true}
            - {name: oneadmin, mountPath: /etc/kubenebula/oneadmin, readOnly: true}
            - {name: serveradmin, mountPath: /etc/kubenebula/serveradmin, readOnly: true}
            - {name: one-key, mountPath: /etc/kubenebula/one-key, readOnly: true}
            - {name: ssh, mountPath: /etc/kubenebula/ssh, readOnly: true}
            - {name: public-keys, mountPath: /etc/kubenebula/public-keys, readOnly: true}
            - {name: hypervisors, mountPath: /etc/kubenebula/hypervisors, readOnly: true}
            {{- if .Values.ldap.secret }}
            - {name: ldap, mountPath: /etc/kubenebula/ldap, readOnly: true}
            {{- end }}
            {{- if not .Values.development.sqlite }}
            - {name: database, mountPath: /etc/kubenebula/database, readOnly: true}
            {{- end }}
        # The front-end's SSH server, from which hypervisors fetch images and to which they return disks.
        - name: sshd
          image: {{ include "opennebula.image" (list $ "oned") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          args: [/usr/sbin/sshd, -D, -e, -f, /etc/kubenebula/sshd_config]
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          ports:
            - {name: ssh, containerPort: 2222{{ if $hostPort }}, hostPort: {{ include "opennebula.sshPort" . }}{{ end }}}
          readinessProbe:
            tcpSocket: {port: ssh}
            periodSeconds: 5
          livenessProbe:
            tcpSocket: {port: ssh}
            periodSeconds: 30
            timeoutSeconds: 5
          resources: {{- toYaml .Values.oned.sshd.resources | nindent 12 }}
          volumeMounts:
            - {name: state, mountPath: /var/lib/one}
            - {name: datastores, mountPath: /var/lib/one/datastores}
            - {name: sshd-scratch, mountPath: /run, subPath: run}
            - {name: sshd-scratch, mountPath: /tmp, subPath: tmp}
            - {name: scratch, mountPath: /var/tmp, subPath: var-tmp}
            - {name: sshd, mountPath: /etc/kubenebula/sshd-keys, readOnly: true}
            - {name: public-keys, mountPath: /etc/kubenebula/public-keys, readOnly: true}
            - {name: hypervisors, mountPath: /etc/kubenebula/hypervisors, readOnly: true}
      volumes:
        - {name: scratch, emptyDir: {}}
        - {name: sshd-scratch, emptyDir: {}}
        - {name: config, configMap: {name: {{ $name }}-oned}}
        - {name: oneadmin, secret: {secretName: {{ include "opennebula.secret" (list $ "oneadmin") }}, defaultMode: 0440}}
        - {name: uploads, persistentVolumeClaim: {claimName: {{ $name }}-uploads}}
        # Mounted elsewhere than oned's own auth files, because oned refuses to start with an empty database if those exist.
        - {name: serveradmin, secret: {secretName: {{ include "opennebula.secret" (list $ "serveradmin") }}, defaultMode: 0440}}
        {{- with .Values.ldap.secret }}
        - {name: ldap, secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: ldap_auth.conf, path: ldap_auth.conf}]}}
        {{- end }}
        - {name: one-key, secret: {secretName: {{ include "opennebula.secret" (list $ "oneKey") }}, defaultMode: 0440}}
        - {name: ssh, secret: {secretName: {{ include "opennebula.secret" (list $ "ssh") }}, defaultMode: 0440}}
        - {name: sshd, secret: {secretName: {{ include "opennebula.secret" (list $ "sshd") }}, defaultMode: 0440}}
        - {name: public-keys, configMap: {name: {{ $name }}-public-keys}}
        # known_hosts and ssh_config of the hypervisors, written by the role ssh_trust
        - {name: hypervisors, configMap: {name: {{ $name }}-hypervisors, optional: true}}
        {{- if not .Values.development.sqlite }}
        - {name: database, secret: {secretName: {{ include "opennebula.secret" (list $ "database") }}, defaultMode: 0440, items: [{key: password, path: password}]}}
        {{- end }}
  # The default, stated explicitly: the volumes are kept when the release is uninstalled or scaled down.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    {{- range $volume := list "state" "datastores" }}
    {{- with get $.Values.oned $volume }}
    - metadata:
        name: {{ $volume }}
        labels: {{- include "opennebula.selector" (list $ "oned") | nindent 10 }}
      spec:
        accessModes: {{ .accessModes | toJson }}
        {{- with .storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ .size }}}}
    {{- end }}
    {{- end }}
