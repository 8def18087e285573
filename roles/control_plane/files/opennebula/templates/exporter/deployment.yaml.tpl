{{- if .Values.exporter.enabled }}
{{- $name := include "opennebula.name" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}-exporter
  labels: {{- include "opennebula.labels" (list $ "exporter") | nindent 4 }}
spec:
  # A second exporter would request the same data from oned again.
  replicas: 1
  strategy: {type: Recreate}
  selector:
    matchLabels: {{- include "opennebula.selector" (list $ "exporter") | nindent 6 }}
  template:
    metadata:
      labels: {{- include "opennebula.selector" (list $ "exporter") | nindent 8 }}
      {{- with .Values.exporter.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "opennebula.pod" (list $ "exporter" .Values.exporter) | nindent 6 }}
      terminationGracePeriodSeconds: 30
      {{- with .Values.exporter.affinity }}
      affinity: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: exporter
          image: {{ include "opennebula.image" (list $ "exporter") }}
          imagePullPolicy: {{ .Values.images.pullPolicy }}
          securityContext: {{- include "opennebula.containerSecurity" . | nindent 12 }}
          env:
            - {name: ONE_XMLRPC, value: {{ include "opennebula.endpoint" . | quote }}}
          ports:
            - {name: metrics, containerPort: 9925}
          {{- /* By TCP: any HTTP request, even of `/`, makes the exporter read all pools of oned again and clears the metrics that a
          scrape may be reading. */}}
          {{- include "opennebula.probes" (list (dict "tcpSocket" (dict "port" "metrics")) "tcp://127.0.0.1:9925") | nindent 10 }}
          resources: {{- toYaml .Values.exporter.resources | nindent 12 }}
          volumeMounts:
            {{- include "opennebula.scratchMounts" . | nindent 12 }}
            - {name: oneadmin, mountPath: /etc/kubenebula/oneadmin, readOnly: true}
      volumes:
        {{- include "opennebula.scratchVolumes" . | nindent 8 }}
        - {name: oneadmin, secret: {secretName: {{ include "opennebula.secret" (list $ "oneadmin") }}, defaultMode: 0440}}
{{- end }}
