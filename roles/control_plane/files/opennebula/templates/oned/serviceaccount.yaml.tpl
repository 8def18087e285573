# oned asks nothing of Kubernetes: no token is mounted.
{{ include "opennebula.serviceaccount" (list $ "oned") }}
