package main

import (
	"context"
	"fmt"
	"maps"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	coordination "k8s.io/client-go/applyconfigurations/coordination/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// runNodes registers the nodes, renews their leases and reports on their pods, as the nodes' kubelets would.
func runNodes(ctx context.Context, client kubernetes.Interface) error {
	names := map[string]bool{}
	for i := range *nodes {
		name := fmt.Sprintf("node-%d", i)
		names[name] = true
		if err := registerNode(ctx, client, name, i); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	watch := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "pods", "", fields.OneTermNotEqualSelector("spec.nodeName", ""))
	pods, informer := cache.NewInformerWithOptions(cache.InformerOptions{ListerWatcher: watch, ObjectType: &core.Pod{}, Handler: cache.ResourceEventHandlerFuncs{}})
	go informer.RunWithContext(ctx)
	report, beat := time.NewTicker(200*time.Millisecond), time.NewTicker(10*time.Second)
	defer report.Stop()
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			for name := range names {
				if err := renewLease(ctx, client, name); err != nil {
					klog.ErrorS(err, "lease", "node", name)
				}
			}
		case <-report.C:
			for _, object := range pods.List() {
				pod := object.(*core.Pod)
				if !names[pod.Spec.NodeName] {
					continue
				}
				if err := reportPod(ctx, client, pod); err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
					klog.ErrorS(err, "pod", "pod", klog.KObj(pod))
				}
			}
		}
	}
}

// registerNode makes the node, or takes the one of kept state, and reports it ready. Nodes lie in three zones in turn.
func registerNode(ctx context.Context, client kubernetes.Interface, name string, i int) error {
	labels := map[string]string{core.LabelHostname: name, core.LabelOSStable: "linux", core.LabelArchStable: "amd64", core.LabelTopologyZone: fmt.Sprintf("zone-%d", i%3)}
	maps.Copy(labels, *nodeLabels)
	node, err := client.CoreV1().Nodes().Create(ctx, &core.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		node, err = client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	}
	if err != nil {
		return err
	}
	capacity := core.ResourceList{}
	for name, quantity := range *nodeCapacity {
		if capacity[core.ResourceName(name)], err = resource.ParseQuantity(quantity); err != nil {
			return fmt.Errorf("%s=%s: %w", name, quantity, err)
		}
	}
	now := metav1.Now()
	node.Status = core.NodeStatus{
		Capacity: capacity, Allocatable: capacity,
		Addresses:  []core.NodeAddress{{Type: core.NodeInternalIP, Address: fmt.Sprintf("10.0.0.%d", i+1)}, {Type: core.NodeHostName, Address: name}},
		Conditions: []core.NodeCondition{{Type: core.NodeReady, Status: core.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: now, LastTransitionTime: now}},
		NodeInfo:   core.NodeSystemInfo{KubeletVersion: "v0.0.0-kubebox", OperatingSystem: "linux", Architecture: "amd64"},
	}
	if _, err := client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return renewLease(ctx, client, name)
}

func renewLease(ctx context.Context, client kubernetes.Interface, name string) error {
	lease := coordination.Lease(name, core.NamespaceNodeLease).WithSpec(coordination.LeaseSpec().
		WithHolderIdentity(name).WithLeaseDurationSeconds(40).WithRenewTime(metav1.NowMicro()))
	_, err := client.CoordinationV1().Leases(core.NamespaceNodeLease).Apply(ctx, lease, metav1.ApplyOptions{FieldManager: "kubebox", Force: true})
	return err
}
