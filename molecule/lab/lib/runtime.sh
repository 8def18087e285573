# shellcheck shell=bash
# One containerd, used by the kubelet for pods and by the lab's own dockerd for builds and hypervisors.

# compiling it takes longer than all the rest of the lab but Kubernetes; this one runs on the C library of Debian 12 and Ubuntu 24.04
BUILDX_DEBIAN=trixie

runtime_up() {
  if ! alive containerd; then
    stop 5 dockerd
    # containers that still run are adopted, unless what containerd has to know about them is gone
    if [[ ! -d $RUN/containerd || -z $(shims) ]]; then runtime_forget; fi
  fi
  mkdir -p "$RUN" "$STATE/cni" "$STATE/registry-hosts/$REGISTRY"
  put "$STATE/registry-hosts/$REGISTRY/hosts.toml" <<<"[host.\"http://$REGISTRY\"]"
  cni_config | put "$STATE/cni/10-lab.conflist"
  containerd_config | put "$STATE/containerd.toml"
  dockerd_config | put "$STATE/dockerd.json"
  start containerd containerd -c "$STATE/containerd.toml"
  wait_for containerd 30 ctr version
  start dockerd dockerd --config-file "$STATE/dockerd.json"
  ln -sfn /usr/bin/docker "$STATE/bin/docker"
  buildx_install
  wait_for dockerd 60 docker version
  step "containerd and dockerd"
}

# Debian 12 and its docker.io have none
buildx_install() {
  local program=/usr/libexec/docker/cli-plugins/docker-buildx built
  built=$CACHE/buildx-$BUILDX_DEBIAN
  if [[ ! -x $built$program ]]; then
    rm -rf "$built"
    long "fetching buildx from Debian $BUILDX_DEBIAN" "$STATE/log/buildx" last_line fetch_buildx "$built" \
      || fail "buildx cannot be had from Debian $BUILDX_DEBIAN: see $STATE/log/buildx"
  fi
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  ln -sfn "$built$program" "$DOCKER_CONFIG/cli-plugins/docker-buildx"
}

fetch_buildx() {
  "$LAB/unpack-debs" "$BUILDX_DEBIAN" "$1.new" docker-buildx && mv "$1.new" "$1"
}

runtime_down() {
  kill_containers "$POD_CGROUP|$HOST_CGROUP"
  stop 20 dockerd
  stop 10 containerd
  runtime_forget
}

# runtime_forget: ends containers and removes what they leave on the machine, with containerd gone; their disks stay
runtime_forget() {
  local place shim
  kill_containers "$POD_CGROUP|$HOST_CGROUP"
  for shim in $(shims); do kill -KILL "$shim"; done
  while read -r place; do
    # one may have gone with its peer
    umount --lazy "$place" 2>/dev/null || ! mountpoint -q "$place"
  done < <(mounts_below "$STATE" "$RUN")
  forget_rules 'KUBE-|CNI-'
  find /sys/fs/cgroup -depth -type d -regextype posix-extended -regex ".*/($POD_CGROUP|$HOST_CGROUP)(/.*)?" -exec rmdir {} + 2>/dev/null \
    || step "empty cgroups of the lab are still in use"
  rm -rf "$RUN"
}

# mounts_below FOLDER...: innermost first
mounts_below() {
  local folder
  for folder in "$@"; do
    awk -v below="$folder/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo
  done | sort -r
}

cni_config() {
  cat <<EOF
{"cniVersion": "0.4.0", "name": "lab", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "${PODS/.0.0\/16/.0.0\/24}"}]], "dataDir": "$RUN/cni-ipam"}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}
]}
EOF
}

# Plug-ins that want what a lab does not have are off. restrict_oom_score_adj: without CAP_SYS_RESOURCE a score
# below our own cannot be set, and no pod would start.
containerd_config() {
  cat <<EOF
version = 2
root = "$STATE/containerd"
state = "$RUN/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$RUN/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$STATE/containerd-opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$REGISTRY/lab/pause:1"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "$STATE/registry-hosts"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$STATE/cni"
EOF
}

# No network of its own, so that it meets neither another dockerd's bridge nor its rules: builds use the
# machine's network, hypervisors get theirs from us.
dockerd_config() {
  cat <<EOF
{"hosts": ["$DOCKER_HOST"], "pidfile": "$RUN/docker.pid", "containerd": "$RUN/containerd.sock",
 "data-root": "$STATE/docker", "exec-root": "$RUN/docker", "storage-driver": "overlay2",
 "exec-opts": ["native.cgroupdriver=cgroupfs"], "live-restore": true, "insecure-registries": ["$REGISTRY"],
 "cgroup-parent": "/$HOST_CGROUP", "bridge": "none", "iptables": false, "ip6tables": false}
EOF
}
