# Logs in as oneadmin through the Service and checks that the zone's ENDPOINT is the URL of that Service.
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "opennebula.name" . }}-test-api
  labels: {{- include "opennebula.labels" (list $ "test") | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "opennebula.name" . }}-oned
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {{- include "opennebula.podSecurity" 9869 | nindent 4 }}
  {{- with .Values.global.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  containers:
    - name: api
      image: {{ include "opennebula.image" (list $ "oned") }}
      imagePullPolicy: {{ .Values.images.pullPolicy }}
      securityContext: {{- include "opennebula.containerSecurity" . | nindent 8 }}
      command:
        - python3
        - -c
        - |
          import pathlib, xmlrpc.client
          secret = pathlib.Path("/etc/kubenebula/oneadmin")
          session = ":".join((secret / key).read_text().strip() for key in ("username", "password"))
          endpoint = "{{ include "opennebula.endpoint" . }}"
          success, zone, *_ = xmlrpc.client.ServerProxy(endpoint).one.zone.info(session, 0)
          assert success, zone
          assert endpoint in zone, f"the zone's ENDPOINT is not {endpoint}"
          print("oned answers at", endpoint)
      resources:
        requests: {cpu: 50m, memory: 64Mi}
        limits: {memory: 128Mi}
      volumeMounts:
        - {name: oneadmin, mountPath: /etc/kubenebula/oneadmin, readOnly: true}
  volumes:
    - {name: oneadmin, secret: {secretName: {{ include "opennebula.secret" (list $ "oneadmin") }}, defaultMode: 0440}}
