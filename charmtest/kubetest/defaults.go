package kubetest

// The defaults the real server fills in, as far as a charm's manifests use the
// fields.

import (
	"cmp"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// defaulter is what the field manager calls on the merged object, as the real
// server does: defaults belong to no manager.
type defaulter struct{}

func (defaulter) Default(o runtime.Object) {
	switch o := o.(type) {
	case *appsv1.StatefulSet:
		defaultStatefulSet(&o.Spec)
	case *corev1.Namespace:
		if o.Labels == nil {
			o.Labels = map[string]string{}
		}
		o.Labels[corev1.LabelMetadataName] = o.Name
	case *corev1.Pod:
		defaultPod(&o.Spec)
		for i := range o.Spec.Containers { // of a pod, not of a template
			defaultRequests(&o.Spec.Containers[i].Resources)
		}
	case *corev1.Service:
		defaultService(&o.Spec)
	case *corev1.Secret:
		setDefault(&o.Type, corev1.SecretTypeOpaque)
	case *networkingv1.NetworkPolicy:
		defaultNetworkPolicy(&o.Spec)
	}
}

func setDefault[T comparable](field *T, value T) { *field = cmp.Or(*field, value) }

func pointDefault[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

func defaultStatefulSet(s *appsv1.StatefulSetSpec) {
	pointDefault(&s.Replicas, 1)
	pointDefault(&s.RevisionHistoryLimit, 10)
	setDefault(&s.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	setDefault(&s.UpdateStrategy.Type, appsv1.RollingUpdateStatefulSetStrategyType)
	if s.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType {
		pointDefault(&s.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
		pointDefault(&s.UpdateStrategy.RollingUpdate.Partition, 0)
	}
	pointDefault(&s.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	setDefault(&s.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	setDefault(&s.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	defaultPod(&s.Template.Spec)
}

func defaultPod(p *corev1.PodSpec) {
	setDefault(&p.RestartPolicy, corev1.RestartPolicyAlways)
	setDefault(&p.DNSPolicy, corev1.DNSClusterFirst)
	setDefault(&p.SchedulerName, corev1.DefaultSchedulerName)
	pointDefault(&p.TerminationGracePeriodSeconds, 30)
	pointDefault(&p.SecurityContext, corev1.PodSecurityContext{})
	for i := range p.Containers {
		defaultContainer(&p.Containers[i])
	}
	for i := range p.Volumes {
		if v := p.Volumes[i].Secret; v != nil {
			pointDefault(&v.DefaultMode, 0o644)
		}
		if v := p.Volumes[i].ConfigMap; v != nil {
			pointDefault(&v.DefaultMode, 0o644)
		}
	}
}

func defaultContainer(c *corev1.Container) {
	setDefault(&c.TerminationMessagePath, corev1.TerminationMessagePathDefault)
	setDefault(&c.TerminationMessagePolicy, corev1.TerminationMessageReadFile)
	pull := corev1.PullIfNotPresent
	if i := strings.LastIndex(c.Image, ":"); i <= strings.LastIndex(c.Image, "/") || c.Image[i+1:] == "latest" {
		pull = corev1.PullAlways
	}
	setDefault(&c.ImagePullPolicy, pull)
	for i := range c.Ports {
		setDefault(&c.Ports[i].Protocol, corev1.ProtocolTCP)
	}
	for i := range c.Env {
		if from := c.Env[i].ValueFrom; from != nil && from.FieldRef != nil {
			setDefault(&from.FieldRef.APIVersion, "v1")
		}
	}
	for _, probe := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
		defaultProbe(probe)
	}
}

func defaultRequests(r *corev1.ResourceRequirements) {
	for name, limit := range r.Limits {
		if r.Requests == nil {
			r.Requests = corev1.ResourceList{}
		}
		if _, ok := r.Requests[name]; !ok {
			r.Requests[name] = limit
		}
	}
}

func defaultProbe(p *corev1.Probe) {
	if p == nil {
		return
	}
	setDefault(&p.TimeoutSeconds, 1)
	setDefault(&p.PeriodSeconds, 10)
	setDefault(&p.SuccessThreshold, 1)
	setDefault(&p.FailureThreshold, 3)
	if p.HTTPGet != nil {
		setDefault(&p.HTTPGet.Path, "/")
		setDefault(&p.HTTPGet.Scheme, corev1.URISchemeHTTP)
	}
}

func defaultService(s *corev1.ServiceSpec) {
	setDefault(&s.Type, corev1.ServiceTypeClusterIP)
	setDefault(&s.SessionAffinity, corev1.ServiceAffinityNone)
	pointDefault(&s.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	if s.Type == corev1.ServiceTypeNodePort || s.Type == corev1.ServiceTypeLoadBalancer {
		s.ExternalTrafficPolicy = cmp.Or(s.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if s.Type == corev1.ServiceTypeLoadBalancer {
		pointDefault(&s.AllocateLoadBalancerNodePorts, true)
	}
	for i := range s.Ports {
		setDefault(&s.Ports[i].Protocol, corev1.ProtocolTCP)
		if s.Ports[i].TargetPort == intstr.FromInt32(0) || s.Ports[i].TargetPort == intstr.FromString("") {
			s.Ports[i].TargetPort = intstr.FromInt32(s.Ports[i].Port)
		}
	}
}

func defaultNetworkPolicy(n *networkingv1.NetworkPolicySpec) {
	if len(n.PolicyTypes) == 0 {
		n.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(n.Egress) > 0 {
			n.PolicyTypes = append(n.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, rule := range n.Ingress {
		for i := range rule.Ports {
			tcp := corev1.ProtocolTCP
			pointDefault(&rule.Ports[i].Protocol, tcp)
		}
	}
}
