package kubetest

// The life of one pod: started, probed, restarted, stopped.

import (
	"context"
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A podRun is what became of starting a pod. The server's mu guards it.
type podRun struct {
	cancel  context.CancelFunc
	running Running // nil while it starts, and after it failed
	ready   bool
	err     error
	attempt int
	retryAt time.Time
	ending  bool
	ended   bool
	startAt metav1.Time
}

func (s *Server) hasPods() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pods) > 0
}

// probe asks every running pod whether it is ready, with no lock held, and
// reports whether that has changed or a pod is due for another try.
func (s *Server) probe() (news bool) {
	s.mu.Lock()
	asked := make(map[*podRun]Running, len(s.pods))
	for _, run := range s.pods {
		if run.running != nil && !run.ending {
			asked[run] = run.running
		}
		news = news || run.err != nil && !run.ending && !run.retryAt.IsZero() && !time.Now().Before(run.retryAt)
	}
	s.mu.Unlock()
	for run, running := range asked {
		ready := running.Ready()
		s.mu.Lock()
		news = news || run.ready != ready
		run.ready = ready
		s.mu.Unlock()
	}
	return news
}

// runLocked takes one step with a pod: the store is locked, s.mu is not.
func (s *Server) runLocked(ctx context.Context, pod *corev1.Pod) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run := s.pods[pod.UID]
	if pod.DeletionTimestamp != nil {
		s.endLocked(pod, run)
		return
	}
	if run == nil {
		run = &podRun{startAt: metav1.NewTime(time.Now().UTC().Truncate(time.Second))}
		s.pods[pod.UID] = run
	}
	if run.cancel == nil && !time.Now().Before(run.retryAt) {
		if described, err := s.describeLocked(pod); err != nil {
			run.err = &notMounted{err}
		} else {
			s.startLocked(ctx, run, described)
		}
	}
	status := run.status(pod)
	if !equality.Semantic.DeepEqual(status, pod.Status) {
		pod.Status = status
		s.store.putLocked(s.podKey(pod), pod)
	}
}

// notMounted holds a pod back until what it refers to is there.
type notMounted struct{ error }

// startLocked hands a pod to the runtime.
func (s *Server) startLocked(ctx context.Context, run *podRun, pod Pod) {
	podCtx, cancel := context.WithCancel(ctx)
	run.cancel, run.attempt = cancel, run.attempt+1
	s.running.Go(func() {
		running, err := s.runtime.StartPod(podCtx, pod)
		ready := err == nil && running.Ready()
		defer s.store.wake()
		s.mu.Lock()
		defer s.mu.Unlock()
		run.running, run.ready, run.err = running, ready, err
		if err != nil {
			cancel()
			run.cancel, run.ended = nil, run.ending
			run.retryAt = time.Now().Add(min(50*time.Millisecond<<min(run.attempt-1, 10), time.Second))
			return
		}
		if run.ending { // deleted while it started
			s.stopRun(run)
		}
	})
}

// endLocked stops a pod that is being deleted, and removes it once it has
// stopped.
func (s *Server) endLocked(pod *corev1.Pod, run *podRun) {
	if run == nil || run.ended {
		delete(s.pods, pod.UID)
		s.store.removeLocked(s.podKey(pod))
		return
	}
	if run.ending {
		return
	}
	run.ending = true
	s.endRun(run)
}

// endRun ends a container in whatever state it is; s.mu is held.
func (s *Server) endRun(run *podRun) {
	switch {
	case run.running != nil:
		s.stopRun(run)
	case run.cancel != nil:
		run.cancel() // still starting: the end comes when StartPod returns
	default:
		run.ended = true
	}
}

// stopRun stops a container in its own time; s.mu is held.
func (s *Server) stopRun(run *podRun) {
	running, cancel := run.running, run.cancel
	run.ready = false
	s.running.Go(func() {
		running.Stop()
		cancel()
		defer s.store.wake()
		s.mu.Lock()
		run.ended = true
		s.mu.Unlock()
	})
}

// stopAll ends every pod when the server closes.
func (s *Server) stopAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, run := range s.pods {
		if run.ending {
			continue
		}
		run.ending = true
		s.endRun(run)
	}
}

// status is what the kubelet would report.
func (r *podRun) status(pod *corev1.Pod) corev1.PodStatus {
	c := pod.Spec.Containers[0]
	status := corev1.PodStatus{
		Phase: corev1.PodPending, PodIP: pod.Status.PodIP, HostIP: "192.0.2.1", StartTime: &r.startAt,
		PodIPs: []corev1.PodIP{{IP: pod.Status.PodIP}},
	}
	container := corev1.ContainerStatus{Name: c.Name, Image: c.Image, RestartCount: int32(max(r.attempt-1, 0))}
	var image *ImageError
	var mount *notMounted
	switch {
	case r.err == nil && r.running == nil:
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	case errors.As(r.err, &mount):
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	case errors.As(r.err, &image):
		container.RestartCount = 0
		reason := "ErrImagePull"
		if r.attempt > 1 {
			reason = "ImagePullBackOff"
		}
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: reason, Message: image.Message}
	case r.err != nil:
		container.State.Waiting = &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff",
			Message: "back-off restarting failed container " + c.Name + " in pod " + pod.Name}
		container.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 1, Reason: "Error"}
	default:
		status.Phase = corev1.PodRunning
		container.State.Running = &corev1.ContainerStateRunning{StartedAt: r.startAt}
		container.Ready = r.ready
		started := true
		container.Started = &started
	}
	ready := corev1.ConditionFalse
	if container.Ready {
		ready = corev1.ConditionTrue
	}
	status.ContainerStatuses = []corev1.ContainerStatus{container}
	status.Conditions = []corev1.PodCondition{
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
		{Type: corev1.PodReady, Status: ready},
	}
	return status
}

// readyAddrs lists where the ready pods a Service selects listen.
func (s *Server) readyAddrs(namespace string, selector map[string]string) []string {
	s.store.mu.Lock()
	pods := s.store.listLocked(s.kinds["pods"], namespace)
	s.store.mu.Unlock()
	var addrs []string
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range pods {
		pod := o.(*corev1.Pod)
		run := s.pods[types.UID(pod.UID)]
		if run == nil || run.running == nil || !podReady(pod) || !labelSet(selector).AsSelector().Matches(labelSet(pod.Labels)) {
			continue
		}
		if addr := run.running.Addr(); addr != "" {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}
