package main

// The network of a pod. It comes with the first container and stays until the pod
// goes: while no container runs, the pod's address is still somebody's, and
// connections are refused at once.

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

type podNetwork struct {
	namespace *os.File
	link      string // the cable's end at the bridge
}

// network is the pod's, nil before it has one.
func (e *processes) network(pod *corev1.Pod) *podNetwork {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.networks[pod.UID]
}

// enter brings the thread into it, for good. There may be none yet.
func (n *podNetwork) enter() error {
	if n == nil {
		return nil
	}
	if err := unix.Setns(int(n.namespace.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("cannot enter the pod's network: %w", err)
	}
	return nil
}

// connect makes the namespace of a pod's first container its network.
func (e *processes) connect(pod *corev1.Pod, p *process) error {
	namespace, err := os.Open("/proc/" + p.id() + "/ns/net")
	if err != nil {
		return fmt.Errorf("cannot keep the pod's network: %w", err)
	}
	n := &podNetwork{namespace, e.bridge.link()}
	if err := e.bridge.attach(n.link, p.process.Pid, p.ip); err != nil {
		_ = namespace.Close()
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.networks == nil {
		e.networks = map[types.UID]*podNetwork{}
	}
	e.networks[pod.UID] = n
	return nil
}

// leave ends the network of a pod that goes.
func (e *processes) leave(pod *corev1.Pod) {
	e.mu.Lock()
	n := e.networks[pod.UID]
	delete(e.networks, pod.UID)
	e.mu.Unlock()
	if n != nil {
		e.bridge.detach(n.link)
		_ = n.namespace.Close()
	}
}
