package juju

import (
	"slices"
	"testing"
)

// TestHookError is a hook in error with nobody to retry it: nothing of it is
// kept, actions still run, nothing else does, and `juju resolve` runs it again.
func TestHookError(t *testing.T) {
	s := newStory(t, false)
	s.step(step{Do: "kafka", App: "kafka"})
	deploy := s.deploy(built.charm)
	deploy.Config["kubeconfig"] = ""
	before := s.step(deploy)

	// What the charm does outside Juju in this hook stays done: topics, workers,
	// connectors. Its flags, its peer data and its secret do not.
	s.step(step{Do: "refuse", Refuse: "flush", Times: 2})
	s.step(step{Do: "look"})
	a := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantHooks(a, "connect/0", "FAIL kafka-relation-created")
	s.wantStatus(a, "connect/0", "error", `hook failed: "kafka-relation-created"`)
	if was, is := before.Units["connect/0"], a.Units["connect/0"]; !slices.Equal(was.Flags, is.Flags) || !slices.Equal(was.State, is.State) {
		t.Errorf("a hook that failed left flags %q and state %q, want %q and %q", is.Flags, is.State, was.Flags, was.State)
	}
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "list-connectors"})
	s.wantAction(a, "failed")
	s.wantStatus(a, "connect/0", "error", `hook failed: "kafka-relation-created"`)
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 2}})
	s.wantHooks(a, "connect/0")

	a = s.step(step{Do: "resolve", Unit: "connect/0"})
	s.wantFirst(a, "connect/0", "ok kafka-relation-created", "ok config-changed", "ok kafka-relation-joined kafka/0 kafka:1")
	s.wantStatus(a, "connect/0", "active", "2 workers, 2 connectors")
}
