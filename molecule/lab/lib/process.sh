# shellcheck shell=bash
# Daemons of the lab: log in STATE/log, identity in STATE/pid.

# identity PID: names this very process, and never another one that got its number later; fails for the dead
identity() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -r -a stat <<<"${stat##*) }"
  [[ ${stat[0]} != [ZX] ]] || return 1
  echo "$1 ${stat[19]} $(</proc/sys/kernel/random/boot_id)"
}

# alive NAME: the process started under that name still runs
alive() {
  local known
  { read -r known <"$STATE/pid/$1"; } 2>/dev/null || return 1
  [[ $(identity "${known%% *}") == "$known" ]]
}

# start NAME COMMAND...: unless it runs
start() {
  local name=$1
  shift
  ! alive "$name" || return 0
  mkdir -p "$STATE/log" "$STATE/pid"
  [[ ! -e $STATE/log/$name ]] || mv "$STATE/log/$name" "$STATE/log/$name.old"
  setsid "$@" >"$STATE/log/$name" 2>&1 </dev/null 9>&- &
  identity $! >"$STATE/pid/$name" || fail "$name ended at once: see $STATE/log/$name"
}

# signal SIGNAL NAME...
signal() {
  local name signal=$1
  shift
  for name in "$@"; do
    if alive "$name"; then kill -s "$signal" "$(cut -d' ' -f1 "$STATE/pid/$name")"; fi
  done
}

# stop SECONDS NAME...: asks, and after so many seconds does not ask any more
stop() {
  local name until=$((SECONDS + $1))
  shift
  signal TERM "$@"
  for name in "$@"; do
    while alive "$name"; do
      ((SECONDS < until)) || signal KILL "$name"
      sleep 0.1
    done
    rm -f "$STATE/pid/$name"
  done
}

# shims: pids of our containerd's, each the parent of a container
shims() {
  pgrep -f "^[^ ]*containerd-shim.* -address $RUN/containerd.sock" || [[ $? == 1 ]]
}

# kill_containers CGROUP: every process below it, found by its cgroup because a shim may be dead already
kill_containers() {
  local pid until=$((SECONDS + 5))
  while ((SECONDS < until)); do
    pid=$(container_pids "$1")
    [[ -n $pid ]] || return 0
    # shellcheck disable=SC2086  # many pids; one may be gone already
    kill -KILL $pid 2>/dev/null || sleep 0.1
  done
}

container_pids() {
  # a file vanishes with its process
  { grep -lsE ":/($1)/" /proc/[0-9]*/cgroup || true; } | cut -d/ -f3
}
