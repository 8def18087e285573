# shellcheck shell=bash
# NetworkPolicies: the kernel has the first packet of each connection from or to a pod wait in a queue, and drops it
# unless the agent accepts it. While no agent runs, nothing new reaches a pod.

POLICY_QUEUE=100

# after DNAT and before the source is masqueraded: the agent sees pods and hosts, and never the address of a Service
policy_rules() {
  echo "*mangle"
  echo ":ONELAB-POLICIES -"
  echo "-A ONELAB-POLICIES -s $PODS -m conntrack --ctstate NEW -j NFQUEUE --queue-num $POLICY_QUEUE"
  echo "-A ONELAB-POLICIES -d $PODS -m conntrack --ctstate NEW -j NFQUEUE --queue-num $POLICY_QUEUE"
  echo COMMIT
}

policies_up() {
  start network-policies network-policies -kubeconfig "$ADMIN_CONF" -queue "$POLICY_QUEUE"
  wait_for "NetworkPolicies to be enforced" 30 grep -q "^ *$POLICY_QUEUE " /proc/net/netfilter/nfnetlink_queue
}

# The agent would set its rules by nftables, whose queue not every kernel has: builds it without them
patch_policies() {
  own_module sigs.k8s.io/kube-network-policies "$1/policies" \
    && sed -i '/) syncNFTablesRules(.*{$/a return nil' "$1/policies/pkg/networkpolicy/controller.go" \
    && cp "$1/cluster/policies/nri.go" "$1/policies/pkg/networkpolicy/"
}
