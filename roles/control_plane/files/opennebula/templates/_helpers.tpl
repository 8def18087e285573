{{- define "opennebula.name" -}}
{{ .Release.Name }}
{{- end }}

{{- /* Labels of an object: (list $ "component") */ -}}
{{- define "opennebula.labels" -}}
{{- $ := index . 0 -}}
{{ include "opennebula.selector" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: opennebula
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ $.Chart.Name }}-{{ $.Chart.Version }}
{{- end }}

{{- /* Labels that select the pods of a component: (list $ "component") */ -}}
{{- define "opennebula.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: opennebula
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* Image of a service: (list $ "oned") */ -}}
{{- define "opennebula.image" -}}
{{- $ := index . 0 -}}
{{- $image := get $.Values.images (index . 1) -}}
{{ required "images.registry is empty: set it to the registry and path of the images" $.Values.images.registry }}/{{ $image.name }}:{{ $image.tag | default $.Chart.AppVersion }}
{{- end }}

{{- /* SSH alias of the front-end, in oned's pod and on the hypervisors */ -}}
{{- define "opennebula.hostname" -}}
{{ .Values.oned.hostname | default (include "opennebula.name" .) }}
{{- end }}

{{- /* URL of oned's API inside of the cluster */ -}}
{{- define "opennebula.endpoint" -}}
http://{{ include "opennebula.name" . }}-oned.{{ .Release.Namespace }}.svc:2633/RPC2
{{- end }}

{{- /* ENDPOINT that oned's pod sets in the zone; empty in a federation, whose zones the operator manages */ -}}
{{- define "opennebula.managedEndpoint" -}}
{{- if eq (dig "FEDERATION" "MODE" "STANDALONE" .Values.oned.config) "STANDALONE" }}{{ include "opennebula.endpoint" . }}{{ end }}
{{- end }}

{{- /* Address at which oned's hook manager publishes events, by ZeroMQ */ -}}
{{- define "opennebula.events" -}}
tcp://{{ include "opennebula.name" . }}-oned.{{ .Release.Namespace }}.svc:2101
{{- end }}

{{- define "opennebula.flowUrl" -}}
http://{{ include "opennebula.name" . }}-flow.{{ .Release.Namespace }}.svc:2474
{{- end }}

{{- define "opennebula.gateExposure" -}}
{{ .Values.gate.exposure | default (eq .Values.hypervisors.exposure "LoadBalancer" | ternary "LoadBalancer" "NodePort") }}
{{- end }}

{{- define "opennebula.gatePort" -}}
{{ .Values.gate.port | default (eq (include "opennebula.gateExposure" .) "NodePort" | ternary 30530 5030) }}
{{- end }}

{{- /* URL of OneGate outside of the cluster; empty if the values give no address. It does not depend on gate.enabled: oned's
configuration contains this URL, and switching OneGate must not restart oned. */ -}}
{{- define "opennebula.gateEndpoint" -}}
{{- $address := .Values.gate.address | default (eq (include "opennebula.gateExposure" .) "NodePort" | ternary .Values.hypervisors.address "") -}}
{{- if .Values.gate.endpoint -}}
{{ .Values.gate.endpoint }}
{{- else if $address -}}
http://{{ contains ":" $address | ternary (printf "[%s]" $address) $address }}:{{ include "opennebula.gatePort" . }}
{{- end }}
{{- end }}

{{- /* URL of OneGate for virtual machines; with the transparent proxy, the link-local address on which each hypervisor listens */ -}}
{{- define "opennebula.guestGateEndpoint" -}}
{{ .Values.gate.transparentProxy.enabled | ternary "http://169.254.16.9:5030" (include "opennebula.gateEndpoint" .) }}
{{- end }}

{{- /* Configuration of the transparent proxy for OpenNebula's network drivers. A URL without a port means port 80. */ -}}
{{- define "opennebula.transparentProxy" -}}
{{- $remote := splitList ":" (urlParse (include "opennebula.gateEndpoint" .)).host -}}
{{- $proxy := dict "service_port" 5030 "remote_addr" (first $remote) "remote_port" (last (prepend (rest $remote) "80") | int) -}}
{{- with .Values.gate.transparentProxy.networks }}
{{- $_ := set $proxy "networks" . }}
{{- end }}
{{- $proxy | toJson }}
{{- end }}

{{- define "opennebula.monitorPort" -}}
{{ .Values.hypervisors.monitorPort | default (eq .Values.hypervisors.exposure "NodePort" | ternary 30412 4124) }}
{{- end }}

{{- define "opennebula.sshPort" -}}
{{ .Values.hypervisors.sshPort | default (get (dict "NodePort" 30022 "LoadBalancer" 22 "HostPort" 2222) .Values.hypervisors.exposure) }}
{{- end }}

{{- /* Name of a Secret, the operator's or the chart's: (list $ "oneKey"), a key of global.secrets */ -}}
{{- define "opennebula.secret" -}}
{{- $ := index . 0 -}}
{{ get $.Values.global.secrets (index . 1) | default (printf "%s-%s" (include "opennebula.name" $) (index . 1 | kebabcase)) }}
{{- end }}

