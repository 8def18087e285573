#!/usr/bin/env bash
# venv.sh REQUIREMENTS [LINK]: makes .venv, or LINK, with the newest Python found, and the link from which Ansible loads
# this checkout.
# The environment itself lies in the cache, named after what is in it, so a fresh clone finds it ready.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=/dev/null  # it is checked as a file of its own
source molecule/lab/lib/say.sh

requirements=$1
link=${2:-.venv}
cache=${KUBENEBULA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubenebula}

stop() {
  echo "setup: $*" >&2
  exit 1
}

install_packages() {
  # as the lab does at the same time
  flock /run/lock/kubenebula-apt.lock apt-get -o DPkg::Lock::Timeout=300 update -qq
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -qq -y --no-install-recommends "$@" >/dev/null
}

newest_python() {
  local version candidate
  for version in ${PYTHON:-3.14 3.13 3.12 3.11}; do
    for candidate in "python${version#python}" "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"${version#python}".*/bin/python3; do
      if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        # not the link in .venv, which may stand first: a checkout's path is no part of the name
        "$candidate" -c 'import os, sys; print(os.path.realpath(sys.executable))'
        return
      fi
    done
  done
  return 1
}

python=$(newest_python) || {
  [ -z "${PYTHON:-}" ] || stop "PYTHON=$PYTHON was not found; give a version of 3.11 or newer, for example PYTHON=3.12"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    stop "there is no Python of 3.11 or newer; install one, with its venv module"
  fi
  install_packages python3 python3-venv
  python=$(newest_python) || stop "there is no Python of 3.11 or newer, and this system's packages have none"
}

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    stop "$python has no venv module; install the package python3-venv"
  fi
  install_packages "python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
fi

contents() {
  local other
  cat "$1"
  sed -n 's/^-r //p' "$1" | while read -r other; do contents "$other"; done
}

key=$({ contents "$requirements"; "$python" -VV; echo "$python"; } | sha256sum | cut -c1-16)
home=$cache/venv/$key
if [ ! -e "$home/complete" ]; then
  rm -rf "$home"
  "$python" -m venv "$home"
  long "installing Python packages for $("$python" -V)" "$home/log" last_line \
    "$home/bin/pip" install --disable-pip-version-check --progress-bar off --requirement "$requirements" \
    || { tail -n 20 "$home/log" >&2; stop "these Python packages cannot be installed: $requirements"; }
  step "Python packages installed"
  touch "$home/complete"
fi
ln -sfn "$home" "$link"

mkdir -p build/collections/ansible_collections/kubenebula
ln -sfn "$PWD" build/collections/ansible_collections/kubenebula/opennebula
