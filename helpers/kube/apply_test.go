package kube_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

func TestApplyMakesTheClusterAgreeOnce(t *testing.T) {
	t.Parallel()
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}})
	client, w := connect(t, server.Kubeconfig()), example()
	first := apply(t, client, w)
	if len(first.Changed) != 5 || first.Revision == "" {
		t.Errorf("the first Apply changed %q, revision %q", first.Changed, first.Revision)
	}
	rollout(t, client, w, done)
	server.ForgetCalls()
	second := apply(t, client, w)
	if len(second.Changed)+len(second.Removed) != 0 || second.Revision != first.Revision {
		t.Errorf("the second Apply did %+v", second)
	}
	for _, c := range server.Calls() {
		if c.Verb != "get" && c.Verb != "list" {
			t.Errorf("the second Apply sent %+v", c)
		}
	}
}
