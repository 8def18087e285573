package main

// What a cloud adds to a bare cluster: volumes for the StorageClass (a folder of the node each) and
// an address for Services of type LoadBalancer (the node's own).

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	provisioner   = "kubenebula.lab/local-path"
	provisionedBy = "pv.kubernetes.io/provisioned-by"
	selectedNode  = "volume.kubernetes.io/selected-node"
)

type addons struct {
	*kubernetes.Clientset
	volumes, address string
}

func init() {
	tools["addons"] = func() int {
		a := addons{}
		kubeconfig := flag.String("kubeconfig", "", "kubeconfig of the user the add-ons act as")
		flag.StringVar(&a.volumes, "volumes", "", "folder that holds the volumes")
		flag.StringVar(&a.address, "address", "", "address given to LoadBalancer Services")
		flag.Parse()
		config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		a.Clientset = kubernetes.NewForConfigOrDie(config)
		for ctx := context.Background(); ; time.Sleep(time.Second) {
			if err := errors.Join(a.provision(ctx), a.reclaim(ctx), a.balance(ctx)); err != nil {
				fmt.Fprintln(os.Stderr, time.Now().Format(time.RFC3339), err)
			}
		}
	}
}

// cached lists from the API server's memory: cheap enough to be done every second.
var cached = meta.ListOptions{ResourceVersion: "0"}

// provision makes a volume for each claim of our classes that waits for one.
func (a addons) provision(ctx context.Context) error {
	classes, err := a.StorageV1().StorageClasses().List(ctx, cached)
	if err != nil {
		return err
	}
	ours := map[string]storage.StorageClass{}
	for _, class := range classes.Items {
		if class.Provisioner == provisioner {
			ours[class.Name] = class
		}
	}
	claims, err := a.CoreV1().PersistentVolumeClaims("").List(ctx, cached)
	if err != nil {
		return err
	}
	for _, claim := range claims.Items {
		if claim.Spec.StorageClassName == nil || claim.Spec.VolumeName != "" || claim.DeletionTimestamp != nil {
			continue
		}
		class, ok := ours[*claim.Spec.StorageClassName]
		// Every class of the lab waits for its first consumer: no node chosen, no pod yet.
		node := claim.Annotations[selectedNode]
		if !ok || node == "" {
			continue
		}
		name := "pvc-" + string(claim.UID)
		path := filepath.Join(a.volumes, name)
		if err := os.MkdirAll(path, 0o777); err != nil {
			return err
		}
		// hostPath knows no fsGroup, and the umask took bits from MkdirAll.
		if err := os.Chmod(path, 0o777); err != nil {
			return err
		}
		volume := &core.PersistentVolume{
			ObjectMeta: meta.ObjectMeta{Name: name, Annotations: map[string]string{provisionedBy: provisioner}},
			Spec: core.PersistentVolumeSpec{
				Capacity:                      core.ResourceList{core.ResourceStorage: claim.Spec.Resources.Requests[core.ResourceStorage]},
				AccessModes:                   claim.Spec.AccessModes,
				PersistentVolumeReclaimPolicy: *class.ReclaimPolicy,
				StorageClassName:              class.Name,
				VolumeMode:                    claim.Spec.VolumeMode,
				ClaimRef: &core.ObjectReference{
					APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
				},
				PersistentVolumeSource: core.PersistentVolumeSource{HostPath: &core.HostPathVolumeSource{Path: path}},
				NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{
					NodeSelectorTerms: []core.NodeSelectorTerm{{MatchExpressions: []core.NodeSelectorRequirement{
						{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node}},
					}}},
				}},
			},
		}
		_, err := a.CoreV1().PersistentVolumes().Create(ctx, volume, meta.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

// reclaim removes the volumes whose claim is gone, where the class says so.
func (a addons) reclaim(ctx context.Context) error {
	volumes, err := a.CoreV1().PersistentVolumes().List(ctx, cached)
	if err != nil {
		return err
	}
	for _, volume := range volumes.Items {
		if volume.Annotations[provisionedBy] != provisioner || volume.Status.Phase != core.VolumeReleased ||
			volume.Spec.PersistentVolumeReclaimPolicy != core.PersistentVolumeReclaimDelete || volume.DeletionTimestamp != nil {
			continue
		}
		if err := os.RemoveAll(filepath.Join(a.volumes, volume.Name)); err != nil {
			return err
		}
		err := a.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, meta.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// balance gives each LoadBalancer Service the node's address.
func (a addons) balance(ctx context.Context) error {
	services, err := a.CoreV1().Services("").List(ctx, cached)
	if err != nil {
		return err
	}
	for _, service := range services.Items {
		if service.Spec.Type != core.ServiceTypeLoadBalancer || len(service.Status.LoadBalancer.Ingress) > 0 {
			continue
		}
		service.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: a.address}}
		if _, err := a.CoreV1().Services(service.Namespace).UpdateStatus(ctx, &service, meta.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}
