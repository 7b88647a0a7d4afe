package juju

import "testing"

// TestStoryKubeconfig gives the way to Kubernetes as a user's secret: first one that
// has something else, then one that has it, which the units are told of.
func TestStoryKubeconfig(t *testing.T) { onEach(t, kubeconfig) }

func kubeconfig(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	s.step(s.deploy(built.charm))
	a := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "blocked", "no way to Kubernetes")
	secret := step{Do: "secret", App: "connect", One: "kubeconfig", Two: "cluster", Data: []map[string]string{{"token": "something-else"}}}
	a = s.step(secret)
	s.wantStatus(a, "connect/0", "blocked", `the secret that option kubeconfig names has no key "kubeconfig"`)
	secret.Data = []map[string]string{{"kubeconfig": ""}} // that of the story's Kubernetes
	a = s.step(secret)
	s.wantFirst(a, "connect/0", "ok secret-changed")
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors")
	a = s.step(step{Do: "add-unit", App: "connect"})
	s.wantStatus(a, "connect/1", "active", "standing by")
	a = s.step(step{Do: "lead", App: "connect", Unit: "connect/1"})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors")
	a = s.step(step{Do: "remove-application", App: "connect"})
	if len(a.World.Objects) != 0 {
		t.Errorf("left: %q", a.World.Objects)
	}
}
