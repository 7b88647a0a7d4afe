package kubetest

// The "restricted" pod security standard, for namespaces that enforce it.

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// violationLocked says how a pod breaks the standard its namespace enforces by
// the label pod-security.kubernetes.io/enforce; empty when it does not.
func (s *Server) violationLocked(namespace string, spec *corev1.PodSpec) string {
	o, ok := s.store.getLocked(key{s.kinds["namespaces"], types.NamespacedName{Name: namespace}})
	if !ok || accessor(o).GetLabels()["pod-security.kubernetes.io/enforce"] != "restricted" {
		return ""
	}
	pod := spec.SecurityContext
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	var wrong []string
	for _, c := range spec.Containers {
		wrong = append(wrong, containerViolations(c, pod)...)
	}
	return strings.Join(wrong, ", ")
}

func containerViolations(c corev1.Container, pod *corev1.PodSecurityContext) []string {
	own := c.SecurityContext
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	var wrong []string
	if own.AllowPrivilegeEscalation == nil || *own.AllowPrivilegeEscalation {
		wrong = append(wrong, fmt.Sprintf("allowPrivilegeEscalation != false (container %q must set securityContext.allowPrivilegeEscalation=false)", c.Name))
	}
	if own.Capabilities == nil || !slices.Contains(own.Capabilities.Drop, "ALL") {
		wrong = append(wrong, fmt.Sprintf("unrestricted capabilities (container %q must set securityContext.capabilities.drop=[\"ALL\"])", c.Name))
	}
	if !isTrue(pod.RunAsNonRoot) && !isTrue(own.RunAsNonRoot) {
		wrong = append(wrong, fmt.Sprintf("runAsNonRoot != true (pod or container %q must set securityContext.runAsNonRoot=true)", c.Name))
	}
	if pod.SeccompProfile == nil && own.SeccompProfile == nil {
		wrong = append(wrong, fmt.Sprintf("seccompProfile (pod or container %q must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")", c.Name))
	}
	return wrong
}

func isTrue(b *bool) bool { return b != nil && *b }
