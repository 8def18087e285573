# shellcheck shell=bash
# Certificates and kubeconfigs of the cluster, and the ssh key for the hypervisors. Written once.

authority() { # NAME SUBJECT
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$2" -keyout "$1.key" -out "$1.crt" \
    -addext basicConstraints=critical,CA:true -addext keyUsage=critical,digitalSignature,keyCertSign,cRLSign
}

certificate() { # NAME AUTHORITY SUBJECT USAGE [ALTERNATIVE-NAMES]
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$3" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 3650 -out "$1.crt" -extfile <(
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=$4"
    echo "authorityKeyIdentifier=keyid" # without it newer Pythons take no certificate
    [[ -z ${5:-} ]] || echo "subjectAltName=$5"
  )
  rm "$1.csr"
}

kubeconfig() { # NAME SUBJECT
  certificate "$1" ca "$2" clientAuth
  cat >"$1.conf" <<EOF
apiVersion: v1
kind: Config
current-context: $1@lab
clusters: [{name: lab, cluster: {server: "https://$NODE_IP:6443", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: $1@lab, context: {cluster: lab, user: $1}}]
EOF
}

write_pki() (
  set -e
  umask 077
  mkdir -p "$PKI"
  cd "$PKI"
  authority ca kubernetes
  authority front-ca front-proxy
  authority etcd-ca etcd
  certificate etcd etcd-ca /CN=etcd serverAuth,clientAuth IP:127.0.0.1,DNS:localhost
  certificate etcd-client etcd-ca /CN=kube-apiserver clientAuth
  certificate apiserver ca /CN=kube-apiserver serverAuth \
    "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:$NODE,IP:$NODE_IP,IP:$API_SERVICE"
  certificate apiserver-kubelet ca /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth
  certificate kubelet-server ca "/CN=$NODE" serverAuth "DNS:$NODE,IP:$NODE_IP"
  certificate front-client front-ca /CN=front-proxy-client clientAuth
  openssl ecparam -name prime256v1 -genkey -noout -out sa.key
  openssl ec -in sa.key -pubout -out sa.pub
  kubeconfig controller-manager /CN=system:kube-controller-manager
  kubeconfig scheduler /CN=system:kube-scheduler
  kubeconfig proxy /CN=system:kube-proxy
  kubeconfig kubelet "/O=system:nodes/CN=system:node:$NODE"
  kubeconfig admin /O=system:masters/CN=kubernetes-admin
  mv admin.conf "$ADMIN_CONF"
)

make_pki() {
  if [[ ! -s $ADMIN_CONF ]]; then
    write_pki &>"$STATE/log/pki" || fail "no certificates: see $STATE/log/pki"
  fi
  if [[ ! -s $STATE/ssh/id_ed25519 ]]; then
    install -d -m 0700 "$STATE/ssh"
    ssh-keygen -q -t ed25519 -N "" -C kubenebula-lab -f "$STATE/ssh/id_ed25519"
  fi
}