{{- /* securityContext of a container, as Pod Security "restricted" requires it */ -}}
{{- define "opennebula.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* securityContext of a pod: the id of its user and group, 9869 for oneadmin */ -}}
{{- define "opennebula.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Common fields of a pod's spec: (list $ "fireedge" .Values.fireedge) */ -}}
{{- define "opennebula.pod" -}}
{{- $ := index . 0 -}}
{{- $values := index . 2 -}}
{{- /* MariaDB's image is the official one, in which the user mysql is 999 */ -}}
{{- $user := eq (index . 1) "mariadb" | ternary 999 9869 -}}
serviceAccountName: {{ include "opennebula.name" $ }}-{{ index . 1 }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "opennebula.podSecurity" $user | nindent 2 }}
{{- with $.Values.global.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Probes of a service: (list HANDLER URL...), with the handler of the startup and liveness probes and the URLs that the readiness
probe requests. A service may take a day to start, because it waits for oned. A service that hangs is unready within 30 seconds. The
kubelet itself runs the probes that can restart a container, because a script may time out on a busy node. */ -}}
{{- define "opennebula.probes" -}}
startupProbe:
  {{- toYaml (first .) | nindent 2 }}
  periodSeconds: 3
  timeoutSeconds: 10
  failureThreshold: 28800
readinessProbe:
  exec: {command: {{ concat (list "/usr/libexec/kubenebula/probe-service" "--programs") (rest .) | toJson }}}
  periodSeconds: 8
  timeoutSeconds: 12
  failureThreshold: 2
# supervisord restarts a process that has ended; this probe is for one that hangs
livenessProbe:
  {{- toYaml (first .) | nindent 2 }}
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}

{{- /* Writable directories of a service; the rest of its file system is read-only. */ -}}
{{- define "opennebula.scratchMounts" -}}
- {name: scratch, mountPath: /run, subPath: run}
- {name: scratch, mountPath: /var/lib/one, subPath: home}
- {name: scratch, mountPath: /var/log/one, subPath: log}
- {name: scratch, mountPath: /tmp, subPath: tmp}
- {name: scratch, mountPath: /var/tmp, subPath: var-tmp}
- {name: credentials, mountPath: /var/lib/one/.one}
{{- end }}

{{- /* Volumes of opennebula.scratchMounts */ -}}
{{- define "opennebula.scratchVolumes" -}}
- {name: scratch, emptyDir: {}}
- {name: credentials, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
{{- end }}

{{- /* Annotations of ingress.controller for long-lived consoles, large uploads and session affinity */ -}}
{{- define "opennebula.ingressAnnotations" -}}
{{- if eq .Values.ingress.controller "nginx" -}}
nginx.ingress.kubernetes.io/proxy-body-size: "0"
nginx.ingress.kubernetes.io/proxy-request-buffering: "off"
nginx.ingress.kubernetes.io/proxy-read-timeout: "3600"
nginx.ingress.kubernetes.io/proxy-send-timeout: "3600"
nginx.ingress.kubernetes.io/affinity: cookie
nginx.ingress.kubernetes.io/affinity-mode: persistent
nginx.ingress.kubernetes.io/session-cookie-name: fireedge
nginx.ingress.kubernetes.io/session-cookie-samesite: Lax
{{- else if eq .Values.ingress.controller "haproxy" -}}
haproxy.org/timeout-tunnel: 1h
haproxy.org/timeout-server: 150s
haproxy.org/cookie-persistence: fireedge
{{- if .Values.ingress.tls.enabled }}
haproxy.org/ssl-redirect: "true"
{{- end }}
{{- else if eq .Values.ingress.controller "traefik" -}}
{{- if .Values.ingress.tls.enabled -}}
traefik.ingress.kubernetes.io/router.entrypoints: websecure
traefik.ingress.kubernetes.io/router.tls: "true"
{{- end }}
{{- end }}
{{- end }}

{{- /* An Ingress to FireEdge: (list $ name path annotations) */ -}}
{{- define "opennebula.ingress" -}}
{{- $ := index . 0 -}}
{{- $ingress := $.Values.ingress -}}
{{- $annotations := merge (deepCopy $ingress.annotations) (index . 3) (include "opennebula.ingressAnnotations" $ | fromYaml | default dict) -}}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ index . 1 }}
  labels: {{- include "opennebula.labels" (list $ "fireedge") | nindent 4 }}
  {{- with $annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- with $ingress.className }}
  ingressClassName: {{ . }}
  {{- end }}
  {{- if $ingress.tls.enabled }}
  tls:
    - hosts: [{{ $ingress.host | quote }}]
      {{- with $ingress.tls.secretName }}
      secretName: {{ . }}
      {{- end }}
  {{- end }}
  rules:
    - host: {{ $ingress.host | quote }}
      http:
        paths:
          - path: {{ index . 2 }}
            pathType: Prefix
            backend: {service: {name: {{ include "opennebula.name" $ }}-fireedge, port: {name: web}}}
{{- end }}

{{- /* ServiceAccount of a component, without a mounted token: (list $ "component") */ -}}
{{- define "opennebula.serviceaccount" -}}
{{- $ := index . 0 -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "opennebula.name" $ }}-{{ index . 1 }}
  labels: {{- include "opennebula.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

{{- /* Environment variables of oned's container that name the database */ -}}
{{- define "opennebula.databaseEnvironment" -}}
{{- if .Values.development.sqlite -}}
- {name: DATABASE_BACKEND, value: sqlite}
{{- else -}}
{{- $own := dict "host" (printf "%s-mariadb" (include "opennebula.name" .)) "port" 3306 "name" "opennebula" "user" "oneadmin" -}}
{{- $database := .Values.mariadb.enabled | ternary $own .Values.externalDatabase -}}
- {name: DATABASE_BACKEND, value: mysql}
- {name: DATABASE_HOST, value: {{ $database.host | quote }}}
- {name: DATABASE_PORT, value: {{ $database.port | quote }}}
- {name: DATABASE_NAME, value: {{ $database.name | quote }}}
- {name: DATABASE_USER, value: {{ $database.user | quote }}}
{{- end }}
{{- end }}

{{- /* Annotations of the Job that creates the Secrets and of all objects it needs: (weight). Those are hooks as well, because Helm
creates ordinary objects after the hooks. */ -}}
{{- define "opennebula.secretsHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
