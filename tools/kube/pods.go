package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Annotations by which a pod asks for another fate than to run.
const (
	// NotReady, Failed or ImagePullBackOff.
	fateAnnotation = "kubebox/fate"
	// How long the pod goes on after its deletion, as a duration such as 5s; it is over at once without it.
	endsAfterAnnotation = "kubebox/ends-after"
)

// podReport is what a kubelet would say of a pod's containers.
type podReport struct {
	phase core.PodPhase
	state core.ContainerState
	ready bool
}

// reportPod writes a pod's status where it differs from what its kubelet would report now.
func reportPod(ctx context.Context, client kubernetes.Interface, pod *core.Pod) error {
	if pod.Status.Phase == core.PodSucceeded || pod.Status.Phase == core.PodFailed {
		if pod.DeletionTimestamp != nil {
			return remove(ctx, client, pod)
		}
		return nil
	}
	if pod.DeletionTimestamp != nil && time.Now().After(endOf(pod)) {
		return remove(ctx, client, pod)
	}
	lacks := ""
	if pod.Status.Phase == core.PodPending {
		lacks = missing(ctx, client, pod)
	}
	next := reportOf(pod, lacks)
	if next.isIn(pod) {
		return nil
	}
	_, err := client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, next.written(pod), metav1.UpdateOptions{})
	return err
}

func remove(ctx context.Context, client kubernetes.Interface, pod *core.Pod) error {
	now := int64(0)
	return client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
}

// endOf returns when the containers of a deleted pod have ended: never later than its grace period allows.
func endOf(pod *core.Pod) time.Time {
	limit := pod.DeletionTimestamp.Time
	if pod.DeletionGracePeriodSeconds == nil {
		return limit
	}
	deleted := limit.Add(-time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second)
	takes, err := time.ParseDuration(pod.Annotations[endsAfterAnnotation])
	if err != nil {
		return deleted
	}
	if end := deleted.Add(takes); end.Before(limit) {
		return end
	}
	return limit
}

func reportOf(pod *core.Pod, lacks string) podReport {
	waiting := func(reason, message string) podReport {
		return podReport{core.PodPending, core.ContainerState{Waiting: &core.ContainerStateWaiting{Reason: reason, Message: message}}, false}
	}
	ended := func(phase core.PodPhase, code int32, reason string) podReport {
		return podReport{phase, core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: code, Reason: reason, FinishedAt: metav1.Now()}}, false}
	}
	running := podReport{core.PodRunning, core.ContainerState{Running: &core.ContainerStateRunning{StartedAt: metav1.Now()}}, pod.DeletionTimestamp == nil}
	switch fate := pod.Annotations[fateAnnotation]; {
	case lacks != "":
		return waiting("CreateContainerConfigError", lacks)
	case fate == "NotReady":
		running.ready = false
	case fate == "Failed":
		return ended(core.PodFailed, 1, "Error")
	case fate == "ImagePullBackOff":
		return waiting(fate, "Back-off pulling image")
	case pod.Spec.RestartPolicy != core.RestartPolicyAlways:
		return ended(core.PodSucceeded, 0, "Completed")
	}
	return running
}

// isIn tells whether the pod's status says the same already.
func (r podReport) isIn(pod *core.Pod) bool {
	statuses := pod.Status.ContainerStatuses
	isReady := slices.ContainsFunc(pod.Status.Conditions, func(c core.PodCondition) bool { return c.Type == core.PodReady && c.Status == core.ConditionTrue })
	if len(statuses) == 0 || pod.Status.Phase != r.phase || isReady != r.ready {
		return false
	}
	was, is := statuses[0].State.Waiting, r.state.Waiting
	return is == nil || was != nil && was.Message == is.Message
}

// written returns the pod with the report as its status.
func (r podReport) written(pod *core.Pod) *core.Pod {
	now := metav1.Now()
	condition := func(kind core.PodConditionType, on bool) core.PodCondition {
		c := core.PodCondition{Type: kind, Status: core.ConditionFalse, LastTransitionTime: now, ObservedGeneration: pod.Generation}
		if on {
			c.Status = core.ConditionTrue
		}
		return c
	}
	next := pod.DeepCopy()
	status := &next.Status
	status.Phase, status.ObservedGeneration = r.phase, pod.Generation
	if status.StartTime == nil {
		status.StartTime = &now
	}
	sum := fnv.New32()
	sum.Write([]byte(pod.UID))
	status.PodIP = fmt.Sprintf("10.244.%d.%d", sum.Sum32()>>8&255, sum.Sum32()&255)
	status.PodIPs = []core.PodIP{{IP: status.PodIP}}
	status.Conditions = []core.PodCondition{condition(core.PodScheduled, true), condition(core.PodInitialized, true), condition(core.ContainersReady, r.ready), condition(core.PodReady, r.ready)}
	status.ContainerStatuses = nil
	for _, c := range pod.Spec.Containers {
		status.ContainerStatuses = append(status.ContainerStatuses, core.ContainerStatus{Name: c.Name, Image: c.Image, Ready: r.ready, Started: &r.ready, State: r.state})
	}
	return next
}
