package main

// What the API server is told about a pod.

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// condition is one of a pod, and since when.
type condition struct {
	is    corev1.ConditionStatus
	since metav1.Time
}

// report patches the pod's status when there is anything new. What it returns
// is nil, or tells when to try again.
func (r *podRun) report(ctx context.Context) <-chan time.Time {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": r.pod.UID}, "status": r.status()})
	if err != nil || bytes.Equal(patch, r.said) {
		return nil
	}
	_, err = r.k.client.CoreV1().Pods(r.pod.Namespace).Patch(ctx, r.pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	switch {
	case err == nil:
		r.said = patch
		return nil
	case ctx.Err() != nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err): // the pod has gone
		return nil
	}
	klog.ErrorS(err, "A pod's status is not reported", "pod", klog.KObj(r.pod))
	return time.After(time.Second)
}

func (r *podRun) status() map[string]any {
	s := r.state
	c := r.pod.Spec.Containers[0]
	container := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: "kubelite://" + c.Image,
		Ready: s.ready, Started: &s.started, RestartCount: s.restarts}
	phase := corev1.PodRunning
	switch {
	case s.container != nil:
		container.ContainerID = "kubelite://" + s.container.id()
		container.State.Running = &corev1.ContainerStateRunning{StartedAt: s.running}
	case s.waiting != nil:
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: s.waiting.reason, Message: s.waiting.message}
	default:
		container.State.Terminated = s.finished
	}
	if s.finished != nil && !s.over {
		container.LastTerminationState.Terminated = s.finished
	}
	switch {
	case s.over && s.finished.ExitCode == 0:
		phase = corev1.PodSucceeded
	case s.over:
		phase = corev1.PodFailed
	case s.container == nil && s.finished == nil:
		phase = corev1.PodPending
	}
	ip := r.pod.Status.PodIP
	return map[string]any{
		"phase": phase, "containerStatuses": []any{container},
		"conditions": []corev1.PodCondition{
			r.condition(corev1.PodScheduled, true), r.condition(corev1.PodInitialized, true),
			r.condition(corev1.ContainersReady, s.ready), r.condition(corev1.PodReady, s.ready),
		},
		"hostIP": nodeAddress, "podIP": ip, "podIPs": []any{map[string]any{"ip": ip}}, "startTime": r.start,
	}
}

// condition keeps the time of its last change.
func (r *podRun) condition(kind corev1.PodConditionType, holds bool) corev1.PodCondition {
	is := corev1.ConditionFalse
	if holds {
		is = corev1.ConditionTrue
	}
	if r.since[kind].is != is {
		r.since[kind] = condition{is, metav1.Now()}
	}
	return corev1.PodCondition{Type: kind, Status: is, LastTransitionTime: r.since[kind].since}
}
