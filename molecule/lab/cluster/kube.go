package main

import (
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

func init() {
	serve := func(name string, command func() *cobra.Command) {
		tools[name] = func() int { return cli.Run(command()) }
	}
	serve("kube-apiserver", apiserver.NewAPIServerCommand)
	serve("kube-controller-manager", controllers.NewControllerManagerCommand)
	serve("kube-scheduler", func() *cobra.Command { return scheduler.NewSchedulerCommand() })
	serve("kube-proxy", proxy.NewProxyCommand)
	serve("kubelet", kubelet.NewKubeletCommand)
	tools["kubectl"] = func() int {
		kubectlutil.CheckErr(cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()))
		return 0
	}
	tools["etcd"] = func() int {
		etcdmain.Main(os.Args)
		return 0
	}
}
