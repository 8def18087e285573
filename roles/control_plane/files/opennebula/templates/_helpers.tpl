{{- define "opennebula.name" -}}
{{ .Release.Name }}
{{- end }}

{{- /* Labels of an object of a component: (list $ "component") */ -}}
{{- define "opennebula.labels" -}}
{{- $ := index . 0 -}}
{{ include "opennebula.selector" . }}
app.kubernetes.io/version: {{ $.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: opennebula
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ $.Chart.Name }}-{{ $.Chart.Version }}
{{- end }}

{{- define "opennebula.selector" -}}
{{- $ := index . 0 -}}
app.kubernetes.io/name: opennebula
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- /* The image of a service: (list $ "oned") */ -}}
{{- define "opennebula.image" -}}
{{- $ := index . 0 -}}
{{- $image := get $.Values.images (index . 1) -}}
{{ required "images.registry is empty: give the registry and path that hold the images" $.Values.images.registry }}/{{ $image.name }}:{{ $image.tag | default $.Chart.AppVersion }}
{{- end }}

{{- /* The name under which ssh knows the front-end, in the pod and on the hypervisors */ -}}
{{- define "opennebula.hostname" -}}
{{ .Values.oned.hostname | default (include "opennebula.name" .) }}
{{- end }}

{{- define "opennebula.endpoint" -}}
http://{{ include "opennebula.name" . }}-oned.{{ .Release.Namespace }}.svc:2633/RPC2
{{- end }}

{{- /* What the zone's ENDPOINT is kept at; empty in a federation, where zones are the operator's. */ -}}
{{- define "opennebula.managedEndpoint" -}}
{{- if eq (dig "FEDERATION" "MODE" "STANDALONE" .Values.oned.config) "STANDALONE" }}{{ include "opennebula.endpoint" . }}{{ end }}
{{- end }}

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

{{- /* Where OneGate is reached from outside; empty where nothing says so. The same whether OneGate is on or off. */ -}}
{{- define "opennebula.gateEndpoint" -}}
{{- $address := .Values.gate.address | default (eq (include "opennebula.gateExposure" .) "NodePort" | ternary .Values.hypervisors.address "") -}}
{{- if .Values.gate.endpoint -}}
{{ .Values.gate.endpoint }}
{{- else if $address -}}
http://{{ contains ":" $address | ternary (printf "[%s]" $address) $address }}:{{ include "opennebula.gatePort" . }}
{{- end }}
{{- end }}

{{- /* Where virtual machines find OneGate: with the transparent proxy the address at which each hypervisor answers them */ -}}
{{- define "opennebula.guestGateEndpoint" -}}
{{ .Values.gate.transparentProxy.enabled | ternary "http://169.254.16.9:5030" (include "opennebula.gateEndpoint" .) }}
{{- end }}

{{- /* The transparent proxy, as the network drivers name its parts. A URL without a port has that of HTTP. */ -}}
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

{{- /* Name of the Secret of a purpose: (list $ "oneKey") */ -}}
{{- define "opennebula.secret" -}}
{{- $ := index . 0 -}}
{{ get $.Values.global.secrets (index . 1) | default (printf "%s-%s" (include "opennebula.name" $) (index . 1 | kebabcase)) }}
{{- end }}

{{- /* What a container under Pod Security "restricted" says of itself */ -}}
{{- define "opennebula.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "opennebula.podSecurity" -}}
runAsNonRoot: true
runAsUser: 9869
runAsGroup: 9869
fsGroup: 9869
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* What the specification of a pod of ours begins with: (list $ "fireedge") */ -}}
{{- define "opennebula.pod" -}}
{{- $ := index . 0 -}}
{{- $values := get $.Values (index . 1) -}}
serviceAccountName: {{ include "opennebula.name" $ }}-{{ index . 1 }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "opennebula.podSecurity" $ | nindent 2 }}
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

{{- /* Probes of a service: (list (how the kubelet asks) URL...). A day to start, for it waits for oned; out of service within
30 seconds. What restarts a container is asked by the kubelet itself: on a busy node a script may take too long. */ -}}
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
# supervisord restarts what died; this one is for what hangs
livenessProbe:
  {{- toYaml (first .) | nindent 2 }}
  periodSeconds: 30
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}

{{- /* Where a service may write; the rest of its file system is read-only. */ -}}
{{- define "opennebula.scratchMounts" -}}
- {name: scratch, mountPath: /run, subPath: run}
- {name: scratch, mountPath: /var/lib/one, subPath: home}
- {name: scratch, mountPath: /var/log/one, subPath: log}
- {name: scratch, mountPath: /tmp, subPath: tmp}
- {name: scratch, mountPath: /var/tmp, subPath: var-tmp}
- {name: credentials, mountPath: /var/lib/one/.one}
{{- end }}

{{- define "opennebula.scratchVolumes" -}}
- {name: scratch, emptyDir: {}}
- {name: credentials, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
{{- end }}

{{- /* What the common controllers have to be told: consoles last, uploads are large, a user stays with one pod. */ -}}
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

{{- define "opennebula.serviceaccount" -}}
{{- $ := index . 0 -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "opennebula.name" $ }}-{{ index . 1 }}
  labels: {{- include "opennebula.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end }}

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

{{- /* Hooks, each with a weight: an ordinary object would come after the Job that needs it. */ -}}
{{- define "opennebula.secretsHook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
