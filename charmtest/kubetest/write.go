package kubetest

// Creating, changing and deleting objects: the field manager in the middle,
// the server's own duties around it.

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// An edit makes the object that should be stored from the live one, nil when
// there is none.
type edit func(live runtime.Object) (runtime.Object, error)

// write stores what an edit makes and reports whether that changed anything.
// Like the real server it makes no new version of an object that stays equal.
func (s *Server) write(k key, e edit) (stored runtime.Object, created, changed bool, err error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	live, exists := s.store.getLocked(k)
	if !exists {
		live = nil
		if err := s.namespaceOpenLocked(k); err != nil {
			return nil, false, false, err
		}
	}
	o, err := e(live)
	if err != nil {
		return nil, false, false, err
	}
	if exists && equal(o, live) {
		return live, false, false, nil
	}
	s.prepareLocked(k, o, live)
	if err := validate(k.kind, o, live); err != nil {
		return nil, false, false, err
	}
	if exists && equal(o, live) {
		return live, false, false, nil
	}
	s.store.putLocked(k, o)
	stored, _ = s.store.getLocked(k)
	return stored, !exists, true, nil
}

// namespaceOpenLocked refuses objects in a namespace that is not there.
func (s *Server) namespaceOpenLocked(k key) error {
	if k.kind.clusterWide {
		return nil
	}
	ns := s.kinds["namespaces"]
	o, ok := s.store.getLocked(key{ns, types.NamespacedName{Name: k.Namespace}})
	if !ok {
		return apierrors.NewNotFound(ns.groupResource(), k.Namespace)
	}
	if accessor(o).GetDeletionTimestamp() != nil {
		return apierrors.NewForbidden(k.kind.groupResource(), k.Name,
			fmt.Errorf("unable to create new content in namespace %s because it is being terminated", k.Namespace))
	}
	return nil
}

// prepareLocked fills in what the server alone decides.
func (s *Server) prepareLocked(k key, o, live runtime.Object) {
	m := accessor(o)
	o.GetObjectKind().SetGroupVersionKind(k.kind.GroupVersionKind)
	m.SetNamespace(k.Namespace)
	keepStatus(o, live)
	if live == nil {
		m.SetUID(s.store.uidLocked())
		m.SetCreationTimestamp(metav1.NewTime(time.Now().UTC().Truncate(time.Second)))
		m.SetResourceVersion("")
		m.SetDeletionTimestamp(nil)
		m.SetGeneration(0)
		if k.kind.generation {
			m.SetGeneration(1)
		}
	} else {
		before := accessor(live)
		m.SetUID(before.GetUID())
		m.SetCreationTimestamp(before.GetCreationTimestamp())
		m.SetDeletionTimestamp(before.GetDeletionTimestamp())
		m.SetResourceVersion(before.GetResourceVersion())
		m.SetGeneration(before.GetGeneration())
		if k.kind.generation && !equality.Semantic.DeepEqual(specOf(o), specOf(live)) {
			m.SetGeneration(before.GetGeneration() + 1)
		}
	}
	switch o := o.(type) {
	case *corev1.Service:
		s.allocateLocked(o, live)
	case *corev1.Secret:
		for name, value := range o.StringData {
			if o.Data == nil {
				o.Data = map[string][]byte{}
			}
			o.Data[name] = []byte(value)
		}
		o.StringData = nil
	case *corev1.Namespace:
		o.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	}
}

// allocateLocked gives a Service its addresses and ports.
func (s *Server) allocateLocked(o *corev1.Service, live runtime.Object) {
	before, _ := live.(*corev1.Service)
	if o.Spec.ClusterIP == "" && before != nil {
		o.Spec.ClusterIP = before.Spec.ClusterIP
	}
	if o.Spec.ClusterIP == "" {
		n := s.store.next()
		o.Spec.ClusterIP = fmt.Sprintf("10.96.%d.%d", n/250%250, n%250+1)
	}
	if before != nil && before.Spec.Type != o.Spec.Type && o.Spec.Type == corev1.ServiceTypeClusterIP {
		o.Spec.ExternalTrafficPolicy, o.Spec.AllocateLoadBalancerNodePorts = "", nil
	}
	o.Spec.ClusterIPs = []string{o.Spec.ClusterIP}
	o.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv4Protocol}
	single := corev1.IPFamilyPolicySingleStack
	o.Spec.IPFamilyPolicy = &single
	for i := range o.Spec.Ports {
		port := &o.Spec.Ports[i]
		if o.Spec.Type != corev1.ServiceTypeNodePort && o.Spec.Type != corev1.ServiceTypeLoadBalancer {
			port.NodePort = 0
			continue
		}
		if port.NodePort == 0 {
			port.NodePort = int32(30000 + s.store.next()%2768)
		}
	}
}

