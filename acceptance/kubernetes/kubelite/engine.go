package main

// What runs in a pod: the seam between a pod's life and its container.

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// An engine runs containers.
type engine interface {
	// start starts a pod's only container. A [waiting] error says what the
	// container's status should wait for; the call is made again a little later.
	start(ctx context.Context, l launch) (container, error)
	// leave lets go of what a pod has beside its containers, once it has none.
	leave(pod *corev1.Pod)
	// probes are those to be made of such containers, and with what patience.
	probes(c *corev1.Container) probes
}

// A launch is everything a container is started with.
type launch struct {
	pod     *corev1.Pod
	ip      string
	env     []string
	volumes map[string]volume
}

func (l launch) container() *corev1.Container { return &l.pod.Spec.Containers[0] }

// A container runs.
type container interface {
	id() string
	address(port int) string // where a port of the pod is reached, host:port
	// run runs a command in the container; it succeeds by its exit code.
	run(ctx context.Context, command []string) error
	ended() <-chan struct{}
	code() int                // it ended with
	stop(grace time.Duration) // returns when it has ended
}

// waiting is why a container does not run yet.
type waiting struct{ reason, message string }

func (w *waiting) Error() string { return w.message }
