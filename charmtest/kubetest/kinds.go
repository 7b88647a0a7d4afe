package kubetest

// The kinds this server knows, in client-go's types.

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A kind is one resource this server serves.
type kind struct {
	schema.GroupVersionKind
	resource    string
	clusterWide bool
	generation  bool // a change of the specification counts
}

func (k *kind) groupResource() schema.GroupResource {
	return schema.GroupResource{Group: k.Group, Resource: k.resource}
}

func allKinds() []*kind {
	core, apps := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion
	return []*kind{
		{GroupVersionKind: core.WithKind("Namespace"), resource: "namespaces", clusterWide: true},
		{GroupVersionKind: core.WithKind("Pod"), resource: "pods"},
		{GroupVersionKind: core.WithKind("Service"), resource: "services"},
		{GroupVersionKind: core.WithKind("Secret"), resource: "secrets"},
		{GroupVersionKind: core.WithKind("ConfigMap"), resource: "configmaps"},
		{GroupVersionKind: core.WithKind("Event"), resource: "events"},
		{GroupVersionKind: apps.WithKind("StatefulSet"), resource: "statefulsets", generation: true},
		{GroupVersionKind: apps.WithKind("Deployment"), resource: "deployments", generation: true},
		{GroupVersionKind: policyv1.SchemeGroupVersion.WithKind("PodDisruptionBudget"), resource: "poddisruptionbudgets", generation: true},
		{GroupVersionKind: networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"), resource: "networkpolicies", generation: true},
	}
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	for _, add := range []func(*runtime.Scheme) error{
		corev1.AddToScheme, appsv1.AddToScheme, policyv1.AddToScheme, networkingv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

// specOf returns what a generation counts the changes of, and what a status is
// kept of; nil where there is none.
func specOf(o runtime.Object) any {
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		return o.Spec
	case *appsv1.Deployment:
		return o.Spec
	case *policyv1.PodDisruptionBudget:
		return o.Spec
	case *networkingv1.NetworkPolicy:
		return o.Spec
	}
	return nil
}

// keepStatus makes a write to the main resource leave the status as it was.
func keepStatus(written, live runtime.Object) {
	switch w := written.(type) {
	case *appsv1.StatefulSet:
		w.Status = appsv1.StatefulSetStatus{}
		if l, ok := live.(*appsv1.StatefulSet); ok {
			w.Status = l.Status
		}
	case *policyv1.PodDisruptionBudget:
		w.Status = policyv1.PodDisruptionBudgetStatus{}
		if l, ok := live.(*policyv1.PodDisruptionBudget); ok {
			w.Status = l.Status
		}
	case *corev1.Pod:
		w.Status = corev1.PodStatus{Phase: corev1.PodPending}
		if l, ok := live.(*corev1.Pod); ok {
			w.Status = l.Status
		}
	case *corev1.Service:
		w.Status = corev1.ServiceStatus{}
		if l, ok := live.(*corev1.Service); ok {
			w.Status = l.Status
		}
	case *corev1.Namespace:
		w.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
		if l, ok := live.(*corev1.Namespace); ok {
			w.Status = l.Status
		}
	}
}

// fieldsOf are the fields a fieldSelector may ask about.
func fieldsOf(o runtime.Object) fields.Set {
	m := accessor(o)
	set := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
	switch o := o.(type) {
	case *corev1.Event:
		set["involvedObject.kind"], set["involvedObject.name"] = o.InvolvedObject.Kind, o.InvolvedObject.Name
		set["involvedObject.uid"], set["reason"], set["type"] = string(o.InvolvedObject.UID), o.Reason, o.Type
	case *corev1.Pod:
		set["status.phase"], set["spec.nodeName"] = string(o.Status.Phase), o.Spec.NodeName
	}
	return set
}
