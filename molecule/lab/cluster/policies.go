package main

// Enforces NetworkPolicies. The kernel has the first packet of each connection of a pod wait in a queue, and
// drops it unless this accepts it.

import (
	"context"
	"flag"
	"fmt"
	"os"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
)

func init() {
	tools["network-policies"] = func() int {
		kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the user that reads the policies")
		queue := flag.Int("queue", 0, "number of the queue")
		flag.Parse()
		config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		client, ctx := kubernetes.NewForConfigOrDie(config), context.Background()
		watched := informers.NewSharedInformerFactory(client, 0)
		controller, err := networkpolicy.NewController(client, watched.Networking().V1().NetworkPolicies(),
			watched.Core().V1().Namespaces(), watched.Core().V1().Pods(), nil, nil, nil, nil,
			networkpolicy.Config{QueueID: *queue, NRIdisabled: true})
		if err == nil {
			watched.Start(ctx.Done())
			err = controller.Run(ctx)
		}
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
}
