# shellcheck shell=bash
# What the machine has to be and to have.

# command that is needed => package that brings it. A command that is there already is used as it is, so
# that a machine with another Docker keeps it.
declare -A PACKAGES=(
  [containerd]=containerd [runc]=runc [dockerd]=docker.io [/usr/bin/docker]=docker.io [docker-registry]=docker-registry
  [/usr/lib/cni/bridge]=containernetworking-plugins [iptables]=iptables [conntrack]=conntrack [ip]=iproute2
  [mmdebstrap]=mmdebstrap [/usr/share/keyrings/debian-archive-keyring.gpg]=debian-archive-keyring
  [ssh-keygen]=openssh-client [openssl]=openssl [curl]=curl [python3]=python3 [pkill]=procps [flock]=util-linux
  [gpg]=gnupg [gpg-agent]=gpg-agent [dpkg-scanpackages]=dpkg-dev [/etc/ssl/certs/ca-certificates.crt]=ca-certificates
)
# services some of them would run for the whole machine
UNWANTED=(docker.service docker.socket containerd.service docker-registry.service)

require_root() {
  ((EUID == 0)) || fail "root is needed: the lab makes namespaces, mounts and network interfaces"
}

require_machine() {
  require_root
  local os foreign
  # shellcheck source=/dev/null
  os=$(. /etc/os-release && echo "$ID-${VERSION_ID:-}")
  [[ $os == debian-12 || $os == ubuntu-24.04 ]] || fail "the lab runs on Debian 12 and Ubuntu 24.04, not on $os"
  [[ $(uname -m) == x86_64 ]] || fail "the lab runs on x86_64, not on $(uname -m)"
  if ! alive kubelet; then
    foreign=$(pgrep --runstates DRS -x kubelet 2>/dev/null | tr '\n' ' ') || foreign=
    [[ -z $foreign ]] || fail "this machine is a Kubernetes node already (kubelet, pid $foreign): use another one"
  fi
  foreign=$(ip -o -4 route show root "$LAN" 2>/dev/null | grep -v " dev $BRIDGE ") || foreign=
  [[ -z $foreign ]] || fail "this machine uses $LAN for something else: ${foreign%% proto*}"
}

# require_space: before anything large is built
require_space() {
  local place free
  for place in "$CACHE" "$STATE"; do
    mkdir -p "$place"
    free=$(df --output=avail -BG "$place" | tail -n1 | tr -dc 0-9)
    ((free >= 20)) || fail "20 GB of free disk are needed at $place, ${free} GB are there"
  done
}

# apt_install PACKAGE...: without starting or enabling a daemon for the whole machine
apt_install() {
  local policy=/usr/sbin/policy-rc.d unit fresh=()
  for unit in "${UNWANTED[@]}"; do
    [[ -e /lib/systemd/system/$unit ]] || fresh+=("$unit")
  done
  if [[ -e $policy ]]; then policy=; else install_policy "$policy"; fi
  long "installing $*" "$STATE/log/apt" last_line run_apt "$@" || fail "packages cannot be installed: see $STATE/log/apt"
  [[ -z $policy ]] || rm -f "$policy"
  command -v systemctl >/dev/null || return 0
  for unit in "${fresh[@]}"; do
    [[ ! -e /lib/systemd/system/$unit ]] || systemctl disable "$unit" >>"$STATE/log/apt" 2>&1
  done
}

# One at a time: .ci/venv.sh does the same, and apt-get does not wait for another one's update
run_apt() {
  flock /run/lock/kubenebula-apt.lock apt-get -qq -o DPkg::Lock::Timeout=300 update \
    && DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}

install_policy() {
  printf '#!/bin/sh\nexit 101\n' >"$1"
  chmod 755 "$1"
  at_exit rm -f "$1"
}

install_packages() {
  local command
  local -A missing=()
  mkdir -p "$STATE/log" "$STATE/pid" "$STATE/bin" "$CACHE" "$RUN"
  for command in "${!PACKAGES[@]}"; do
    if [[ ! -e $command ]] && ! command -v "$command" >/dev/null; then missing[${PACKAGES[$command]}]=1; fi
  done
  ((${#missing[@]} == 0)) || apt_install "${!missing[@]}"
}
