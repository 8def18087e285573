# shellcheck shell=bash
# Images: made once, kept in the cache, pushed to the registry when it does not have them.
# Each is tagged TAG and TAG-DIGEST, with the digest of what it is made of.

MIRROR=${LAB_DEBIAN_MIRROR:-}
BASE_PACKAGES=ca-certificates
# what a base image has no use for
SLIM=(--aptopt='APT::Install-Recommends "false"'
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')

images_up() {
  local digest
  digest=$(digest_of <"$STATE/bin/pause")
  image_up "$REGISTRY/lab/pause:1" "$digest" make_pause
  image_push "$REGISTRY/lab/pause:1" "$digest"

  digest=$(digest_of <<<"$BASE_PACKAGES ${SLIM[*]} $MIRROR $(declare -f make_base)")
  image_up "$REGISTRY/lab/debian:12" "$digest" make_base
  image_push "$REGISTRY/lab/debian:12" "$digest"

  digest=$(digest_of "$LAB/mariadb" <<<"$digest")
  image_up "$REGISTRY/lab/mariadb:10.11" "$digest" make_mariadb
  image_push "$REGISTRY/lab/mariadb:10.11" "$digest"
  step "images in the registry"
}

# host_image_up SUITE: of Debian
host_image_up() {
  local digest
  digest=$(digest_of "$LAB/hypervisor" <<<"${SLIM[*]} $MIRROR")
  image_up "$HOST_IMAGE:$1" "$digest" make_host
}

# image_up NAME DIGEST COMMAND: has dockerd hold NAME, and has COMMAND make it when the cache does not
image_up() {
  local name=$1 exact=$1-$2 kept
  kept=$CACHE/images/$(basename "${name/:/-}")-$2.tar
  if ! docker image inspect "$exact" &>/dev/null; then
    if [[ -e $kept ]]; then
      docker load --quiet --input "$kept" >/dev/null
    else
      require_space
      # tagged when whole: a broken pipe still leaves an image
      long "making the image ${name#"$REGISTRY/"}" "$STATE/log/image" last_line "$3" "$name-unfinished" \
        || fail "${name#"$REGISTRY/"} cannot be made: see $STATE/log/image"
      docker tag "$name-unfinished" "$exact"
      docker image rm "$name-unfinished" >/dev/null
      mkdir -p "$CACHE/images"
      docker save --output "$kept.new" "$exact"
      mv "$kept.new" "$kept"
    fi
  fi
  docker tag "$exact" "$name"
}

# image_push NAME DIGEST: unless the registry has just that under both names
image_push() {
  local want have
  have=$(manifest_digest "$1")
  want=$(manifest_digest "$1-$2")
  [[ -z $want || $have != "$want" ]] || return 0
  docker push --quiet "$1-$2" >/dev/null
  docker push --quiet "$1" >/dev/null
}

manifest_digest() { # NAME; prints nothing for an image the registry does not know
  local path=${1#"$REGISTRY/"}
  curl -sS --head --header 'Accept: application/vnd.docker.distribution.manifest.v2+json' \
    "http://$REGISTRY/v2/${path%:*}/manifests/${path##*:}" | sed -n 's/^docker-content-digest: \(\S*\).*/\1/Ip'
}

make_pause() {
  tar -c -C "$STATE/bin" pause | docker import --change 'ENTRYPOINT ["/pause"]' - "$1"
}

# debian OPTIONS...: a root file system of Debian, of 12 or of SUITE, on standard output
debian() {
  # when it fails it sends SIGHUP to its process group, which must not be ours
  setsid --wait mmdebstrap --variant=minbase "${SLIM[@]}" "$@" "${SUITE:-bookworm}" - ${MIRROR:+"$MIRROR"}
}

make_base() {
  debian --include="$BASE_PACKAGES" | docker import --change 'CMD ["bash"]' - "$1"
}

make_mariadb() {
  docker buildx build --network host --tag "$1" --build-arg "BASE_IMAGE=$REGISTRY/lab/debian:12" "$LAB/mariadb"
}

make_host() {
  local packages SUITE=${1#*:}
  SUITE=${SUITE%%-*}
  packages=$(sed '/^#/d' "$LAB/hypervisor/packages" | tr ' ' '\n' | paste -sd,)
  debian --include="$packages" --customize-hook="$LAB/hypervisor/customize" \
    | docker import --change 'CMD ["/usr/local/sbin/lab-init"]' - "$1"
}
