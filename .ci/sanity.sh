#!/usr/bin/env bash
# sanity.sh [CORE]: ansible-test sanity with the ansible-core of .venv, then antsibull-docs and galaxy-importer.
# With a version such as 2.19: ansible-test of that ansible-core, from PyPI.
set -euo pipefail
cd "$(dirname "$0")/.."

core=${1:-}
cache=${KUBENEBULA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubenebula}
out=$PWD/build/sanity/${core:-installed}
bin=$PWD/.venv/bin
PATH=$bin:$PATH
log=/dev/null
collection=$out/ansible_collections/kubenebula/opennebula

stop() {
  echo "sanity: $*" >&2
  exit 1
}

# check NAME COMMAND...: what it says is shown when it fails
check() {
  log=$out/${1%% *}.log
  echo "sanity: $1"
  shift
  ("$@") &>"$log"
}

# ansible-test works on a tree of this name only. It gets the files of the checkout, new ones too, and not just those that
# a release ships: so there is no finding in a clone either.
copy_checkout() {
  rm -rf "$out"
  mkdir -p "$collection"
  git ls-files -z --cached --others --exclude-standard \
    | while IFS= read -r -d '' file; do if [ -e "$file" ]; then printf '%s\0' "$file"; fi; done \
    | xargs -0 cp -a --parents -t "$collection"
  # without it, ansible-test asks the repository around it, which ignores build/
  git init --quiet "$collection"
}

# ansible-test keeps its environments, and looks for get-pip.py, below its HOME: this one is the project's own.
# It loads the modules with each Python it supports and finds, so pyenv's are put where it looks.
ansible_test() {
  local home=$cache/ansible-test pythons requirements version
  requirements=$("$bin/python" -c 'import ansible_test; print(ansible_test.__path__[0])')/_internal/python_requirements.py
  mkdir -p "$home/.ansible/test/cache"
  sed -nE "s/^ *pip='([0-9.]+)',$/\1/p" "$requirements" | while read -r version; do
    cp .ci/get_pip.py "$home/.ansible/test/cache/get_pip_${version//./_}.py"
  done
  pythons=$(printf '%s:' "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin)
  cd "$collection"
  # one at a time: it removes an environment that another one is still making
  flock "$home" env --unset=PYTHONPATH --unset=ANSIBLE_CONFIG HOME="$home" PATH="$bin:$pythons$PATH" \
    XDG_CACHE_HOME="${XDG_CACHE_HOME:-$HOME/.cache}" XDG_CONFIG_HOME="${XDG_CONFIG_HOME:-$HOME/.config}" \
    ansible-test sanity
  if grep -q 'All targets skipped' "$log"; then exit 1; fi
}

docs() {
  cd "$collection"
  env --unset=PYTHONPATH --unset=ANSIBLE_CONFIG "$tools/antsibull-docs" lint-collection-docs --plugin-docs \
    --validate-collection-refs dependent --disallow-unknown-collection-refs .
}

# It takes what it only warns of; here that is a finding as well.
importer() {
  cd "$out"
  "$bin/ansible-galaxy" collection build "$collection"
  # it would run the ansible-lint of `make lint` again, with fewer rules
  env --unset=PYTHONPATH --unset=ANSIBLE_CONFIG GALAXY_IMPORTER_RUN_ANSIBLE_LINT=false "$tools/python" -m galaxy_importer.main ./*.tar.gz |& tee importer.txt
  if grep -qE '^(WARNING|ERROR)' importer.txt; then exit 1; fi
}

[[ -z $core || $core =~ ^2\.[0-9]+$ ]] || stop "CORE=$core is no version of ansible-core; give one like CORE=2.19"
trap '[ $? = 0 ] || cat "$log" >&2' EXIT
copy_checkout
if [ -n "$core" ]; then
  python=
  [ "$core" != 2.19 ] || python=3.11
  echo "ansible-core~=$core.0" >"$out/requirements.txt"
  PYTHON=$python .ci/venv.sh "$out/requirements.txt" "$out/venv"
  bin=$out/venv/bin
fi
check "ansible-test of ansible-core $("$bin/python" -c 'import ansible.release; print(ansible.release.__version__)')" ansible_test
sed -nE 's/^WARNING: (Skipping sanity test .*)/sanity: \1/p' "$out/ansible-test.log" | sort -u
[ -z "$core" ] || exit 0

.ci/venv.sh requirements-sanity.txt build/sanity/tools
tools=$PWD/build/sanity/tools/bin
check antsibull-docs docs
check galaxy-importer importer
