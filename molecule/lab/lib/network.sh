# shellcheck shell=bash
# The site's network: a bridge that has the node as .1 and the hypervisors on it, closed towards the world.

CHAINS=(INPUT OUTPUT FORWARD)

network_up() {
  local chain
  mount --make-rshared /
  [[ -e /proc/sys/net/bridge ]] || modprobe -a br_netfilter overlay
  sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
  (($(sysctl -n fs.inotify.max_user_instances) >= 1024)) || sysctl -qw fs.inotify.max_user_instances=1024
  if ! ip link show "$BRIDGE" &>/dev/null; then
    ip link add "$BRIDGE" type bridge
    ip address add "$NODE_IP/24" dev "$BRIDGE"
    ip link set "$BRIDGE" up
    # the node's own calls to Services must not set out for the uplink: the firewall judges them by that
    ip route add "$SERVICES" dev "$BRIDGE"
  fi
  { firewall; policy_rules; } | iptables-restore --wait 10 --noflush
  for chain in "${CHAINS[@]}"; do
    iptables -w 10 -C "$chain" -j "ONELAB-$chain" 2>/dev/null || iptables -w 10 -I "$chain" -j "ONELAB-$chain"
  done
  iptables -w 10 -t mangle -C FORWARD -j ONELAB-POLICIES 2>/dev/null || iptables -w 10 -t mangle -I FORWARD -j ONELAB-POLICIES
  step "network $LAN on $BRIDGE"
}

# Nothing of the lab leaves by the machine's own interface or enters by it; inside the lab everything may pass,
# whatever the machine's firewall thinks of forwarding.
firewall() {
  local uplink net
  echo "*filter"
  printf ':ONELAB-%s -\n' "${CHAINS[@]}"
  for uplink in $(ip -o route show default | grep -oP '(?<= dev )\S+' | sort -u); do
    for net in "$LAN" "$PODS" "$SERVICES"; do
      echo "-A ONELAB-INPUT -i $uplink -d $net -j REJECT"
      echo "-A ONELAB-OUTPUT -o $uplink -d $net -j REJECT"
      echo "-A ONELAB-FORWARD -i $uplink -d $net -j REJECT"
      echo "-A ONELAB-FORWARD -o $uplink -s $net -j REJECT"
    done
  done
  # what the node sends itself, and not what its pods send
  echo "-A ONELAB-OUTPUT -d ${HOST_IP[$HOST_BEHIND_JUMP]} -p tcp --dport 22 -j REJECT"
  for net in "$LAN" "$PODS"; do
    echo "-A ONELAB-INPUT -s $net -j ACCEPT"
    echo "-A ONELAB-FORWARD -s $net -j ACCEPT"
    echo "-A ONELAB-FORWARD -d $net -j ACCEPT"
  done
  echo COMMIT
}

network_down() {
  forget_rules 'ONELAB-|KUBE-|CNI-'
  local link
  for link in cni0 "$BRIDGE"; do
    if ip link show "$link" &>/dev/null; then ip link delete "$link"; fi
  done
}

# forget_rules PATTERN: of iptables, all that names such a chain. Stale host ports of an unclean stop would
# shadow those of new pods, and stale connections of UDP would follow a dead one.
forget_rules() {
  local family table net
  for family in iptables ip6tables; do
    for table in nat filter mangle; do
      "$family-save" -t "$table" | grep -Eq "$1" || continue
      "$family-save" -c -t "$table" | grep -Ev "$1" | "$family-restore" --wait 10 -c
    done
  done
  for net in "$LAN" "$PODS" "$SERVICES"; do
    conntrack -D -s "$net" &>/dev/null || [[ $? == 1 ]]
    conntrack -D -d "$net" &>/dev/null || [[ $? == 1 ]]
  done
}
