# shellcheck shell=bash disable=SC2034  # the other parts use what is set here
# Names, addresses and folders of the lab.

CACHE=${KUBENEBULA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kubenebula}
STATE=/var/lib/kubenebula-lab
RUN=/run/kubenebula-lab

BRIDGE=onelab0
LAN=10.66.0.0/24
NODE=node1
NODE_IP=10.66.0.1
HOSTS=(kvm1 lxc1)
# machines that a scenario adds
SPARE_HOSTS=(kvm2 lxc2 jump1)
declare -A HOST_IP=([kvm1]=10.66.0.11 [lxc1]=10.66.0.12 [kvm2]=10.66.0.13 [lxc2]=10.66.0.14 [jump1]=10.66.0.15)
declare -A HOST_DEBIAN=([kvm1]=bookworm [lxc1]=bookworm [kvm2]=trixie [lxc2]=trixie [jump1]=trixie)
# for measurements: kvm101 to kvm249 and lxc101 to lxc249, of each number one or the other
for number in {101..249}; do
  for kind in kvm lxc; do
    HOST_IP[$kind$number]=10.66.0.$number
    HOST_DEBIAN[$kind$number]=bookworm
  done
done
# reached by way of jump1 alone, from where Ansible runs; pods reach it
HOST_BEHIND_JUMP=kvm2

PODS=10.244.0.0/16
SERVICES=10.96.0.0/16
API_SERVICE=10.96.0.1
DNS_SERVICE=10.96.0.10

# where the kubelet and our dockerd put their containers
POD_CGROUP=kubepods
HOST_CGROUP=kubenebula-lab

REGISTRY=$NODE_IP:5000
APT_PORT=5080
ADMIN_CONF=$STATE/admin.conf
PKI=$STATE/pki

export PATH=$STATE/bin:$PATH
export KUBECONFIG=$ADMIN_CONF
export DOCKER_HOST=unix://$RUN/docker.sock DOCKER_CONFIG=$STATE/docker-config DOCKER_BUILDKIT=1
export CONTAINERD_ADDRESS=$RUN/containerd.sock
unset DOCKER_CONTEXT DOCKER_TLS_VERIFY
