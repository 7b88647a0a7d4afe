package kube_test

// The permissions in docs/reference/rbac.md are those the client uses: all of
// them, and no others.

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

const rbacPage = "../../docs/reference/rbac.md"

// roleBlock is the page's YAML of a kind, and what stands before and after it.
func roleBlock(t *testing.T, kind string) (before, block, after string) {
	t.Helper()
	content, err := os.ReadFile(rbacPage)
	if err != nil {
		t.Fatal(err)
	}
	const fence = "```yaml\n"
	rest, done := string(content), 0
	for {
		start := strings.Index(rest[done:], fence)
		if start < 0 {
			t.Fatalf("%s has no %s", rbacPage, kind)
		}
		start += done + len(fence)
		end := start + strings.Index(rest[start:], "```")
		if strings.Contains(rest[start:end], "\nkind: "+kind+"\n") {
			return rest[:start], rest[start:end], rest[end:]
		}
		done = end + 3
	}
}

func rulesOf(t *testing.T, kind string) []rbacv1.PolicyRule {
	t.Helper()
	_, block, _ := roleBlock(t, kind)
	var role rbacv1.ClusterRole // of the same shape as a Role
	if err := yaml.UnmarshalStrict([]byte(block), &role); err != nil {
		t.Fatal(err)
	}
	return role.Rules
}

// life does everything a charm does with its workers.
func life(t *testing.T, c *kube.Client, open *gate) {
	t.Helper()
	w := example()
	w.NetworkPolicy = true
	open.open(false)
	apply(t, c, w)
	rollout(t, c, w, func(r kube.Rollout) bool { return r.Message != "" })
	open.open(true)
	rollout(t, c, w, done)
	w.NetworkPolicy, w.Image = false, "apache/kafka:4.0.1"
	w.Properties["a"] = "b"
	apply(t, c, w)
	rollout(t, c, w, done)
	apply(t, c, w)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if code, body := call(t, c, w, method, "/connectors", ""); code != 200 {
			t.Errorf("%s: %d %s", method, code, body)
		}
	}
	if err := c.Scale(t.Context(), w, 0); err != nil {
		t.Fatal(err)
	}
	w.NetworkPolicy = true
	apply(t, c, w)
	if err := c.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}

func TestRoleIsWhatTheClientUses(t *testing.T) {
	t.Parallel()
	addr := worker(t)
	g := &gate{addr: addr}
	server := serve(t, kubetest.Options{Runtime: g})
	// A namespace in which no pod is allowed, so that events are read.
	namespaceThatRefuses(t, server)
	life(t, connect(t, server.Kubeconfig()), g)
	w := cases()["seed"]
	w.Namespace, w.Name = "strict", "seed-connect"
	client := connect(t, server.Kubeconfig())
	apply(t, client, w)
	rollout(t, client, w, func(r kube.Rollout) bool { return strings.Contains(r.Message, "PodSecurity") })

	namespaced, cluster := recorded(server.Calls())
	if testfile.Update() {
		before, _, after := roleBlock(t, "Role")
		role, err := yaml.Marshal(map[string]any{
			"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
			"metadata": map[string]any{"name": "kafka-connect-base"}, "rules": namespaced})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(rbacPage, []byte(before+string(role)+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(rulesOf(t, "Role"), namespaced); diff != "" {
		t.Errorf("the Role in %s (-page +used):\n%s", rbacPage, diff)
	}
	if diff := cmp.Diff(rulesOf(t, "ClusterRole"), cluster); diff != "" {
		t.Errorf("the ClusterRole in %s (-page +used):\n%s", rbacPage, diff)
	}
}

func TestRoleIsEnough(t *testing.T) {
	t.Parallel()
	g := &gate{addr: worker(t)}
	server := serve(t, kubetest.Options{Runtime: g})
	_, kubeconfig := server.AddUser("charm", append(rulesOf(t, "Role"), rulesOf(t, "ClusterRole")...)...)
	life(t, connect(t, kubeconfig), g)
}

func namespaceThatRefuses(t *testing.T, server *kubetest.Server) {
	t.Helper()
	body := `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"strict","labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`
	if err := rawClient(t, server).Post().AbsPath("/api/v1/namespaces").SetHeader("Content-Type", "application/json").
		Body([]byte(body)).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
	server.ForgetCalls()
}

// recorded turns calls into rules: one for each group of resources with the
// same verbs.
func recorded(calls []kubetest.Call) (namespaced, cluster []rbacv1.PolicyRule) {
	verbs := map[[2]string][]string{}
	use := func(group, resource, verb string) {
		k := [2]string{group, resource}
		if resource == "namespaces" && verb == "create" { // one that is there is in itself, so a Role serves for get
			cluster = []rbacv1.PolicyRule{{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}}
			return
		}
		if !slices.Contains(verbs[k], verb) {
			verbs[k] = append(verbs[k], verb)
		}
	}
	for _, c := range calls {
		resource := c.Resource
		if c.Subresource != "" {
			resource += "/" + c.Subresource
		}
		use(c.Group, resource, c.Verb)
		if c.Verb == "patch" && c.Created {
			use(c.Group, resource, "create")
		}
	}
	for k, v := range verbs {
		slices.Sort(v)
		rule := rbacv1.PolicyRule{APIGroups: []string{k[0]}, Resources: []string{k[1]}, Verbs: v}
		same := slices.IndexFunc(namespaced, func(r rbacv1.PolicyRule) bool {
			return r.APIGroups[0] == k[0] && slices.Equal(r.Verbs, v)
		})
		if same < 0 {
			namespaced = append(namespaced, rule)
			continue
		}
		namespaced[same].Resources = append(namespaced[same].Resources, k[1])
	}
	for _, r := range namespaced {
		slices.Sort(r.Resources)
	}
	slices.SortFunc(namespaced, func(a, b rbacv1.PolicyRule) int {
		return strings.Compare(a.APIGroups[0]+"/"+a.Resources[0], b.APIGroups[0]+"/"+b.Resources[0])
	})
	return namespaced, cluster
}
