# shellcheck shell=bash
# Programs built from Go modules, kept in the cache under the digest of what they are made of. Versions stand in the go.mod files.

TOOLCHAIN=go1.26.8

# version_of MODULE FOLDER: as FOLDER/go.mod requires it
version_of() {
  sed -nE "s,^(require)?[[:space:]]*$1 (v[^ ]+).*,\2,p" "$LAB/$2/go.mod"
}

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

# go_program NAME FOLDER PACKAGE LDFLAGS [PLACE]: STATE/bin/PLACE, or NAME, is PACKAGE as the module in FOLDER and patch_FOLDER have it
go_program() {
  local name=$1 folder=$2 package=$3 flags="-s -w $4" log=$STATE/log/build-$1 patch built work
  patch=$(declare -f "patch_$folder") || patch=
  built=$CACHE/bin/$name-$(digest_of "$LAB/$folder" <<<"$package $flags $patch")
  if [[ ! -x $built ]]; then
    require_space
    go_path
    # a copy: a build must not write into the checkout
    work=$(mktemp -d "$CACHE/build.XXXXXX")
    at_exit rm -rf "$work"
    cp -r "$LAB/$folder" "$work/$folder"
    long "building $name" "$log" packages_built compile "$work" "$folder" "$package" "$flags" \
      || fail "$name cannot be built: see $log"
    mkdir -p "$CACHE/bin"
    mv "$work/built" "$built"
    rm -rf "$work"
    step "$name built"
  fi
  place "$built" "${5:-$name}"
}

# compile WORK FOLDER PACKAGE LDFLAGS
compile() (
  cd "$1/$2" || exit
  export CGO_ENABLED=0 GOTOOLCHAIN=auto GOTMPDIR=$1
  # no notes for debuggers, which -w would have the linker drop again
  export GOFLAGS="-buildvcs=false -trimpath -gcflags=all=-dwarf=false"
  # each package has a compiler of its own, that ends before it would gain from collecting garbage
  export GOGC=off GOMEMLIMIT=1GiB
  if declare -F "patch_$2" >/dev/null; then "patch_$2" "$1" || exit; fi
  echo "$(go list -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' "$3" | wc -l) packages to build"
  nice -n 10 go build -v -ldflags "$4" -o "$1/built" "$3"
)

# packages_built LOG: how far it is; go names each package it builds on a line of its own
packages_built() {
  awk '/ packages to build$/ { all = $1 } /^go: downloading / { modules++ } !/ / { built++ }
    END { if (all) print built + 0, "of", all, "packages"; else print modules + 0, "modules fetched" }' "$1"
}

# own_module MODULE FOLDER: has the build take a copy in FOLDER, which can be changed
own_module() {
  local source
  source=$(go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  cp -r "$source" "$2" && chmod -R u+w "$2" && go mod edit -replace "$1=$2"
}

patch_cluster() {
  # CoreDNS sets a field that newer clients of Kubernetes do not have
  own_module github.com/coredns/coredns "$1/coredns" \
    && sed -i '/RetryOnError:/d' "$1/coredns/plugin/kubernetes/object/informer.go" \
    && own_module k8s.io/apiserver "$1/apiserver" \
    && own_module k8s.io/kubernetes "$1/kubernetes" \
    && patch_policies "$1" \
    || return
  # Helpers of tests, compiled into the servers: they alone bring in a whole fake client.
  rm "$1/apiserver/pkg/admission/plugin/policy/generic/policy_test_context.go" \
    "$1/kubernetes/pkg/scheduler/backend/queue/testing.go" "$1/kubernetes/pkg/kubelet/stats/host_stats_provider_fake.go"
}

# Traefik can prove to name services whose a name is; without their two hundred clients it is built from a sixth of the modules
patch_traefik() {
  own_module github.com/go-acme/lego/v4 "$1/lego" || return
  rm -r "$1/lego/providers" && mkdir -p "$1/lego/providers/dns" && cp "$1"/traefik/dns/*.go "$1/lego/providers/dns/"
}

# place PROGRAM NAME: it becomes STATE/bin/NAME; a running one keeps its old file
place() {
  cmp -s "$1" "$STATE/bin/$2" && return
  cp "$1" "$STATE/bin/$2.new"
  mv "$STATE/bin/$2.new" "$STATE/bin/$2"
}

# what nothing of the cluster starts without
build_cluster() {
  local version minor flags="" package name
  version=$(version_of k8s.io/kubernetes cluster)
  minor=$(minor_of "$version")
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor -X $package.gitTreeState=clean"
    flags+=" -X $package.gitCommit=0000000000000000000000000000000000000000 -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  go_program kubernetes cluster . "${flags# }"
  for name in kubectl etcd coredns addons network-policies kubelet kube-proxy kube-apiserver kube-controller-manager kube-scheduler; do
    ln -sfn kubernetes "$STATE/bin/$name"
  done
  step "Kubernetes $version"
}

# minor_of VERSION
minor_of() {
  cut -d. -f2 <<<"$1"
}

build_pause() {
  go_program pause pause . ""
}

# build_helm: the one that LAB_HELM names
build_helm() {
  local version flags package minor
  case ${LAB_HELM:-3} in
    3)
      version=$(version_of helm.sh/helm/v3 cluster)
      minor=$(minor_of "$(version_of k8s.io/kubernetes cluster)")
      flags="-X helm.sh/helm/v3/internal/version.version=$version -X helm.sh/helm/v3/internal/version.metadata="
      for package in pkg/chartutil pkg/lint/rules; do
        flags+=" -X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=$minor"
      done
      go_program helm3 cluster helm.sh/helm/v3/cmd/helm "$flags" helm
      ;;
    4)
      version=$(version_of helm.sh/helm/v4 helm4)
      go_program helm4 helm4 helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=$version" helm
      ;;
    *) fail "LAB_HELM is 3 or 4, not $LAB_HELM" ;;
  esac
  step "Helm $version"
}
