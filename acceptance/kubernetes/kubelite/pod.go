package main

// One pod, from its volumes to its last breath.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
)

// tick is how often a container is started again and probed; what a pod asks
// for is meant for containers that take longer.
const tick = 50 * time.Millisecond

// A podRun is a pod on this node.
type podRun struct {
	k         *kubelet
	pod       *corev1.Pod
	ip        string
	start     metav1.Time
	container container
	said      []byte // the status last reported
}

func (k *kubelet) run(ctx context.Context, pod *corev1.Pod) {
	defer k.forget(pod.UID)
	r := &podRun{k: k, pod: pod, ip: k.network.address(), start: metav1.Now()}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		r.step(ctx)
		select {
		case <-ctx.Done():
			r.finish()
			return
		case <-ticker.C:
		}
	}
}

// step starts the container, or asks it how it is, and reports.
func (r *podRun) step(ctx context.Context) {
	if r.container == nil {
		files, err := r.files(ctx)
		if err == nil {
			r.container, err = r.k.engine.start(ctx, r.pod, files)
		}
		var w *waiting
		if errors.As(err, &w) {
			r.report(ctx, w, false)
			return
		}
		if err != nil { // the API server is going; there is another step
			return
		}
		for _, p := range r.pod.Spec.Containers[0].Ports {
			r.k.network.connect(r.at(p), r.container.addr())
		}
	}
	r.report(ctx, nil, r.probe(ctx))
}

func (r *podRun) at(p corev1.ContainerPort) string {
	return r.ip + ":" + strconv.Itoa(int(p.ContainerPort))
}

// probe makes the readiness probe; there is HTTP or none.
func (r *podRun) probe(ctx context.Context) bool {
	p := r.pod.Spec.Containers[0].ReadinessProbe
	if p == nil || p.HTTPGet == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(p.TimeoutSeconds)*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.container.addr()+p.HTTPGet.Path, nil)
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode >= 200 && response.StatusCode < 400
}

// files are the contents of the container's mounts, by absolute path.
func (r *podRun) files(ctx context.Context) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, m := range r.pod.Spec.Containers[0].VolumeMounts {
		for _, v := range r.pod.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			content, err := r.volume(ctx, v)
			if err != nil {
				return nil, err
			}
			for name, data := range content {
				files[path.Join(m.MountPath, name)] = data
			}
		}
	}
	return files, nil
}

func (r *podRun) volume(ctx context.Context, v corev1.Volume) (map[string][]byte, error) {
	core := r.k.client.CoreV1()
	var err error
	switch {
	case v.Secret != nil:
		var s *corev1.Secret
		if s, err = core.Secrets(r.pod.Namespace).Get(ctx, v.Secret.SecretName, metav1.GetOptions{}); err == nil {
			return s.Data, nil
		}
	case v.ConfigMap != nil:
		var c *corev1.ConfigMap
		if c, err = core.ConfigMaps(r.pod.Namespace).Get(ctx, v.ConfigMap.Name, metav1.GetOptions{}); err == nil {
			data := map[string][]byte{}
			for name, text := range c.Data {
				data[name] = []byte(text)
			}
			return data, nil
		}
	case v.EmptyDir != nil:
		return nil, nil
	default:
		err = fmt.Errorf("volume %s is of a kind that kubelite does not mount", v.Name)
	}
	if apierrors.IsNotFound(err) || v.Secret == nil && v.ConfigMap == nil {
		return nil, &waiting{"ContainerCreating", "MountVolume.SetUp failed: " + err.Error()}
	}
	return nil, err
}

// report patches the pod's status, when there is anything new.
func (r *podRun) report(ctx context.Context, w *waiting, ready bool) {
	said, err := json.Marshal(r.status(w, ready, metav1.Time{}))
	if err != nil || bytes.Equal(said, r.said) {
		return
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": r.pod.UID}, "status": r.status(w, ready, metav1.Now())})
	if err != nil {
		return
	}
	_, err = r.k.client.CoreV1().Pods(r.pod.Namespace).Patch(ctx, r.pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil {
		if ctx.Err() == nil && !apierrors.IsNotFound(err) {
			klog.ErrorS(err, "A pod's status is not reported", "pod", klog.KObj(r.pod))
		}
		return
	}
	r.said = said
}

func (r *podRun) status(w *waiting, ready bool, now metav1.Time) map[string]any {
	c := r.pod.Spec.Containers[0]
	running := w == nil
	container := corev1.ContainerStatus{Name: c.Name, Image: c.Image, ImageID: "kubelite://" + c.Image, Ready: ready, Started: &running}
	phase, is := corev1.PodRunning, corev1.ConditionFalse
	if running {
		container.ContainerID = "kubelite://" + string(r.pod.UID)
		container.State.Running = &corev1.ContainerStateRunning{StartedAt: r.start}
	} else {
		phase = corev1.PodPending
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: w.reason, Message: w.message}
	}
	if ready {
		is = corev1.ConditionTrue
	}
	conditions := []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue, LastTransitionTime: now},
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue, LastTransitionTime: now},
		{Type: corev1.ContainersReady, Status: is, LastTransitionTime: now},
		{Type: corev1.PodReady, Status: is, LastTransitionTime: now},
	}
	return map[string]any{
		"phase": phase, "conditions": conditions, "containerStatuses": []any{container},
		"hostIP": "127.0.0.1", "podIP": r.ip, "podIPs": []any{map[string]any{"ip": r.ip}}, "startTime": r.start,
	}
}

// finish ends the container and lets the pod go, if it is to go.
func (r *podRun) finish() {
	if r.container != nil {
		for _, p := range r.pod.Spec.Containers[0].Ports {
			r.k.network.connect(r.at(p), "")
		}
		r.container.stop()
	}
	r.k.mu.Lock()
	stopped := r.k.stopped
	r.k.mu.Unlock()
	if !stopped {
		r.k.letGo(r.pod)
	}
}

// letGo takes a pod without containers out of the store.
func (k *kubelet) letGo(pod *corev1.Pod) {
	now := int64(0)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := k.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name,
		metav1.DeleteOptions{GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &pod.UID}})
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		klog.ErrorS(err, "A pod is not let go", "pod", klog.KObj(pod))
	}
}
