# shellcheck shell=bash
# What the user sees, and small helpers.

STARTED=${EPOCHREALTIME//[!0-9]/}
# how many seconds a step is silent
BEAT=15

# step TEXT: one line of progress, with the seconds since the start
step() {
  local tenths=$(((${EPOCHREALTIME//[!0-9]/} - STARTED) / 100000))
  printf '%5d.%ds  %s\n' $((tenths / 10)) $((tenths % 10)) "$*"
}

fail() {
  echo "lab: $*" >&2
  exit 1
}

# long TEXT LOG PROGRESS COMMAND...: a step that takes its time and talks to LOG. Every 15 s there is a line with its seconds
# and what PROGRESS makes of LOG.
long() {
  local text=$1 log=$2 progress=$3 said code=0
  shift 3
  step "$text"
  : >"$log"
  # This ends when nobody holds its pipe any more, however this shell ends. COMMAND holds neither that nor the lock: it may leave a daemon.
  exec 8> >(
    exec 9>&-
    SECONDS=0
    until read -rt "$BEAT" || (($? <= 128)); do
      said=$("$progress" "$log")
      step "$text, $SECONDS s${said:+: $said}"
    done
  )
  "$@" &>"$log" 8>&- 9>&- || code=$?
  exec 8>&-
  return "$code"
}

# last_line FILE: what a program said last
last_line() {
  tail -n 1 "$1" | tr -d '[:cntrl:]' | cut -c 1-80
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds
wait_for() {
  local what=$1 until=$((SECONDS + $2)) beat=$((SECONDS + BEAT))
  shift 2
  until "$@" &>/dev/null; do
    ((SECONDS < until)) || fail "gave up waiting for $what; the logs are in $STATE/log"
    if ((SECONDS >= beat)); then
      step "waiting for $what"
      beat=$((SECONDS + BEAT))
    fi
    sleep 0.2
  done
}

# One lab.sh at a time. File descriptor 9 must not reach a daemon: it would hold the lock for ever.
lock() {
  exec 9>/run/lock/kubenebula-lab.lock
  flock --timeout 900 9 || fail "another lab.sh has been at work for 15 minutes"
}

# digest_of [PATH...]: of the files' names and contents, and of standard input
digest_of() {
  local path
  {
    for path in "$@"; do
      (cd "$path" && find . -type f -not -path '*/__pycache__/*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
    done
    cat
  } | sha256sum | cut -c1-12
}

# put FILE: writes standard input to it, and leaves it untouched when it says that already
# (kube-proxy ends when its file is rewritten)
put() {
  local text
  text=$(cat)
  [[ -e $1 && $text == "$(<"$1")" ]] || printf '%s\n' "$text" >"$1"
}
