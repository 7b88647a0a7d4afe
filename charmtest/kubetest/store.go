package kubetest

// Objects, their versions, and the history that watches read.

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

type key struct {
	kind *kind
	types.NamespacedName
}

type change struct {
	version int64
	key     key
	event   watch.Event
}

// A store holds objects. Its methods lock for themselves but for those whose
// name ends in Locked; what they return is the caller's.
type store struct {
	mu      sync.Mutex
	version int64
	serial  int64 // for uids, addresses and ports
	objects map[key]runtime.Object
	history []change
	changed chan struct{} // closed and made anew at every change
}

func newStore() *store {
	return &store{objects: map[key]runtime.Object{}, changed: make(chan struct{}), version: 1}
}

func (s *store) next() int64 {
	s.serial++
	return s.serial
}

func (s *store) get(k key) (runtime.Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.getLocked(k)
}

func (s *store) getLocked(k key) (runtime.Object, bool) {
	o, ok := s.objects[k]
	if !ok {
		return nil, false
	}
	return o.DeepCopyObject(), true
}

// listLocked returns a kind's objects by namespace and name.
func (s *store) listLocked(k *kind, namespace string) []runtime.Object {
	keys := slices.DeleteFunc(slices.Collect(maps.Keys(s.objects)), func(o key) bool {
		return o.kind != k || namespace != "" && o.Namespace != namespace
	})
	slices.SortFunc(keys, func(a, b key) int { return strings.Compare(a.String(), b.String()) })
	list := make([]runtime.Object, len(keys))
	for i, k := range keys {
		list[i] = s.objects[k].DeepCopyObject()
	}
	return list
}

// putLocked stores an object under a new version, which it also gets.
func (s *store) putLocked(k key, o runtime.Object) {
	event := watch.Modified
	if _, ok := s.objects[k]; !ok {
		event = watch.Added
	}
	s.version++
	o = o.DeepCopyObject()
	accessor(o).SetResourceVersion(strconv.FormatInt(s.version, 10))
	o.GetObjectKind().SetGroupVersionKind(k.kind.GroupVersionKind)
	s.objects[k] = o
	s.recordLocked(k, event, o)
}

func (s *store) removeLocked(k key) {
	o, ok := s.objects[k]
	if !ok {
		return
	}
	delete(s.objects, k)
	s.version++
	o = o.DeepCopyObject()
	accessor(o).SetResourceVersion(strconv.FormatInt(s.version, 10))
	s.recordLocked(k, watch.Deleted, o)
}

func (s *store) recordLocked(k key, event watch.EventType, o runtime.Object) {
	s.history = append(s.history, change{s.version, k, watch.Event{Type: event, Object: o}})
	s.wakeLocked()
}

// wake brings the controllers to look again.
func (s *store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakeLocked()
}

func (s *store) wakeLocked() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// since returns a kind's changes after a version and a channel that closes at
// the next change of anything.
func (s *store) since(version int64, k *kind, namespace string) ([]change, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	start, _ := slices.BinarySearchFunc(s.history, version+1, func(c change, v int64) int { return int(c.version - v) })
	var found []change
	for _, c := range s.history[start:] {
		if c.key.kind == k && (namespace == "" || namespace == c.key.Namespace) {
			found = append(found, c)
		}
	}
	return found, s.changed
}

func (s *store) waiter() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// uidLocked makes one that looks like a real one and is the same in every run.
func (s *store) uidLocked() types.UID {
	return types.UID(fmt.Sprintf("00000000-0000-4000-8000-%012d", s.next()))
}

// accessor of objects this package made itself: they all have metadata.
func accessor(o runtime.Object) metav1.Object {
	m, err := meta.Accessor(o)
	if err != nil {
		panic(err)
	}
	return m
}
