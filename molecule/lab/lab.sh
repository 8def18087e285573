#!/usr/bin/env bash
# Copyright (c) 2026 KubeNebula contributors
# SPDX-License-Identifier: Apache-2.0
#
# The lab: a Kubernetes node, a registry, an apt repository and two hypervisors on one Linux machine.
set -euo pipefail

LAB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in env say jobs process machine go pki policies network runtime services images cluster hosts edge; do
  # shellcheck source=/dev/null  # each is checked as a file of its own
  source "$LAB/lib/$part.sh"
done

usage() {
  cat >&2 <<EOF
usage: lab.sh check | up | down | reset | purge | status | tools | node-stop | node-start
              | host-start NAME... | host-stop NAME... | host-forget NAME...
              | guest-start NAME GUEST | guest-stop NAME GUEST
              | ingress | directory | browser

  check       says in one sentence what this machine lacks for the lab
  up          builds what is missing (once), then starts whatever is not running
  down        ends everything and takes the network away; what was stored stays
  reset       an empty cluster and bare hypervisors, running
  purge       down, and forgets the cluster, the hosts and the registry (not the builds)
  status      what runs; exit code 3 when a part does not
  tools       builds Helm alone and prints the folder it is in
  node-stop   a power cut of the Kubernetes node alone
  node-start  power comes back
  host-stop   a power cut of the host NAME (${HOSTS[*]}; spare ones: ${SPARE_HOSTS[*]},
              and for measurements kvm101 to kvm249 or lxc101 to lxc249)
  host-start  power comes back; a host that was not there is new and bare
  host-forget takes the host NAME away, with its disk
  guest-start a virtual machine or a container GUEST on the hypervisor NAME
  guest-stop  ends it
  ingress     an Ingress controller (Traefik) for https://$SITE_NAME; builds it once
  directory   an LDAP server with the people of edge/people.ldif
  browser     installs Chromium and prints where it is
EOF
  exit 2
}

check() {
  require_machine
}

up() {
  require_machine
  lock
  install_packages
  build_pause
  # the compiler works for minutes, while the images wait for downloads; and last for what the cluster does not start with
  begin cluster build_cluster
  make_pki
  network_up
  runtime_up
  services_up
  images_up
  local name
  for name in "${HOSTS[@]}"; do host_create "$name"; done
  await cluster
  begin helm build_helm
  cluster_up
  for name in "${HOSTS[@]}"; do host_wait "$name"; done
  await helm
  step "up: KUBECONFIG=$ADMIN_CONF DOCKER_HOST=$DOCKER_HOST"
}

down() {
  require_root
  lock
  cluster_down
  hosts_down
  directory_down
  services_down
  runtime_down
  network_down
  step "down"
}

reset() {
  require_machine
  lock
  if alive dockerd; then
    cluster_cut
    local name
    for name in $(docker ps --all --format '{{.Names}}'); do host_forget "$name"; done
  fi
  rm -rf "$STATE/etcd" "$STATE/volumes" "$PKI" "$ADMIN_CONF"
  step "emptied"
  up
}

purge() {
  down
  rm -rf "$STATE"
  step "purged"
}

status() {
  local part ok=0
  for part in containerd dockerd registry apt-repository "${NODE_PARTS[@]}"; do
    if alive "$part"; then echo "$part: running"; else echo "$part: stopped"; ok=3; fi
  done
  for part in "${HOSTS[@]}"; do
    if host_alive "$part"; then echo "$part: running"; else echo "$part: stopped"; ok=3; fi
  done
  return "$ok"
}

tools() {
  require_root
  lock
  mkdir -p "$STATE/log" "$STATE/bin" "$CACHE"
  build_helm >&2
  echo "$STATE/bin"
}

running_lab() {
  require_root
  lock
  alive dockerd || fail "the lab is not up: run lab.sh up first"
}

# each_host DONE COMMAND NAME...
each_host() {
  local done=$1 command=$2 name
  for name in "${@:3}"; do require_host "$name"; done
  running_lab
  for name in "${@:3}"; do
    "$command" "$name"
    step "$name $done"
  done
}

start_hosts() {
  local name
  for name in "$@"; do require_host "$name"; done
  running_lab
  for name in "$@"; do host_create "$name"; done
  for name in "$@"; do host_wait "$name"; done
}

case "${1:-} ${2:-}" in
  "check "|"up "|"down "|"reset "|"purge "|"status "|"tools ") "$1" ;;
  "node-stop ") running_lab; cluster_cut; step "node stopped" ;;
  "node-start ") running_lab; cluster_up ;;
  "ingress "|"directory ") running_lab; "$1_up" ;;
  "browser ") require_root; lock; browser_up ;;
  "host-start "?*) start_hosts "${@:2}" ;;
  "host-stop "?*) each_host "stopped" host_cut "${@:2}" ;;
  "host-forget "?*) each_host "forgotten" host_forget "${@:2}" ;;
  "guest-start "?*|"guest-stop "?*)
    require_host "$2"
    running_lab
    host_guest "${1#guest-}" "$2" "${3:?the name of a guest}"
    ;;
  *) usage ;;
esac
