#!/usr/bin/env bash
# build.sh OUT_DIR: builds the stand-in packages and OUT_DIR/repo, a signed apt repository laid out as the official one.
# The signing key is made once and kept in the cache.
set -euo pipefail

VERSION=6.10.0.1-1
SUITE_PATH=6.10/Debian/12
# Links to the launcher: what each package calls its commands.
declare -A COMMANDS=(
  [opennebula]="usr/bin/oned usr/bin/mm_sched usr/bin/onedb usr/bin/oneshowback usr/lib/one/mads/onemonitord usr/lib/one/onehem/onehem-server"
  [opennebula-tools]="usr/bin/onehost usr/bin/oneuser usr/bin/onezone"
)

here=$(cd "$(dirname "$0")" && pwd)
out=$(mkdir -p "$1" && cd "$1" && pwd)
cache=${KUBENEBULA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubenebula}
repo=$out/repo/$SUITE_PATH
pool=$repo/pool/opennebula
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One time stamp for all files, so that the same sources give the same packages.
export SOURCE_DATE_EPOCH=1740000000

build_package() {
  local name=$1 root=$work/$1 link
  cp -R "$here/debs/$name" "$root"
  if [ "$name" = opennebula-libs ]; then
    mkdir -p "$root/usr/lib/one/standin"
    cp "$here"/standin/*.py "$root/usr/lib/one/standin/"
  fi
  for link in ${COMMANDS[$name]:-}; do
    mkdir -p "$root/$(dirname "$link")"
    ln -s /usr/lib/one/standin/launch.py "$root/$link"
  done
  chmod -R u=rwX,go=rX "$root"
  if [ -d "$root/etc/sudoers.d" ]; then chmod 0440 "$root"/etc/sudoers.d/*; fi
  if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f -printf '/%p\n' | sort > DEBIAN/conffiles); fi
  sed -i "s/@VERSION@/$VERSION/g" "$root/DEBIAN/control"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --build --root-owner-group -Zgzip "$root" "$pool/${name}_${VERSION}_all.deb" > "$work/log"
}

index() {
  local list=$repo/dists/stable/opennebula/binary-amd64/Packages file
  mkdir -p "$(dirname "$list")"
  (cd "$repo" && dpkg-scanpackages --multiversion pool > "$list" 2> "$work/log") || { cat "$work/log" >&2; return 1; }
  gzip -9nk "$list"
  {
    printf 'Origin: KubeNebula lab\nSuite: stable\nCodename: stable\nArchitectures: amd64\nComponents: opennebula\n'
    printf 'Date: %s\nSHA256:\n' "$(date -Ru)"
    for file in opennebula/binary-amd64/Packages opennebula/binary-amd64/Packages.gz; do
      set -- "$(sha256sum "$repo/dists/stable/$file")" "$(stat -c %s "$repo/dists/stable/$file")"
      printf ' %s %s %s\n' "${1%% *}" "$2" "$file"
    done
  } > "$repo/dists/stable/Release"
}

sign() {
  local gpg=(gpg --homedir "$cache/apt-key" --batch --quiet --yes)
  if [ ! -d "$cache/apt-key" ]; then
    install -d -m 0700 "$cache/apt-key"
    "${gpg[@]}" --passphrase '' --quick-generate-key 'KubeNebula lab packages' rsa3072 sign never
  fi
  "${gpg[@]}" --clearsign --output "$repo/dists/stable/InRelease" "$repo/dists/stable/Release"
  "${gpg[@]}" --armor --detach-sign --output "$repo/dists/stable/Release.gpg" "$repo/dists/stable/Release"
  "${gpg[@]}" --armor --export > "$out/repo/repo2.key"
  # gpg started one for the secret key; it would outlive this script.
  gpgconf --homedir "$cache/apt-key" --kill gpg-agent
}

rm -rf "$out/repo"
mkdir -p "$pool"
for package in "$here"/debs/*/; do build_package "$(basename "$package")"; done
index
sign
