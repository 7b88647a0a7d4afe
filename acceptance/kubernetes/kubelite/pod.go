package main

// One pod, from its volumes to its last breath.

import (
	"context"
	"errors"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"
)

const (
	// tick is how often pretended containers are probed, and how soon an unanswered
	// question is asked again.
	tick = 50 * time.Millisecond
	// retry is how often a container is tried to be started that has to wait for something.
	retry = 500 * time.Millisecond
	// A container that ends is started again: at once, then after firstBackOff,
	// doubled each time up to lastBackOff, and from the beginning once it has run
	// for calm. These are the kubelet's own times.
	firstBackOff, lastBackOff, calm = 10 * time.Second, 5 * time.Minute, 10 * time.Minute
)

// A podRun is a pod on this node.
type podRun struct {
	k     *kubelet
	pod   *corev1.Pod
	start metav1.Time
	state state
	said  []byte // the status last reported
	since map[corev1.PodConditionType]condition
}

// state is that of the container.
type state struct {
	container      container
	waiting        *waiting
	running        metav1.Time
	started, ready bool
	finished       *corev1.ContainerStateTerminated // the last time
	restarts       int32
	over           bool // and will not be started again
}

func (k *kubelet) run(ctx context.Context, pod *corev1.Pod) {
	defer k.forget(pod.UID)
	pod.Status.PodIP = k.network.address()
	r := &podRun{k: k, pod: pod, start: metav1.Now(), since: map[corev1.PodConditionType]condition{}}
	backOff := time.Duration(0)
	for ctx.Err() == nil {
		err := r.launch(ctx)
		var w *waiting
		switch {
		case errors.As(err, &w):
			r.state.waiting = w
			r.idle(ctx, retry)
			continue
		case err != nil: // the API server is going; there is another step
			pause(ctx, tick)
			continue
		}
		r.attend(ctx)
		if ctx.Err() != nil {
			break
		}
		ran := time.Since(r.state.running.Time)
		r.lose()
		if r.state.over {
			r.idle(ctx, 0)
			break
		}
		if ran > calm {
			backOff = 0
		}
		if backOff > 0 {
			r.state.waiting = &waiting{"CrashLoopBackOff", "back-off " + backOff.String() + " restarting failed container"}
			r.idle(ctx, backOff)
		}
		backOff = min(max(2*backOff, firstBackOff), lastBackOff)
	}
	r.finish()
}

// launch starts the container with what the pod's objects hold now.
func (r *podRun) launch(ctx context.Context) error {
	volumes, err := r.k.volumes(ctx, r.pod)
	if err != nil {
		return err
	}
	env, err := r.k.environment(ctx, r.pod)
	if err != nil {
		return err
	}
	c, err := r.k.engine.start(ctx, launch{pod: r.pod, ip: r.pod.Status.PodIP, env: env, volumes: volumes})
	if err != nil {
		return err
	}
	r.state.container, r.state.waiting, r.state.running = c, nil, metav1.Now()
	if r.state.finished != nil {
		r.state.restarts++
	}
	for _, p := range r.pod.Spec.Containers[0].Ports {
		r.k.network.connect(r.at(p), c.address(int(p.ContainerPort)))
	}
	return nil
}

func (r *podRun) at(p corev1.ContainerPort) string {
	return r.pod.Status.PodIP + ":" + strconv.Itoa(int(p.ContainerPort))
}

// verdict is what a probe has found out.
type verdict struct {
	probe *probe
	ok    bool
}

// attend probes the container until it ends or the pod does.
func (r *podRun) attend(ctx context.Context) {
	watching, end := context.WithCancel(ctx)
	defer end()
	of, c := &r.pod.Spec.Containers[0], r.state.container
	asked := r.k.engine.probes(of)
	verdicts := make(chan verdict)
	watch := func(p *probe) {
		if p != nil {
			r.k.running.Go(func() {
				p.watch(watching, of, c, func(ok bool) {
					select {
					case verdicts <- verdict{p, ok}:
					case <-watching.Done():
					}
				})
			})
		}
	}
	up := func() {
		r.state.started, r.state.ready = true, asked.readiness == nil
		watch(asked.readiness)
		watch(asked.liveness)
	}
	if watch(asked.startup); asked.startup == nil {
		up()
	}
	for {
		again := r.report(ctx)
		select {
		case <-ctx.Done():
			return
		case <-c.ended():
			return
		case <-again:
		case v := <-verdicts:
			switch {
			case v.probe == asked.readiness:
				r.state.ready = v.ok
			case !v.ok:
				klog.InfoS("A probe has failed too often: the container is ended", "pod", klog.KObj(r.pod), "startup", v.probe == asked.startup)
				grace := r.grace()
				r.k.running.Go(func() { c.stop(grace) })
			case v.probe == asked.startup && !r.state.started:
				up()
			}
		}
	}
}

// grace is how long the container may take to end.
func (r *podRun) grace() time.Duration {
	seconds := valueOr(r.pod.Spec.TerminationGracePeriodSeconds, 30)
	return time.Duration(valueOr(r.k.grace(r.pod.UID), seconds)) * time.Second
}

// lose notes that the container has ended by itself.
func (r *podRun) lose() {
	code := r.state.container.code()
	reason := "Error"
	if code == 0 {
		reason = "Completed"
	}
	r.state.finished = &corev1.ContainerStateTerminated{ExitCode: int32(code), Reason: reason, StartedAt: r.state.running,
		FinishedAt: metav1.Now(), ContainerID: "kubelite://" + r.state.container.id()}
	r.disconnect()
	r.state.container, r.state.started, r.state.ready = nil, false, false
	policy := r.pod.Spec.RestartPolicy
	r.state.over = policy == corev1.RestartPolicyNever || policy == corev1.RestartPolicyOnFailure && code == 0
}

func (r *podRun) disconnect() {
	for _, p := range r.pod.Spec.Containers[0].Ports {
		r.k.network.connect(r.at(p), "")
	}
}

// idle reports, and waits: for ever when d is 0.
func (r *podRun) idle(ctx context.Context, d time.Duration) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if d > 0 {
		defer time.AfterFunc(d, cancel).Stop()
	}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-r.report(ctx):
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// finish ends the container and lets the pod go, if it is to go.
func (r *podRun) finish() {
	stopped := r.k.isStopped()
	if c := r.state.container; c != nil {
		r.disconnect()
		grace := r.grace()
		if stopped { // nobody needs what it has
			grace = 0
		}
		c.stop(grace)
	}
	r.k.engine.leave(r.pod)
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
