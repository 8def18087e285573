# shellcheck shell=bash
# What the user sees, and small helpers.

STARTED=${EPOCHREALTIME//[!0-9]/}

# step TEXT: one line of progress, with the seconds since the start
step() {
  local tenths=$(((${EPOCHREALTIME//[!0-9]/} - STARTED) / 100000))
  printf '%5d.%ds  %s\n' $((tenths / 10)) $((tenths % 10)) "$*"
}

fail() {
  echo "lab: $*" >&2
  exit 1
}

# wait_for WHAT SECONDS COMMAND...: until the command succeeds
wait_for() {
  local what=$1 until=$((SECONDS + $2))
  shift 2
  until "$@" &>/dev/null; do
    ((SECONDS < until)) || fail "gave up waiting for $what; the logs are in $STATE/log"
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
