#!/usr/bin/env bash
# build.sh OUT_DIR [FOLDER...]: builds the stand-in packages, those of this folder and of the others given, and
# OUT_DIR/repo, a signed apt repository laid out as the official one. The signing key is made once and kept in the cache.
set -euo pipefail

VERSION=6.10.0.1-1
SUITE_PATH=6.10/Debian/12
# What others depend on, though it holds nothing here: Ruby's libraries, and a tool the lab does not need.
EMPTY="opennebula-common-onecfg opennebula-rubygems"
# Links to the launcher: what each package calls its commands.
declare -A COMMANDS=(
  [opennebula]="bin/oned bin/mm_sched bin/onedb bin/oneshowback
    lib/one/mads/onemonitord lib/one/onehem/onehem-server"
  [opennebula-tools]="bin/onehost"
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

# What all control files have in common, and what the package's own has.
control() {
  cat << EOF
Package: $1
Version: $VERSION
Architecture: all
Maintainer: KubeNebula contributors <noreply@kubenebula.invalid>
Section: misc
Priority: optional
Description: stand-in of the test lab for OpenNebula's package of this name
EOF
  if [ -e "$root/DEBIAN/control" ]; then sed "s/@VERSION@/$VERSION/g" "$root/DEBIAN/control"; fi
}

# build_package NAME [FOLDER]
build_package() {
  local name=$1 root=$work/$1 link
  mkdir -p "$root/DEBIAN"
  if [ -n "${2:-}" ]; then cp -R "$2/debs/$name/." "$root"; fi
  if [ -x "${2:-}/fill" ]; then "$2/fill" "$name" "$root" > "$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }; fi
  control "$name" > "$work/control"
  mv "$work/control" "$root/DEBIAN/control"
  if [ "$name" = opennebula-libs ]; then
    mkdir -p "$root/usr/lib/one/standin"
    cp "$here"/standin/*.py "$root/usr/lib/one/standin/"
  fi
  for link in ${COMMANDS[$name]:-}; do
    mkdir -p "$root/usr/$(dirname "$link")"
    ln -s /usr/lib/one/standin/launch.py "$root/usr/$link"
  done
  chmod -R u=rwX,go=rX "$root"
  if [ -d "$root/etc/sudoers.d" ]; then chmod 0440 "$root"/etc/sudoers.d/*; fi
  if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f -printf '/%p\n' | sort > DEBIAN/conffiles); fi
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --build --root-owner-group -Zgzip "$root" "$pool/${name}_${VERSION}_all.deb" > "$work/log"
}

index() {
  local suite=$repo/dists/stable list=opennebula/binary-amd64/Packages file
  mkdir -p "$suite/$(dirname "$list")"
  cd "$repo"
  dpkg-scanpackages --multiversion pool > "$suite/$list" 2> "$work/log" || { cat "$work/log" >&2; return 1; }
  cd "$suite"
  gzip -9nk "$list"
  {
    printf '%s\n' 'Origin: KubeNebula lab' 'Suite: stable' 'Codename: stable' 'Architectures: amd64'
    printf '%s\n' 'Components: opennebula' "Date: $(date -Ru)" 'SHA256:'
    for file in "$list" "$list.gz"; do
      echo " $(sha256sum < "$file" | cut -d' ' -f1) $(stat -c %s "$file") $file"
    done
  } > Release
}

sign() {
  local gpg=(gpg --homedir "$cache/apt-key" --batch --quiet --yes)
  if [ ! -d "$cache/apt-key" ]; then
    install -d -m 0700 "$cache/apt-key"
    "${gpg[@]}" --passphrase '' --quick-generate-key 'KubeNebula lab packages' rsa3072 sign never
  fi
  "${gpg[@]}" --clearsign --output InRelease Release
  "${gpg[@]}" --armor --detach-sign --output Release.gpg Release
  "${gpg[@]}" --armor --export > "$out/repo/repo2.key"
  # gpg started one for the secret key; it would outlive this script.
  gpgconf --homedir "$cache/apt-key" --kill gpg-agent
}

rm -rf "$out/repo"
mkdir -p "$pool"
for folder in "$here" "${@:2}"; do
  for package in "$folder"/debs/*/; do build_package "$(basename "$package")" "$folder"; done
done
for package in $EMPTY; do build_package "$package"; done
index
sign
