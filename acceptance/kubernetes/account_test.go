package kubernetes_test

// Accounts of the real RBAC: a service account with a token and the rules of
// the page an operator is given.

import (
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

const rbacPage = "../../docs/reference/rbac.md"

// rule is one rule of a Role.
type rule struct {
	APIGroups []string `json:"apiGroups"`
	Resources []string `json:"resources"`
	Verbs     []string `json:"verbs"`
}

// rulesOf reads the page's rules of a kind, Role or ClusterRole.
func rulesOf(t *testing.T, kind string) []rule {
	t.Helper()
	content, err := os.ReadFile(rbacPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(content), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		var role struct {
			Kind  string
			Rules []rule
		}
		if err := yaml.Unmarshal([]byte(block), &role); err != nil {
			t.Fatal(err)
		}
		if role.Kind == kind {
			return role.Rules
		}
	}
	t.Fatalf("%s has no %s", rbacPage, kind)
	return nil
}

const rbac = "/apis/rbac.authorization.k8s.io/v1"

// account makes a service account that may do what rules say, in the namespace
// or, when everywhere, in all; and returns its token once the API server has
// taken note. It lives in the namespace "accounts".
func account(t *testing.T, name, namespace string, everywhere bool, rules []rule) string {
	t.Helper()
	a := admin(t)
	a.create("/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": "accounts"}})
	accounts := "/api/v1/namespaces/accounts/serviceaccounts"
	metadata := map[string]any{"metadata": map[string]any{"name": name}}
	a.create(accounts, metadata)
	token := a.create(accounts+"/"+name+"/token", map[string]any{"spec": map[string]any{"expirationSeconds": 3600}}).text("status", "token")
	if token == "" {
		t.Fatal("the service account has no token")
	}
	kind, path := "Role", rbac+"/namespaces/"+namespace+"/"
	if everywhere {
		kind, path = "ClusterRole", rbac+"/cluster"
	}
	role, binding := maps.Clone(metadata), maps.Clone(metadata)
	role["rules"] = rules
	binding["roleRef"] = map[string]any{"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
	binding["subjects"] = []any{map[string]any{"kind": "ServiceAccount", "namespace": "accounts", "name": name}}
	a.create(path+"roles", role)
	a.create(path+"rolebindings", binding)
	self := as(t, token)
	r := rules[0]
	review := map[string]any{"spec": map[string]any{"resourceAttributes": map[string]any{
		"namespace": namespace, "group": r.APIGroups[0], "resource": r.Resources[0], "verb": r.Verbs[0]}}}
	var answer object
	until(t, "the role is in force", func() bool {
		var code int
		code, answer = self.call("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "application/json", review)
		return code == http.StatusCreated && answer.at("status", "allowed") == true
	}, func() any { return answer })
	return token
}

// connect is the client under test.
func connect(t *testing.T, token string, seam func(effect string)) *kube.Client {
	t.Helper()
	o := kube.Options{Kubeconfig: real.Kubeconfig(token)}
	if seam != nil {
		o.Seam = recording(seam)
	}
	c, err := kube.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
