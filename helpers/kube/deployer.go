package kube

// The same workers as a charm that speaks kubernetes-deployer can serve them.

// DeployerResources returns the manifests to publish over a kubernetes-deployer
// relation: a Secret, a Service and a Deployment, the kinds such a charm cleans
// up by label. It adds the namespace itself and finds the address by the
// Service's node port, so ServiceType, Namespace and NetworkPolicy of w are not
// used, and there is no headless Service: workers advertise their pods'
// addresses. Fields that came after Kubernetes 1.16 are left out.
//
// Nobody removes single manifests there, so the Secret keeps its name, and an
// annotation with the hash of its content makes the pods roll.
func (w Workers) DeployerResources() ([]map[string]any, error) {
	if w.namespace() == "" {
		w.Namespace = w.Name // never seen, but checked
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	w.nameless = true
	data, err := w.configData()
	if err != nil {
		return nil, err
	}
	secret := w.object(secrets, w.Name)
	secret["type"], secret["data"] = "Opaque", data

	service := w.clientService()
	service["spec"].(map[string]any)["type"] = "NodePort"

	spec := w.podSpec(w.Name)
	delete(spec, "topologySpreadConstraints")
	delete(spec["securityContext"].(map[string]any), "seccompProfile")
	container := spec["containers"].([]any)[0].(map[string]any)
	delete(container, "startupProbe")
	container["livenessProbe"].(map[string]any)["initialDelaySeconds"] = 120

	deployment := w.object(deployments, w.Name)
	deployment["spec"] = map[string]any{
		"replicas": w.Replicas,
		"selector": map[string]any{"matchLabels": w.selector()},
		"template": map[string]any{
			"metadata": map[string]any{
				"labels":      w.labels(),
				"annotations": map[string]any{RevisionAnnotation: shortHash(w.configFile())},
			},
			"spec": spec,
		},
	}
	resources := []map[string]any{secret, service, deployment}
	for _, r := range resources {
		delete(r["metadata"].(map[string]any), "namespace")
	}
	return resources, nil
}

// DeployerProperties is AllProperties for workers deployed by DeployerResources.
func (w Workers) DeployerProperties() map[string]string {
	w.nameless = true
	return w.AllProperties()
}