// applyEdit is server-side apply.
func (s *Server) applyEdit(k key, patch *unstructured.Unstructured, manager string, force bool) edit {
	return func(live runtime.Object) (runtime.Object, error) {
		if err := checkIdentity(k, patch, live); err != nil {
			return nil, err
		}
		base := live
		if live == nil {
			var err error
			if base, err = s.scheme.New(k.kind.GroupVersionKind); err != nil {
				return nil, err
			}
			base.GetObjectKind().SetGroupVersionKind(k.kind.GroupVersionKind)
		}
		fields, err := s.fieldManager(k.kind)
		if err != nil {
			return nil, err
		}
		return fields.Apply(base, patch, manager, force)
	}
}

// checkIdentity holds what an apply says about the object it means against the
// object there is.
func checkIdentity(k key, patch *unstructured.Unstructured, live runtime.Object) error {
	uid := patch.GetUID()
	switch {
	case live == nil && uid != "":
		return apierrors.NewConflict(k.kind.groupResource(), k.Name,
			fmt.Errorf("uid mismatch: the provided object specified uid %s, and no existing object was found", uid))
	case live != nil && uid != "" && accessor(live).GetUID() != uid:
		immutable := field.Invalid(field.NewPath("metadata", "uid"), uid, "field is immutable")
		return apierrors.NewInvalid(k.kind.GroupKind(), k.Name, field.ErrorList{immutable, immutable}) // two look, and both say so
	case live != nil && patch.GetResourceVersion() != "" && patch.GetResourceVersion() != accessor(live).GetResourceVersion():
		return modified(k)
	}
	return nil
}

func modified(k key) error {
	return apierrors.NewConflict(k.kind.groupResource(), k.Name,
		fmt.Errorf("the object has been modified; please apply your changes to the latest version and try again"))
}

// updateEdit is any other write: the object as the client wants it to be.
func (s *Server) updateEdit(k key, manager string, create bool, make edit) edit {
	return func(live runtime.Object) (runtime.Object, error) {
		if create && live != nil {
			return nil, apierrors.NewAlreadyExists(k.kind.groupResource(), k.Name)
		}
		if !create && live == nil {
			return nil, apierrors.NewNotFound(k.kind.groupResource(), k.Name)
		}
		o, err := make(live)
		if err != nil {
			return nil, err
		}
		m := accessor(o)
		if live != nil && m.GetResourceVersion() != "" && m.GetResourceVersion() != accessor(live).GetResourceVersion() {
			return nil, modified(k)
		}
		if live != nil && m.GetUID() != "" && m.GetUID() != accessor(live).GetUID() {
			return nil, apierrors.NewConflict(k.kind.groupResource(), k.Name,
				//lint:ignore ST1005 in the API server's words
				fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", m.GetUID(), accessor(live).GetUID()))
		}
		defaulter{}.Default(o)
		base := live
		if live == nil {
			if base, err = s.scheme.New(k.kind.GroupVersionKind); err != nil {
				return nil, err
			}
		}
		base.GetObjectKind().SetGroupVersionKind(k.kind.GroupVersionKind)
		o.GetObjectKind().SetGroupVersionKind(k.kind.GroupVersionKind)
		fields, err := s.fieldManager(k.kind)
		if err != nil {
			return nil, err
		}
		return fields.Update(base, o, manager)
	}
}

// remove deletes an object. Pods, and namespaces with what is in them, end in
// their own time.
func (s *Server) remove(k key, options metav1.DeleteOptions) (runtime.Object, error) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	live, ok := s.store.getLocked(k)
	if !ok {
		return nil, apierrors.NewNotFound(k.kind.groupResource(), k.Name)
	}
	m := accessor(live)
	if p := options.Preconditions; p != nil {
		kind := schema.GroupResource{Group: k.kind.Group, Resource: k.kind.Kind} // here the server names the kind
		if p.UID != nil && *p.UID != m.GetUID() {
			return nil, apierrors.NewConflict(kind, k.Name, fmt.Errorf(
				"the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *p.UID, m.GetUID()))
		}
		if p.ResourceVersion != nil && *p.ResourceVersion != m.GetResourceVersion() {
			return nil, apierrors.NewConflict(kind, k.Name, fmt.Errorf(
				"the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *p.ResourceVersion, m.GetResourceVersion()))
		}
	}
	if k.kind.Kind == "Pod" || k.kind.Kind == "Namespace" {
		s.terminateLocked(k, live)
		stored, _ := s.store.getLocked(k)
		return stored, nil
	}
	s.store.removeLocked(k)
	return live, nil
}

// terminateLocked marks an object as being deleted; the controllers do the rest.
func (s *Server) terminateLocked(k key, live runtime.Object) {
	m := accessor(live)
	if m.GetDeletionTimestamp() != nil {
		return
	}
	now := metav1.NewTime(time.Now().UTC().Truncate(time.Second))
	m.SetDeletionTimestamp(&now)
	if ns, ok := live.(*corev1.Namespace); ok {
		ns.Status.Phase = corev1.NamespaceTerminating
	}
	s.store.putLocked(k, live)
}
