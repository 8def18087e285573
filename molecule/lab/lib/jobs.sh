# shellcheck shell=bash
# Work that goes on beside the rest of a command, and ends with it.

declare -A JOBS=()
AT_EXIT=()

# at_exit COMMAND...: however this shell ends
at_exit() {
  AT_EXIT+=("${*@Q}")
  trap run_at_exit EXIT
}

run_at_exit() {
  local command
  for command in "${AT_EXIT[@]}"; do eval "$command"; done
}

# begin JOB COMMAND...: in the background, in a process group of its own so that all of it can be ended
begin() {
  local job=$1 -
  shift
  at_exit end_jobs
  set -m
  (
    set +m
    AT_EXIT=()
    JOBS=()
    "$@"
  ) 2>"$STATE/log/job-$job" </dev/null &
  JOBS[$job]=$!
}

# await JOB: and fails as it did
await() {
  local code=0
  wait "${JOBS[$1]}" || code=$?
  unset "JOBS[$1]"
  cat "$STATE/log/job-$1" >&2
  ((code == 0)) || exit "$code"
}

end_jobs() {
  local job
  for job in "${!JOBS[@]}"; do
    # it may have ended by itself
    kill -TERM -- "-${JOBS[$job]}" 2>/dev/null || true
    wait "${JOBS[$job]}" 2>/dev/null || true
  done
}
