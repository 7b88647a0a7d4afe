package kubetest

// The StatefulSet controller, after the real one: which pods it makes, which
// one it replaces next, and what its status says meanwhile.

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// followLocked takes one step with a StatefulSet and writes its status; a step
// changes something, which brings the next.
func (s *Server) followLocked(set *appsv1.StatefulSet) {
	status := set.Status
	status.ObservedGeneration = set.Generation
	status.UpdateRevision = s.revisionLocked(set)
	if status.CurrentRevision == "" {
		status.CurrentRevision = status.UpdateRevision
	}
	pods := s.podsOfLocked(set)
	count(&status, pods)
	s.stepLocked(set, &status, pods)
	count(&status, s.podsOfLocked(set))
	wanted := *set.Spec.Replicas
	if status.CurrentRevision != status.UpdateRevision &&
		status.Replicas == wanted && status.UpdatedReplicas == wanted && status.ReadyReplicas == wanted {
		status.CurrentRevision, status.CurrentReplicas = status.UpdateRevision, status.UpdatedReplicas
	}
	if status.CollisionCount == nil {
		status.CollisionCount = new(int32)
	}
	if equality.Semantic.DeepEqual(status, set.Status) {
		return
	}
	set.Status = status
	s.store.putLocked(s.setKey(set), set)
}

func (s *Server) setKey(set *appsv1.StatefulSet) key {
	return key{s.kinds["statefulsets"], types.NamespacedName{Namespace: set.Namespace, Name: set.Name}}
}

// revisionLocked names the template as it is now and remembers it.
func (s *Server) revisionLocked(set *appsv1.StatefulSet) string {
	content, err := json.Marshal(set.Spec.Template)
	if err != nil {
		panic(err) // it came from JSON
	}
	sum := sha256.Sum256(content)
	name := set.Name + "-" + hex.EncodeToString(sum[:5])
	s.revs[set.Namespace+"/"+name] = set.Spec.Template
	return name
}

func (s *Server) podsOfLocked(set *appsv1.StatefulSet) map[int]*corev1.Pod {
	owned := map[int]*corev1.Pod{}
	for _, o := range s.store.listLocked(s.kinds["pods"], set.Namespace) {
		pod := o.(*corev1.Pod)
		owner := metav1.GetControllerOf(pod)
		if owner == nil || owner.UID != set.UID {
			continue
		}
		if ordinal, err := strconv.Atoi(strings.TrimPrefix(pod.Name, set.Name+"-")); err == nil {
			owned[ordinal] = pod
		}
	}
	return owned
}

func podRevision(pod *corev1.Pod) string { return pod.Labels[appsv1.StatefulSetRevisionLabel] }

