apiVersion: v1
kind: Service
metadata:
  name: {{ include "opennebula.name" . }}-mariadb
  labels: {{- include "opennebula.labels" (list $ "mariadb") | nindent 4 }}
spec:
  selector: {{- include "opennebula.selector" (list $ "mariadb") | nindent 4 }}
  ports:
    - {name: mysql, port: 3306, targetPort: mysql}
