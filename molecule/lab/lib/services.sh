# shellcheck shell=bash
# The image registry and the apt repository. A node without power leaves them running.

services_up() {
  registry_config | put "$STATE/registry.yaml"
  start registry docker-registry serve "$STATE/registry.yaml"
  packages_build
  start apt-repository python3 -m http.server --bind "$NODE_IP" --directory "$STATE/apt" "$APT_PORT"
  wait_for "the registry" 20 curl -fsS "http://$REGISTRY/v2/"
  wait_for "the apt repository" 20 curl -fsS "http://$NODE_IP:$APT_PORT/repo/repo2.key"
  step "registry $REGISTRY, apt repository http://$NODE_IP:$APT_PORT/repo"
}

services_down() {
  stop 5 apt-repository registry
}

registry_config() {
  cat <<EOF
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: $STATE/registry}, delete: {enabled: true}}
http: {addr: "$REGISTRY", secret: lab}
EOF
}

packages_build() {
  local built
  built=$CACHE/packages/$(digest_of "$LAB/packages" "$LAB/web-packages" </dev/null)
  if [[ ! -d $built ]]; then
    mkdir -p "$CACHE/packages"
    rm -rf "$built.new"
    long "building the stand-in packages" "$STATE/log/build-packages" last_line \
      env KUBENEBULA_CACHE="$CACHE" "$LAB/packages/build.sh" "$built.new" "$LAB"/web-packages/debs/* \
      || fail "the stand-in packages cannot be built: see $STATE/log/build-packages"
    mv "$built.new" "$built"
  fi
  ln -sfn "$built" "$STATE/apt"
}
