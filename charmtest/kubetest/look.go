package kubetest

// Looking at what is stored, without a client.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
)

// Objects gives what is stored of a kind ("statefulsets", "secrets"), sorted by
// name, as the API would show it; namespace "" means all.
func (s *Server) Objects(resource, namespace string) ([]map[string]any, error) {
	k := s.kinds[resource]
	if k == nil {
		return nil, fmt.Errorf("cannot look at %s: kubetest does not serve them", resource)
	}
	s.store.mu.Lock()
	list := s.store.listLocked(k, namespace)
	s.store.mu.Unlock()
	objects := make([]map[string]any, 0, len(list))
	for _, o := range list {
		plain, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
		if err != nil {
			return nil, fmt.Errorf("cannot look at %s: %w", resource, err)
		}
		objects = append(objects, plain)
	}
	return objects, nil
}
