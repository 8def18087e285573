# oned does not use the Kubernetes API, so no token is mounted.
{{ include "opennebula.serviceaccount" (list $ "oned") }}
