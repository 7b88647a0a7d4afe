package kubernetes_test

// One permission less than the page says: the error names it.

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestOneVerbLess(t *testing.T) {
	t.Parallel()
	all := rulesOf(t, "Role")
	n := 0
	for i, r := range all {
		for _, resource := range r.Resources {
			for _, verb := range r.Verbs {
				n++
				namespace := fmt.Sprintf("less-%d", n)
				t.Run(verb+" "+resource, func(t *testing.T) {
					t.Parallel()
					oneVerbLess(t, namespace, without(all, i, resource, verb), verb, resource)
				})
			}
		}
	}
	if n < 30 {
		t.Errorf("the page has only %d permissions", n)
	}
}

// without is the rules but for one verb on one resource.
func without(all []rule, i int, resource, verb string) []rule {
	rules := slices.Delete(slices.Clone(all), i, i+1)
	r := all[i]
	others := slices.DeleteFunc(slices.Clone(r.Resources), func(s string) bool { return s == resource })
	if len(others) > 0 {
		rules = append(rules, rule{r.APIGroups, others, r.Verbs})
	}
	verbs := slices.DeleteFunc(slices.Clone(r.Verbs), func(s string) bool { return s == verb })
	if len(verbs) > 0 {
		rules = append(rules, rule{r.APIGroups, []string{resource}, verbs})
	}
	return rules
}

func oneVerbLess(t *testing.T, namespace string, rules []rule, verb, resource string) {
	t.Helper()
	a := admin(t)
	a.namespace(namespace, map[string]any{"annotations": map[string]any{"kubelite/missing": oldImage}})
	client := connect(t, account(t, namespace, namespace, false, rules), nil)
	err := shortLife(t, client, namespace)
	switch verb + " " + resource {
	case "list events", "get namespaces": // only a reason gets lost; the write tells whether the namespace is there
		if err != nil {
			t.Error(err)
		}
		return
	}
	isError(t, err, kube.ErrForbidden, "the charm's account cannot "+verb+" "+resource+" in namespace "+namespace, "docs/reference/rbac.md")
}

// shortLife needs every permission and no pod that runs. It ends at the first
// error.
func shortLife(t *testing.T, client *kube.Client, namespace string) error {
	w := workers(namespace, 1)
	w.NetworkPolicy = true
	if _, err := client.Apply(t.Context(), w); err != nil {
		return err
	}
	if _, err := client.Rollout(t.Context(), w); err != nil { // looks at the pods
		return err
	}
	w.Replicas, w.NetworkPolicy, w.Properties = 0, false, map[string]string{"group.id": "other"}
	if _, err := client.Apply(t.Context(), w); err != nil {
		return err
	}
	rollout(t, client, w, done)
	if _, err := client.Apply(t.Context(), w); err != nil { // takes the old Secret away
		return err
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		if err := proxied(t, client, w, method); err != nil {
			return err
		}
	}
	return client.Delete(t.Context(), w)
}

// proxied is the error of an answer that says no, as helpers/kube turned it.
func proxied(t *testing.T, client *kube.Client, w kube.Workers, method string) error {
	code, body := request(t, client, w, method, "/connectors", "{}")
	if code == http.StatusForbidden {
		return errors.Join(kube.ErrForbidden, errors.New(body))
	}
	if code != http.StatusServiceUnavailable || !strings.Contains(body, `"error_code":503`) {
		t.Errorf("%s without workers: %d %s", method, code, body)
	}
	return nil
}

// request goes to the workers the way the client says.
func request(t *testing.T, client *kube.Client, w kube.Workers, method, path, body string) (int, string) {
	t.Helper()
	base, transport, err := client.Transport(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}
