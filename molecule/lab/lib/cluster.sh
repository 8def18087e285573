# shellcheck shell=bash
# The Kubernetes node: control plane, enforcement of NetworkPolicies, kubelet, kube-proxy, add-ons.

NODE_PARTS=(etcd kube-apiserver kube-controller-manager kube-scheduler network-policies kubelet kube-proxy addons)

cluster_up() {
  control_plane_up
  policies_up
  mkdir -p "$STATE/volumes"
  [[ -e $STATE/resolv.conf ]] || touch "$STATE/resolv.conf" # pods resolve what the cluster knows, and nothing else
  kubelet_config | put "$STATE/kubelet.yaml"
  proxy_config | put "$STATE/kube-proxy.yaml"
  start kubelet kubelet --config="$STATE/kubelet.yaml" --kubeconfig="$PKI/kubelet.conf" --root-dir="$STATE/kubelet" \
    --hostname-override="$NODE" --node-ip="$NODE_IP"
  start kube-proxy kube-proxy --config="$STATE/kube-proxy.yaml"
  sed "s|@BIN@|$STATE/bin|" "$LAB/manifests/base.yaml" | kubectl apply -f - >"$STATE/log/manifests"
  start addons addons -kubeconfig "$ADMIN_CONF" -volumes "$STATE/volumes" -address "$NODE_IP"
  wait_for "the node to register" 60 kubectl get node "$NODE"
  wait_for "the node to be ready" 60 node_ready
  wait_for "CoreDNS to be rolled out" 120 kubectl -n kube-system rollout status deployment/coredns --timeout=1s
  wait_for "CoreDNS" 60 timeout 1 bash -c "</dev/tcp/$DNS_SERVICE/53" # the word above may be from before a power cut
  step "Kubernetes node $NODE ready"
}

# Ready by the word of the kubelet that runs now: the word from before a power cut stands until it is heard
node_ready() {
  local ready heard
  read -r ready heard < <(kubectl get node "$NODE" \
    -o 'jsonpath={range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{end}')
  [[ $ready == True ]] && (($(date -d "$heard" +%s) >= $(stat -c %Y "$STATE/pid/kubelet")))
}

cluster_down() {
  stop 10 addons kube-proxy kubelet network-policies kube-scheduler kube-controller-manager
  stop 1 kube-apiserver # it would wait a minute for watches to end
  stop 10 etcd
  kill_containers "$POD_CGROUP"
}

# A power cut: no process is asked, no pod says goodbye.
cluster_cut() {
  signal KILL "${NODE_PARTS[@]}"
  kill_containers "$POD_CGROUP"
  forget_rules 'KUBE-|CNI-'
}

control_plane_up() {
  install -d -m 0700 "$STATE/etcd"
  start etcd etcd --name lab --data-dir "$STATE/etcd" \
    --listen-client-urls https://127.0.0.1:2379 --advertise-client-urls https://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
    --cert-file "$PKI/etcd.crt" --key-file "$PKI/etcd.key" --client-cert-auth --trusted-ca-file "$PKI/etcd-ca.crt" \
    --unsafe-no-fsync --log-level warn
  start kube-apiserver kube-apiserver --advertise-address="$NODE_IP" --bind-address="$NODE_IP" --secure-port=6443 --allow-privileged=true \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --client-ca-file="$PKI/ca.crt" \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
    --etcd-servers=https://127.0.0.1:2379 --etcd-cafile="$PKI/etcd-ca.crt" --etcd-certfile="$PKI/etcd-client.crt" --etcd-keyfile="$PKI/etcd-client.key" \
    --kubelet-client-certificate="$PKI/apiserver-kubelet.crt" --kubelet-client-key="$PKI/apiserver-kubelet.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local --service-account-key-file="$PKI/sa.pub" \
    --service-account-signing-key-file="$PKI/sa.key" --service-cluster-ip-range="$SERVICES" \
    --requestheader-client-ca-file="$PKI/front-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --proxy-client-cert-file="$PKI/front-client.crt" \
    --proxy-client-key-file="$PKI/front-client.key" --enable-aggregator-routing=true
  # before their roles exist the others would end at once
  wait_for "the API server" 60 kubectl get --raw /readyz
  start kube-controller-manager kube-controller-manager --kubeconfig="$PKI/controller-manager.conf" \
    --authentication-kubeconfig="$PKI/controller-manager.conf" --authorization-kubeconfig="$PKI/controller-manager.conf" \
    --bind-address=127.0.0.1 --allocate-node-cidrs=true --cluster-cidr="$PODS" --service-cluster-ip-range="$SERVICES" \
    --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" --use-service-account-credentials=true \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" --leader-elect=false --node-monitor-period=2s
  start kube-scheduler kube-scheduler --kubeconfig="$PKI/scheduler.conf" --authentication-kubeconfig="$PKI/scheduler.conf" \
    --authorization-kubeconfig="$PKI/scheduler.conf" --bind-address=127.0.0.1 --leader-elect=false
}

kubelet_config() {
  cat <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
containerRuntimeEndpoint: unix://$RUN/containerd.sock
cgroupDriver: cgroupfs
failSwapOn: false
failCgroupV1: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/kubelet-server.crt
tlsPrivateKeyFile: $PKI/kubelet-server.key
clusterDNS: [$DNS_SERVICE]
clusterDomain: cluster.local
resolvConf: $STATE/resolv.conf
podLogsDir: $STATE/podlogs
volumePluginDir: $STATE/volumeplugins
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 1Gi, imagefs.available: 1Gi}
serializeImagePulls: false
nodeStatusUpdateFrequency: 5s
shutdownGracePeriod: 0s
EOF
}

proxy_config() {
  cat <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: $NODE
clientConnection: {kubeconfig: $PKI/proxy.conf}
clusterCIDR: $PODS
conntrack: {maxPerCore: 0}
nodePortAddresses: [$LAN]
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
EOF
}
