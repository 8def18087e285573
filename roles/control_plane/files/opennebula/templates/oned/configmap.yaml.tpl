{{- $endpoint := include "opennebula.endpoint" . -}}
{{- $oned := dict
      "HOSTNAME" (include "opennebula.hostname" .)
      "FEDERATION" (dict "MODE" "STANDALONE" "ZONE_ID" 0 "SERVER_ID" -1 "MASTER_ONED" $endpoint)
      "HM_MAD" (dict "ARGUMENTS" "-p 2101 -l 2102 -b 0.0.0.0")
      "LOG" (dict "USE_VMS_LOCATION" "YES")
      "MAX_CONN" 240
      "MAX_CONN_BACKLOG" 480 -}}
{{- with include "opennebula.guestGateEndpoint" . }}
{{- $_ := set $oned "ONEGATE_ENDPOINT" . }}
{{- end }}
{{- if and .Values.ldap.secret .Values.ldap.default }}
{{- $_ := set $oned "DEFAULT_AUTH" "ldap" }}
{{- end -}}
{{- $monitord := dict "NETWORK" (dict
      "MONITOR_ADDRESS" .Values.hypervisors.address
      "PORT" (include "opennebula.monitorPort" . | int)) -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "opennebula.name" . }}-oned
  labels: {{- include "opennebula.labels" (list $ "oned") | nindent 4 }}
data:
  # Changes to the packaged files: the container merges them in when it starts.
  oned.json: {{ mergeOverwrite $oned (deepCopy .Values.oned.config) | toJson | quote }}
  monitord.json: {{ mergeOverwrite $monitord (deepCopy .Values.oned.monitord) | toJson | quote }}
  sched.json: {{ .Values.oned.sched | toJson | quote }}
  {{- if .Values.gate.transparentProxy.enabled }}
  # The container writes it into the configuration of the network drivers, which hypervisors get.
  tproxy.json: {{ include "opennebula.transparentProxy" . | quote }}
  {{- end }}
  # The front-end reaches itself by its alias, as the hypervisors do; keys are known beforehand, never trusted on sight.
  # The control sockets are where OpenNebula's cleaner looks for them.
  ssh_config: |
    Include /etc/kubenebula/hypervisors/ssh_config
    Host {{ include "opennebula.hostname" . }}
      HostName 127.0.0.1
      Port 2222
      HostKeyAlias {{ include "opennebula.hostname" . }}
    Host *
      IdentityFile /etc/kubenebula/ssh/id_ed25519
      StrictHostKeyChecking yes
      UserKnownHostsFile /etc/kubenebula/public-keys/known_hosts /etc/kubenebula/hypervisors/known_hosts
      UpdateHostKeys no
      ServerAliveInterval 10
      ControlMaster no
      ControlPersist 70s
      ControlPath /run/one/ssh-socks/ctl-M-%C.sock
