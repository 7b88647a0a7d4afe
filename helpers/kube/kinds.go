package kube

// The kinds of object this package touches, and where the API serves them.

// A kind is one resource of the Kubernetes API.
type kind struct {
	name       string // as a person says it, "statefulset"
	kind       string // as a manifest says it, "StatefulSet"
	apiVersion string
	resource   string // as a URL says it, "statefulsets"
}

var (
	statefulSets    = kind{"statefulset", "StatefulSet", "apps/v1", "statefulsets"}
	deployments     = kind{"deployment", "Deployment", "apps/v1", "deployments"}
	secrets         = kind{"secret", "Secret", "v1", "secrets"}
	services        = kind{"service", "Service", "v1", "services"}
	budgets         = kind{"poddisruptionbudget", "PodDisruptionBudget", "policy/v1", "poddisruptionbudgets"}
	networkPolicies = kind{"networkpolicy", "NetworkPolicy", "networking.k8s.io/v1", "networkpolicies"}
	pods            = kind{"pod", "Pod", "v1", "pods"}
	events          = kind{"event", "Event", "v1", "events"}
	namespaces      = kind{"namespace", "Namespace", "v1", "namespaces"}
)

// ours lists every kind that Apply may create, in the order Delete removes
// them: what starts pods goes first.
func ours() []kind {
	return []kind{statefulSets, budgets, services, networkPolicies, secrets}
}

func kindOf(o Object) kind {
	for _, k := range ours() {
		if k.kind == o.Kind() {
			return k
		}
	}
	return kind{name: o.Kind(), kind: o.Kind()}
}

// path returns the URL path of one object, or of all of a namespace when name
// is empty.
func (k kind) path(namespace, name string) string {
	p := "/apis/" + k.apiVersion
	if k.apiVersion == "v1" {
		p = "/api/v1"
	}
	if k.kind != namespaces.kind {
		p += "/namespaces/" + namespace
	}
	p += "/" + k.resource
	if name != "" {
		p += "/" + name
	}
	return p
}
