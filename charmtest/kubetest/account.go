package kubetest

// The service account that Juju gives an application of a Kubernetes model.

import rbacv1 "k8s.io/api/rbac/v1"

// What Juju allows that account, by default and once the application is trusted
// with scope cluster (caas/kubernetes/provider/application/trust.go of Juju 3.6).
func accountRules(trusted bool) []rbacv1.PolicyRule {
	if trusted {
		return []rbacv1.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}}
	}
	return []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"pods", "services"}, Verbs: []string{"get", "list", "patch"}},
		{APIGroups: []string{""}, Resources: []string{"pods/exec"}, Verbs: []string{"create"}},
	}
}

// AddServiceAccount adds the account of a model's application, whose user is
// "system:serviceaccount:MODEL:APP", and returns its token. Calling it again
// changes what it may do, as `juju trust` does.
func (s *Server) AddServiceAccount(model, app string, trusted bool) (token string) {
	token, _ = s.AddUser("system:serviceaccount:"+model+":"+app, accountRules(trusted)...)
	return token
}

// RotateToken gives the owner of a token another one, and the old one has expired.
func (s *Server) RotateToken(token string) (next string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next = token + "-again"
	s.users[next] = s.users[token]
	delete(s.users, token)
	return next
}
