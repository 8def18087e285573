#!/usr/bin/env bash
# build.sh OUT_DIR [DEBS/NAME...]: builds the stand-in packages, and those of other folders, and OUT_DIR/repo, a signed
# apt repository laid out as the official one. The signing key is made once and kept in the cache.
set -euo pipefail

# What others depend on, though it holds nothing here: Ruby's libraries, and a tool the lab does not need.
EMPTY="opennebula-common-onecfg opennebula-rubygems"
# Links to the launcher: what each package calls its commands.
declare -A COMMANDS=(
  [opennebula]="bin/oned bin/mm_sched bin/onedb bin/oneshowback
    lib/one/mads/onemonitord lib/one/onehem/onehem-server"
  [opennebula-tools]="bin/onehost"
)

here=$(cd "$(dirname "$0")" && pwd)
# apt takes a package that it has kept for the one it wants if version and size are equal: so the content is named too.
VERSION=6.10.0.1-1.$(cd "$here" && find build.sh debs standin/*.py ../web-packages -type f -exec sha256sum {} + | sort | sha256sum | head -c 8)
out=$(mkdir -p "$1" && cd "$1" && pwd)
cache=${KUBENEBULA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubenebula}
repo=$out/repo/6.10/Debian/12
suite=$repo/dists/stable
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One time stamp for all files, so that the same sources give the same packages.
export SOURCE_DATE_EPOCH=1740000000

build_package() {
  local name=${1##*/} root=$work/${1##*/} link
  mkdir -p "$root/DEBIAN"
  if [ -d "$1" ]; then cp -R "$1/." "$root"; fi
  "$here/../web-packages/fill" "$name" "$root" > "$work/log"
  # What all control files have in common comes before what the package's own has.
  touch "$root/DEBIAN/control"
  sed "s/@VERSION@/$VERSION/g" - "$root/DEBIAN/control" > "$work/control" << EOF
Package: $name
Version: $VERSION
Architecture: all
Maintainer: KubeNebula contributors <noreply@kubenebula.invalid>
Section: misc
Priority: optional
Description: stand-in of the test lab for OpenNebula's package of this name
EOF
  mv "$work/control" "$root/DEBIAN/control"
  if [ "$name" = opennebula-libs ]; then
    mkdir -p "$root/usr/lib/one/standin"
    cp "$here"/standin/*.py "$root/usr/lib/one/standin/"
    # as dh_python3 does: through env the processes would be called python and not oned
    sed -i '1s|^#!.*|#!/usr/bin/python3|' "$root"/usr/lib/one/standin/*.py
  fi
  for link in ${COMMANDS[$name]:-}; do
    mkdir -p "$root/usr/$(dirname "$link")"
    ln -s /usr/lib/one/standin/commands.py "$root/usr/$link"
  done
  chmod -R u=rwX,go=rX "$root"
  if [ -d "$root/etc/sudoers.d" ]; then chmod 0440 "$root"/etc/sudoers.d/*; fi
  if [ -d "$root/etc" ]; then (cd "$root" && find etc -type f -printf '/%p\n' | sort > DEBIAN/conffiles); fi
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  dpkg-deb --build --root-owner-group -Zgzip "$root" "$repo/pool/opennebula/${name}_${VERSION}_all.deb" > "$work/log"
}

sign() {
  local list=opennebula/binary-amd64/Packages gpg=(gpg --homedir "$cache/apt-key" --batch --quiet --yes)
  if [ ! -d "$cache/apt-key" ]; then
    install -d -m 0700 "$cache/apt-key"
    "${gpg[@]}" --passphrase '' --quick-generate-key 'KubeNebula lab packages' rsa3072 sign never
  fi
  mkdir -p "$suite/$(dirname "$list")"
  (cd "$repo" && dpkg-scanpackages --multiversion pool) > "$suite/$list" 2> "$work/log" || { cat "$work/log" >&2; return 1; }
  "${gpg[@]}" --clearsign --output "$suite/InRelease" << EOF
Origin: KubeNebula lab
Suite: stable
Codename: stable
Architectures: amd64
Components: opennebula
Date: $(date -Ru)
SHA256:
 $(sha256sum < "$suite/$list" | cut -d' ' -f1) $(stat -c %s "$suite/$list") $list
EOF
  "${gpg[@]}" --armor --export > "$out/repo/repo2.key"
  # gpg started one for the secret key; it would outlive this script.
  gpgconf --homedir "$cache/apt-key" --kill gpg-agent
}

rm -rf "$out/repo"
mkdir -p "$repo/pool/opennebula"
for package in "$here"/debs/* "${@:2}" $EMPTY; do build_package "$package"; done
sign