func podReady(pod *corev1.Pod) bool {
	return pod.DeletionTimestamp == nil && slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func count(status *appsv1.StatefulSetStatus, pods map[int]*corev1.Pod) {
	status.Replicas, status.ReadyReplicas, status.AvailableReplicas = 0, 0, 0
	status.CurrentReplicas, status.UpdatedReplicas = 0, 0
	for _, pod := range pods {
		status.Replicas++
		if podReady(pod) {
			status.ReadyReplicas++
			status.AvailableReplicas++
		}
		if pod.DeletionTimestamp != nil {
			continue
		}
		if podRevision(pod) == status.CurrentRevision {
			status.CurrentReplicas++
		}
		if podRevision(pod) == status.UpdateRevision {
			status.UpdatedReplicas++
		}
	}
}

// stepLocked makes missing pods, ends those too many, and replaces at most one
// that is out of date: the highest first, and none while a higher one is not
// ready.
func (s *Server) stepLocked(set *appsv1.StatefulSet, status *appsv1.StatefulSetStatus, pods map[int]*corev1.Pod) {
	wanted := int(*set.Spec.Replicas)
	oneByOne := set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
	for ordinal := range wanted {
		pod := pods[ordinal]
		if pod == nil {
			if !s.createPodLocked(set, status, ordinal) {
				return
			}
		}
		if oneByOne && (pod == nil || !podReady(pod)) {
			return
		}
	}
	ordinals := make([]int, 0, len(pods))
	for ordinal := range pods {
		ordinals = append(ordinals, ordinal)
	}
	slices.Sort(ordinals)
	slices.Reverse(ordinals)
	for _, ordinal := range ordinals {
		if ordinal < wanted {
			break
		}
		s.terminateLocked(s.podKey(pods[ordinal]), pods[ordinal])
		if oneByOne {
			return
		}
	}
	if set.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType {
		return
	}
	for ordinal := wanted - 1; ordinal >= 0; ordinal-- {
		pod := pods[ordinal]
		if pod != nil && podRevision(pod) != status.UpdateRevision && pod.DeletionTimestamp == nil {
			s.terminateLocked(s.podKey(pod), pod)
			return
		}
		if pod == nil || !podReady(pod) {
			return
		}
	}
}

// createPodLocked makes one pod, of the earlier revision where a roll has not
// come to it yet. It reports false when the cluster does not let it.
func (s *Server) createPodLocked(set *appsv1.StatefulSet, status *appsv1.StatefulSetStatus, ordinal int) bool {
	revision := status.UpdateRevision
	if status.CurrentRevision != revision && ordinal < int(status.CurrentReplicas) {
		revision = status.CurrentRevision
	}
	template := s.revs[set.Namespace+"/"+revision]
	name := fmt.Sprintf("%s-%d", set.Name, ordinal)
	if violation := s.violationLocked(set.Namespace, &template.Spec); violation != "" {
		s.eventLocked(set, "FailedCreate", fmt.Sprintf(
			`create Pod %s in StatefulSet %s failed error: pods "%s" is forbidden: violates PodSecurity "restricted:latest": %s`,
			name, set.Name, name, violation))
		return false
	}
	pod := &corev1.Pod{
		ObjectMeta: *template.ObjectMeta.DeepCopy(),
		Spec:       *template.Spec.DeepCopy(),
		Status:     corev1.PodStatus{Phase: corev1.PodPending},
	}
	pod.Name, pod.Namespace, pod.UID = name, set.Namespace, s.store.uidLocked()
	pod.CreationTimestamp = metav1.NewTime(time.Now().UTC().Truncate(time.Second))
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[appsv1.StatefulSetRevisionLabel] = revision
	pod.Labels[appsv1.StatefulSetPodNameLabel] = name
	pod.Labels[appsv1.PodIndexLabel] = strconv.Itoa(ordinal)
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(set, s.kinds["statefulsets"].GroupVersionKind)}
	pod.Spec.Hostname, pod.Spec.Subdomain, pod.Spec.NodeName = name, set.Spec.ServiceName, "node"
	n := s.store.next()
	pod.Status.PodIP = fmt.Sprintf("10.244.%d.%d", n/250%250, n%250+1)
	s.store.putLocked(s.podKey(pod), pod)
	return true
}

// eventLocked says something about a StatefulSet, once.
func (s *Server) eventLocked(set *appsv1.StatefulSet, reason, message string) {
	sum := sha256.Sum256([]byte(reason + message))
	k := key{s.kinds["events"], types.NamespacedName{Namespace: set.Namespace, Name: set.Name + "." + hex.EncodeToString(sum[:8])}}
	if _, ok := s.store.getLocked(k); ok {
		return
	}
	now := metav1.NewTime(time.Now().UTC().Truncate(time.Second))
	s.store.putLocked(k, &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: k.Name, Namespace: k.Namespace, UID: s.store.uidLocked(), CreationTimestamp: now},
		InvolvedObject: corev1.ObjectReference{Kind: "StatefulSet", APIVersion: "apps/v1", Name: set.Name, Namespace: set.Namespace, UID: set.UID},
		Reason:         reason, Message: message, Type: corev1.EventTypeWarning,
		FirstTimestamp: now, LastTimestamp: now, Count: 1,
		Source: corev1.EventSource{Component: "statefulset-controller"},
	})
}
