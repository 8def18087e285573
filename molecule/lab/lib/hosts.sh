# shellcheck shell=bash
# Hypervisors: systemd containers on the site's bridge. Their disks live until purge, or until the image changes.

HOST_IMAGE=kubenebula-lab/hypervisor
# what systemd, libvirt, QEMU and LXC need; --privileged would ask for more than some machines have
HOST_CAPABILITIES=(sys_admin net_admin net_raw sys_ptrace sys_chroot mknod sys_nice ipc_lock audit_write dac_read_search)

require_host() {
  [[ -n ${HOST_IP[$1]:-} ]] || fail "there is no host $1, only ${HOSTS[*]} ${SPARE_HOSTS[*]}, and kvm101 to lxc249"
}

host_alive() {
  [[ $(docker inspect --format '{{.State.Running}}' "$1" 2>/dev/null) == true ]]
}

# host_create NAME: it boots; host_wait waits for it
host_create() {
  local name=$1 image capability device options=()
  host_image_up "${HOST_DEBIAN[$name]}"
  image=$(docker image inspect --format '{{.Id}}' "$HOST_IMAGE:${HOST_DEBIAN[$name]}")
  if [[ $(docker inspect --format '{{.Image}}' "$name" 2>/dev/null) != "$image" ]]; then
    host_forget "$name"
    for capability in "${HOST_CAPABILITIES[@]}"; do options+=(--cap-add "$capability"); done
    for device in /dev/net/tun /dev/fuse; do
      [[ ! -e $device ]] || options+=(--device "$device")
    done
    docker create --name "$name" --hostname "$name" --network none "${options[@]}" \
      --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
      --cgroupns private --tmpfs /run --tmpfs /tmp \
      --env "LAB_KIND=${name%%[0-9]*}" --env "LAB_ADDRESS=${HOST_IP[$name]}" "$image" >/dev/null
    docker cp "$STATE/ssh/id_ed25519.pub" "$name:/root/.ssh/authorized_keys"
  fi
  host_alive "$name" || docker start "$name" >/dev/null
  host_plug "$name"
}

# host_plug NAME: a cable from the container to the bridge
host_plug() {
  local cable=$BRIDGE-$1 pid
  pid=$(docker inspect --format '{{.State.Pid}}' "$1")
  ! nsenter --target "$pid" --net ip link show eth0 &>/dev/null || return 0
  # the kernel takes its time to remove the cable of a host that lost power
  [[ ! -e /sys/class/net/$cable ]] || ip link delete "$cable" || [[ ! -e /sys/class/net/$cable ]]
  ip link add "$cable" type veth peer name eth0 netns "$pid"
  ip link set "$cable" master "$BRIDGE" up
  nsenter --target "$pid" --net ip address add "${HOST_IP[$1]}/24" dev eth0
  nsenter --target "$pid" --net ip link set eth0 up
  nsenter --target "$pid" --net ip route add default via "$NODE_IP"
  # a new host has another card than the one before it at this address
  ip neighbour flush dev "$BRIDGE" to "${HOST_IP[$1]}"
}

host_wait() {
  local name=$1
  wait_for "$name to boot" 60 docker exec "$name" systemctl is-active --quiet multi-user.target
  touch "$STATE/ssh/known_hosts"
  {
    grep -v "^$name," "$STATE/ssh/known_hosts" || [[ $? == 1 ]]
    docker exec "$name" sh -c 'cat /etc/ssh/ssh_host_*_key.pub' | awk -v names="$name,${HOST_IP[$name]}" '{ print names, $1, $2 }'
  } >"$STATE/ssh/known_hosts.new"
  mv "$STATE/ssh/known_hosts.new" "$STATE/ssh/known_hosts"
  step "hypervisor $name ${HOST_IP[$name]}"
}

# host_guest start|stop NAME GUEST
host_guest() {
  docker exec --interactive "$2" sh -s "$1" "$3" <"$LAB/guest"
}

# host_cut NAME: a power cut
host_cut() {
  if host_alive "$1"; then docker kill "$1" >/dev/null; fi
}

# host_forget NAME: with its disk
host_forget() {
  docker rm --force "$1" &>/dev/null || [[ $? == 1 ]]
  ip link delete "$BRIDGE-$1" 2>/dev/null || [[ $? == 1 ]]
}

hosts_down() {
  local name
  alive dockerd || return 0
  for name in $(docker ps --format '{{.Names}}'); do host_cut "$name"; done
}
