package juju

import (
	"reflect"
	"testing"
)

// TestStoryHookError is a hook in error with nobody to retry it: nothing of it is
// kept, actions still run, nothing else does, and `juju resolve` runs it again.
func TestStoryHookError(t *testing.T) { onEach(t, hookError) }

func hookError(t *testing.T, on place) {
	s := newStory(t, on, false)
	s.step(step{Do: "kafka", App: "kafka"})
	deploy := s.deploy(built.charm)
	deploy.Config["kubeconfig"] = ""
	s.step(deploy)
	before := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})

	// What the charm did outside Juju in this hook stays done: there are two workers
	// now. That it knows so does not.
	s.step(step{Do: "refuse", Refuse: "flush", Times: 1})
	a := s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 2}})
	s.wantHooks(a, "connect/0", "FAIL config-changed")
	s.wantStatus(a, "connect/0", "error", `hook failed: "config-changed"`)
	if !reflect.DeepEqual(before.Relations, a.Relations) || !reflect.DeepEqual(before.Secrets, a.Secrets) {
		t.Errorf("a hook that failed left %v and %v, want %v and %v", a.Relations, a.Secrets, before.Relations, before.Secrets)
	}
	if n := a.World.Replicas["connect-connect"]; n != 2 {
		t.Errorf("%d workers, want 2", n)
	}
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "list-connectors"})
	s.wantAction(a, "completed")
	s.wantStatus(a, "connect/0", "error", `hook failed: "config-changed"`)
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 3}})
	s.wantHooks(a, "connect/0")

	a = s.step(step{Do: "resolve", Unit: "connect/0"})
	s.wantFirst(a, "connect/0", "ok config-changed")
	s.wantStatus(a, "connect/0", "active", "3 workers, 2 connectors")
}
