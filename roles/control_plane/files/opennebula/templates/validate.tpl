{{- /* Checks of the values that the schema cannot express. Renders nothing. */ -}}
{{- if not .Values.hypervisors.address }}
{{- fail "hypervisors.address is empty: set it to the address at which the hypervisors reach the cluster" }}
{{- end }}
{{- if and (eq .Values.platform "openshift") (eq .Values.hypervisors.exposure "HostPort") }}
{{- fail "hypervisors.exposure is HostPort, which the SCC nonroot-v2 of OpenShift forbids: choose NodePort or LoadBalancer" }}
{{- end }}
{{- $databases := compact (list
      (.Values.mariadb.enabled | ternary "mariadb.enabled" "")
      (not (empty .Values.externalDatabase.host) | ternary "externalDatabase.host" "")
      (.Values.development.sqlite | ternary "development.sqlite" "")) }}
{{- if ne (len $databases) 1 }}
{{- fail (printf "exactly one of mariadb.enabled, externalDatabase.host and development.sqlite has to be set, not %s" (join " and " $databases | default "none")) }}
{{- end }}
{{- if and .Values.externalDatabase.host (not .Values.global.secrets.database) }}
{{- fail "global.secrets.database is empty: name the Secret that holds the password of the external database" }}
{{- end }}
{{- if and .Values.gate.enabled (not (include "opennebula.gateEndpoint" .)) }}
{{- fail "gate.address is empty: set it to the address at which virtual machines reach OneGate, or set gate.endpoint to the whole URL, or gate.enabled to false" }}
{{- end }}
{{- if .Values.gate.transparentProxy.enabled }}
{{- if not .Values.gate.enabled }}
{{- fail "gate.transparentProxy.enabled forwards requests to OneGate, which gate.enabled switches off: set both or none" }}
{{- end }}
{{- if not (regexMatch "^http://([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]+)?/?$" (include "opennebula.gateEndpoint" .)) }}
{{- fail (printf "gate.transparentProxy.enabled needs the URL of OneGate to be http with an IPv4 address, not %s: set gate.address or gate.endpoint" (include "opennebula.gateEndpoint" .)) }}
{{- end }}
{{- if hasKey .Values.oned.config "ONEGATE_ENDPOINT" }}
{{- fail "oned.config.ONEGATE_ENDPOINT would hide gate.transparentProxy from virtual machines: move it to gate.endpoint, the URL to which the proxy forwards" }}
{{- end }}
{{- end }}
{{- $exposed := compact (list
      (.Values.ingress.enabled | ternary "ingress.enabled" "")
      (.Values.httpRoute.enabled | ternary "httpRoute.enabled" "")) }}
{{- if gt (len $exposed) 1 }}
{{- fail (printf "%s are both set: set one of them, FireEdge needs only one" (join " and " $exposed)) }}
{{- end }}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
{{- fail "ingress.host is empty: set it to the host name at which users reach FireEdge" }}
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
{{- fail "httpRoute.parentRefs is empty: name the Gateway for FireEdge" }}
{{- end }}
{{- $replicas := .Values.fireedge.replicas | int }}
{{- if and (gt $replicas 1) .Values.httpRoute.enabled (not .Values.httpRoute.sessionPersistence) }}
{{- fail (printf "fireedge.replicas is %d, but sessions are in the memory of one pod: set httpRoute.sessionPersistence, or expose FireEdge by an Ingress" $replicas) }}
{{- end }}
{{- if and (gt $replicas 1) .Values.ingress.enabled (not .Values.ingress.controller) (not .Values.ingress.annotations) }}
{{- fail (printf "fireedge.replicas is %d, but sessions are in the memory of one pod: set ingress.controller, or the annotations of session affinity for your controller" $replicas) }}
{{- end }}
