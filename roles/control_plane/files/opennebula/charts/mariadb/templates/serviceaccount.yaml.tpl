{{ include "opennebula.serviceaccount" (list $ "mariadb") }}
