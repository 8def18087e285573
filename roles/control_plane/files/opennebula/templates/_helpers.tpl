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

{{- define "opennebula.image" -}}
{{- $image := .Values.images.oned -}}
{{ required "images.registry is empty: give the registry and path that hold the images" .Values.images.registry }}/{{ $image.name }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* The name under which ssh knows the front-end, in the pod and on the hypervisors */ -}}
{{- define "opennebula.hostname" -}}
{{ .Values.oned.hostname | default (include "opennebula.name" .) }}
{{- end }}

{{- define "opennebula.endpoint" -}}
http://{{ include "opennebula.name" . }}-oned.{{ .Release.Namespace }}.svc:2633/RPC2
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
