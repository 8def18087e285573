# shellcheck shell=bash
# Programs built from Go modules, kept in the cache under the digest of what they are made of.

KUBERNETES=v1.33.13
COREDNS=v1.12.0
HELM3=v3.18.6
HELM4=v4.3.1
BUILDX=v0.28.0
LEGO=v4.33.0
TOOLCHAIN=go1.26.8

# go_path: puts a Go on the PATH that is new enough; a distribution's older one fetches it
go_path() {
  local place version module=golang.org/toolchain@v0.0.1-$TOOLCHAIN.linux-amd64
  for place in "" /usr/local/go/bin "$CACHE/go-toolchain/bin"; do
    version=$(GOTOOLCHAIN=local "${place:+$place/}go" version 2>/dev/null | grep -oE 'go1\.[0-9]+') || continue
    ((${version#go1.} >= 24)) || continue
    [[ -z $place ]] || PATH=$place:$PATH
    return
  done
  command -v go >/dev/null || apt_install golang-go
  step "fetching $TOOLCHAIN"
  place=$(cd / && GOFLAGS=-mod=mod go mod download -json "$module" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || place=
  [[ -n $place ]] || fail "no Go 1.24 or newer on this machine, and $module cannot be had from the Go module proxy"
  cp -r "$place" "$CACHE/go-toolchain.new"
  chmod -R u+w "$CACHE/go-toolchain.new"
  # a module's files are not executable
  chmod -R +x "$CACHE/go-toolchain.new/bin" "$CACHE/go-toolchain.new/pkg/tool"
  mv -T "$CACHE/go-toolchain.new" "$CACHE/go-toolchain"
  PATH=$CACHE/go-toolchain/bin:$PATH
}

# go_build NAME MODULE PACKAGE LDFLAGS: puts the program's place into BUILT
go_build() {
  local name=$1 module=$LAB/$2 package=$3 flags="-s -w $4" work
  BUILT=$CACHE/bin/$name-$(digest_of "$module" <<<"$package $flags $COREDNS")
  [[ ! -x $BUILT ]] || return 0
  require_space
  go_path
  step "building $name"
  # a copy: a build must not write into the checkout
  work=$(mktemp -d "$CACHE/build.XXXXXX")
  cp -r "$module" "$work/$2"
  (
    cd "$work/$2"
    export CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOTOOLCHAIN=auto
    case $2 in
      cluster) patch_coredns "$work"; patch_policies "$work" ;;
      traefik) patch_lego "$work" ;;
    esac
    nice -n 5 go build -trimpath -ldflags "$flags" -o "$work/built" "$package"
  ) >"$STATE/log/build-$name" 2>&1 || fail "$name cannot be built: see $STATE/log/build-$name"
  mkdir -p "$CACHE/bin"
  mv "$work/built" "$BUILT"
  rm -r "$work"
  step "$name built"
}

# own_module MODULE VERSION FOLDER: has the build take a copy in FOLDER, which can be changed
own_module() {
  local source
  source=$(go mod download -json "$1@$2" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp -r "$source" "$3"
  chmod -R u+w "$3"
  go mod edit -replace "$1=$3"
}

# CoreDNS sets a field that the client of Kubernetes 1.33 dropped: builds it without that line
patch_coredns() {
  own_module github.com/coredns/coredns "$COREDNS" "$1/coredns"
  sed -i '/RetryOnError:/d' "$1/coredns/plugin/kubernetes/object/informer.go"
}

# Traefik can prove to name services whose a name is; without their two hundred clients it is built from a sixth of the modules
patch_lego() {
  own_module github.com/go-acme/lego/v4 "$LEGO" "$1/lego"
  rm -r "$1/lego/providers"
  mkdir -p "$1/lego/providers/dns"
  cp "$1"/traefik/dns/*.go "$1/lego/providers/dns/"
}

# place NAME: the program just built becomes STATE/bin/NAME; a running one keeps its old file
place() {
  cmp -s "$BUILT" "$STATE/bin/$1" && return
  cp "$BUILT" "$STATE/bin/$1.new"
  mv "$STATE/bin/$1.new" "$STATE/bin/$1"
}

# build_helm: the one that LAB_HELM names
build_helm() {
  local flags package
  case ${LAB_HELM:-3} in
    3)
      flags="-X helm.sh/helm/v3/internal/version.version=$HELM3 -X helm.sh/helm/v3/internal/version.metadata="
      for package in pkg/chartutil pkg/lint/rules; do
        flags+=" -X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=33"
      done
      go_build helm3 cluster helm.sh/helm/v3/cmd/helm "$flags"
      ;;
    4) go_build helm4 helm4 helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=$HELM4" ;;
    *) fail "LAB_HELM is 3 or 4, not $LAB_HELM" ;;
  esac
  place helm
}

build_programs() {
  local flags="" package name
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=33 -X $package.gitTreeState=clean"
    flags+=" -X $package.gitCommit=0000000000000000000000000000000000000000 -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  go_build cluster cluster . "${flags# }"
  place cluster
  for name in kubectl etcd coredns addons network-policies kubelet kube-proxy kube-apiserver kube-controller-manager kube-scheduler; do
    ln -sfn cluster "$STATE/bin/$name"
  done
  go_build pause cluster ./pause ""
  place pause
  build_helm
  go_build buildx buildx github.com/docker/buildx/cmd/buildx "-X github.com/docker/buildx/version.Version=$BUILDX"
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  place docker-buildx
  ln -sfn "$STATE/bin/docker-buildx" "$DOCKER_CONFIG/cli-plugins/docker-buildx"
  ln -sfn /usr/bin/docker "$STATE/bin/docker"
  step "programs: Kubernetes $KUBERNETES, Helm ${LAB_HELM:-3}, buildx $BUILDX"
}
