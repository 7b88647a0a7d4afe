package kubetest

// The loop that makes pods follow their StatefulSets, and the end of what has
// been deleted.

import (
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// probePeriod is how often running pods are asked whether they are ready.
const probePeriod = 10 * time.Millisecond

// control runs until the server closes. One goroutine does all of it, so no two
// controllers ever see half of what another did.
func (s *Server) control(ctx context.Context) {
	ticker := time.NewTicker(probePeriod)
	defer ticker.Stop()
	for ctx.Err() == nil {
		changed := s.store.waiter()
		s.store.mu.Lock()
		if !s.paused {
			s.reconcileLocked(ctx)
		}
		s.store.mu.Unlock()
		s.await(ctx, changed, ticker.C)
	}
	s.stopAll()
}

// await returns when there is something to do: an object or a pod has changed,
// or a pod is to be tried again.
func (s *Server) await(ctx context.Context, changed <-chan struct{}, tick <-chan time.Time) {
	for {
		if !s.hasPods() {
			tick = nil
		}
		select {
		case <-changed:
			return
		case <-ctx.Done():
			return
		case <-tick:
			if s.probe() {
				return
			}
		}
	}
}

// PauseControllers makes the controllers stand still, or go on: what is written
// meanwhile has no consequences yet.
func (s *Server) PauseControllers(pause bool) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	s.paused = pause
	s.store.wakeLocked()
}

func (s *Server) reconcileLocked(ctx context.Context) {
	for _, o := range s.store.listLocked(s.kinds["namespaces"], "") {
		if o.(*corev1.Namespace).DeletionTimestamp != nil {
			s.emptyNamespaceLocked(o.(*corev1.Namespace))
		}
	}
	for _, o := range s.store.listLocked(s.kinds["statefulsets"], "") {
		s.followLocked(o.(*appsv1.StatefulSet))
	}
	for _, o := range s.store.listLocked(s.kinds["pods"], "") {
		pod := o.(*corev1.Pod)
		if s.orphanedLocked(pod) {
			s.terminateLocked(s.podKey(pod), pod)
			continue // seen again at once, because that is a change
		}
		s.runLocked(ctx, pod)
	}
}

// orphanedLocked reports whether what made a pod is gone.
func (s *Server) orphanedLocked(pod *corev1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	if owner == nil || pod.DeletionTimestamp != nil {
		return false
	}
	o, ok := s.store.getLocked(key{s.kinds["statefulsets"], types.NamespacedName{Namespace: pod.Namespace, Name: owner.Name}})
	return !ok || accessor(o).GetUID() != owner.UID
}

func (s *Server) podKey(pod *corev1.Pod) key {
	return key{s.kinds["pods"], types.NamespacedName{Namespace: pod.Namespace, Name: pod.Name}}
}

// emptyNamespaceLocked removes what is in a namespace, and when nothing is left
// the namespace.
func (s *Server) emptyNamespaceLocked(ns *corev1.Namespace) {
	left := 0
	for _, k := range allResources(s.kinds) {
		if k.clusterWide {
			continue
		}
		for _, o := range s.store.listLocked(k, ns.Name) {
			at := key{k, types.NamespacedName{Namespace: ns.Name, Name: accessor(o).GetName()}}
			if k.Kind != "Pod" {
				s.store.removeLocked(at)
				continue
			}
			s.terminateLocked(at, o)
			left++
		}
	}
	if left == 0 {
		s.store.removeLocked(key{s.kinds["namespaces"], types.NamespacedName{Name: ns.Name}})
	}
}

func allResources(kinds map[string]*kind) []*kind {
	list := make([]*kind, 0, len(kinds))
	for _, k := range kinds {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *kind) int { return slices.Compare([]byte(a.resource), []byte(b.resource)) })
	return list
}
