package kubetest

// What the real server refuses, in its words.

import (
	"fmt"
	"maps"
	"reflect"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validate checks a new object, or a change of one when live is not nil.
func validate(k *kind, o, live runtime.Object) error {
	m := accessor(o)
	nameRule := validation.NameIsDNSSubdomain
	switch k.Kind {
	case "Service":
		nameRule = validation.NameIsDNS1035Label
	case "Namespace":
		nameRule = validation.ValidateNamespaceName
	}
	errs := validation.ValidateObjectMetaAccessor(m, !k.clusterWide, validation.ValidateNameFunc(nameRule), field.NewPath("metadata"))
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		before, _ := live.(*appsv1.StatefulSet)
		errs = append(errs, validateStatefulSet(o, before)...)
	case *corev1.Secret:
		before, _ := live.(*corev1.Secret)
		errs = append(errs, validateSecret(o, before)...)
	case *corev1.Service:
		errs = append(errs, validateService(o)...)
	case *policyv1.PodDisruptionBudget:
		errs = append(errs, validateBudget(o)...)
	}
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(k.GroupKind(), m.GetName(), errs)
}

func validateStatefulSet(o, live *appsv1.StatefulSet) field.ErrorList {
	spec := field.NewPath("spec")
	var errs field.ErrorList
	errs = append(errs, validation.ValidateNonnegativeField(int64(*o.Spec.Replicas), spec.Child("replicas"))...)
	selector := spec.Child("selector")
	if o.Spec.Selector == nil {
		errs = append(errs, field.Required(selector, ""))
	} else {
		errs = append(errs, metav1validation.ValidateLabelSelector(o.Spec.Selector, metav1validation.LabelSelectorValidationOptions{}, selector)...)
		if len(o.Spec.Selector.MatchLabels)+len(o.Spec.Selector.MatchExpressions) == 0 {
			errs = append(errs, field.Invalid(selector, o.Spec.Selector, "empty selector is invalid for statefulset"))
		}
		if s, err := metav1.LabelSelectorAsSelector(o.Spec.Selector); err == nil && !s.Matches(labelSet(o.Spec.Template.Labels)) {
			errs = append(errs, field.Invalid(spec.Child("template", "metadata", "labels"), o.Spec.Template.Labels, "`selector` does not match template `labels`"))
		}
	}
	errs = append(errs, metav1validation.ValidateLabels(o.Spec.Template.Labels, spec.Child("template", "metadata", "labels"))...)
	errs = append(errs, validatePodSpec(&o.Spec.Template.Spec, spec.Child("template", "spec"))...)
	if live != nil && !sameButMutable(o, live) {
		errs = append(errs, field.Forbidden(spec, "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"))
	}
	return errs
}

func sameButMutable(o, live *appsv1.StatefulSet) bool {
	a, b := o.Spec.DeepCopy(), live.Spec
	a.Replicas, a.Ordinals, a.Template, a.UpdateStrategy = b.Replicas, b.Ordinals, b.Template, b.UpdateStrategy
	a.RevisionHistoryLimit, a.PersistentVolumeClaimRetentionPolicy, a.MinReadySeconds = b.RevisionHistoryLimit, b.PersistentVolumeClaimRetentionPolicy, b.MinReadySeconds
	return equality.Semantic.DeepEqual(*a, b)
}

func validatePodSpec(p *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(p.Containers) == 0 {
		errs = append(errs, field.Required(path.Child("containers"), ""))
	}
	volumes := map[string]bool{}
	for _, v := range p.Volumes {
		volumes[v.Name] = true
	}
	for i, c := range p.Containers {
		at := path.Child("containers").Index(i)
		if c.Image == "" {
			errs = append(errs, field.Required(at.Child("image"), ""))
		}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				errs = append(errs, field.NotFound(at.Child("volumeMounts").Index(0).Child("name"), m.Name))
			}
		}
		for name, request := range c.Resources.Requests {
			if limit, ok := c.Resources.Limits[name]; ok && request.Cmp(limit) > 0 {
				errs = append(errs, field.Invalid(at.Child("resources", "requests"), request.String(),
					fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String())))
			}
		}
	}
	return errs
}

func validateSecret(o, live *corev1.Secret) field.ErrorList {
	var errs field.ErrorList
	size := 0
	for _, value := range o.Data {
		size += len(value)
	}
	if size > corev1.MaxSecretSize {
		errs = append(errs, field.TooLong(field.NewPath("data"), "", corev1.MaxSecretSize))
	}
	if live == nil {
		return errs
	}
	if o.Type != live.Type {
		errs = append(errs, field.Invalid(field.NewPath("type"), o.Type, "field is immutable"))
	}
	if live.Immutable == nil || !*live.Immutable {
		return errs
	}
	if o.Immutable == nil || !*o.Immutable {
		errs = append(errs, field.Forbidden(field.NewPath("immutable"), "field is immutable when `immutable` is set"))
	}
	if !maps.EqualFunc(o.Data, live.Data, func(a, b []byte) bool { return string(a) == string(b) }) {
		errs = append(errs, field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set"))
	}
	return errs
}

func validateService(o *corev1.Service) field.ErrorList {
	spec := field.NewPath("spec")
	var errs field.ErrorList
	if len(o.Spec.Ports) == 0 && o.Spec.ClusterIP != corev1.ClusterIPNone {
		errs = append(errs, field.Required(spec.Child("ports"), ""))
	}
	for i, p := range o.Spec.Ports {
		if p.Port < 1 || p.Port > 65535 {
			errs = append(errs, field.Invalid(spec.Child("ports").Index(i).Child("port"), p.Port, "must be between 1 and 65535, inclusive"))
		}
		if p.Name == "" && len(o.Spec.Ports) > 1 {
			errs = append(errs, field.Required(spec.Child("ports").Index(i).Child("name"), ""))
		}
	}
	switch o.Spec.Type {
	case corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName:
	default:
		errs = append(errs, field.NotSupported(spec.Child("type"), o.Spec.Type,
			[]corev1.ServiceType{corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort}))
	}
	if o.Spec.ClusterIP == corev1.ClusterIPNone && o.Spec.Type != corev1.ServiceTypeClusterIP {
		errs = append(errs, field.Invalid(spec.Child("clusterIPs").Index(0), "None", fmt.Sprintf("may not be set to 'None' for %s services", o.Spec.Type)))
	}
	return errs
}

func validateBudget(o *policyv1.PodDisruptionBudget) field.ErrorList {
	if o.Spec.MinAvailable != nil && o.Spec.MaxUnavailable != nil {
		return field.ErrorList{field.Invalid(field.NewPath("spec"), o.Spec, "minAvailable and maxUnavailable cannot be both set")}
	}
	return nil
}

// equal compares objects as stored, versions and all.
func equal(a, b runtime.Object) bool { return reflect.DeepEqual(a, b) }
