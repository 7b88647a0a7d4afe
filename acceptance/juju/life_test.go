package juju

import (
	"slices"
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// TestStoryLife is the life of the file charm with Juju's own agent, one unit and
// then two. Every step is compared with charmtest by story.step; what is looked
// at here makes sure that the story went where it was meant to go.
func TestStoryLife(t *testing.T) { onEach(t, life) }

func life(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	a := s.step(s.deploy(built.charm))
	s.wantHooks(a, "connect/0", "ok install", "ok cluster-relation-created connect cluster:0", "ok leader-elected", "ok config-changed", "ok start")
	s.wantStatus(a, "connect/0", "blocked", "Kafka is missing")
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "list-connectors"})
	s.wantAction(a, "failed")
	s.step(step{Do: "configure", App: "connect", Config: map[string]any{"kubeconfig": ""}})

	a = s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors")
	s.wantFlag(a, "connect/0", "kafka-connect-file.running")
	if len(a.Secrets) != 1 || a.Secrets[0].Owner != "connect" || len(a.World.Connectors) != 2 {
		t.Errorf("secrets %+v, connectors %v", a.Secrets, a.World.Connectors)
	}
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "list-connectors"})
	s.wantAction(a, "completed")

	s.step(step{Do: "refuse", Refuse: "config-get", Times: 1})
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"worker-config": "offset.flush.interval.ms=1234"}})
	s.wantFirst(a, "connect/0", "FAIL config-changed", "ok config-changed")
	s.step(step{Do: "refuse", Refuse: "flush", Times: 2})
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 2}})
	s.wantFirst(a, "connect/0", "FAIL config-changed", "FAIL config-changed", "ok config-changed")
	s.wantStatus(a, "connect/0", "active", "2 workers, 2 connectors")

	a = s.step(step{Do: "add-unit", App: "connect"})
	s.wantStatus(a, "connect/1", "active", "standing by")
	a = s.step(step{Do: "action", Unit: "connect/1", Action: "list-connectors"})
	s.wantAction(a, "failed")
	a = s.step(step{Do: "lead", App: "connect", Unit: "connect/1"})
	s.wantStatus(a, "connect/1", "active", "2 workers, 2 connectors")
	a = s.step(step{Do: "refresh", App: "connect", Charm: built.charm})
	s.wantFirst(a, "connect/1", "ok upgrade-charm", "ok config-changed")
	s.wantFlag(a, "connect/1", "kafka-connect-file.running")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 1}})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors")

	a = s.step(step{Do: "remove-unit", Unit: "connect/0"})
	if n := len(a.Units); n != 1 || len(a.World.Connectors) != 2 {
		t.Errorf("%d units, connectors %v", n, a.World.Connectors)
	}
	a = s.step(step{Do: "remove-relation", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/1", "blocked", "Kafka is missing")
	a = s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors")
	a = s.step(step{Do: "remove-application", App: "connect"})
	if len(a.Units) != 0 || len(a.World.Objects) != 0 || len(a.World.Topics) == 0 {
		t.Errorf("left: units %v, objects %q, topics %v", a.Units, a.World.Objects, a.World.Topics)
	}
	if n := s.processes(); n > 0 {
		t.Errorf("%d hook tools were run as processes, want none: the charm speaks to the agent's socket", n)
	}
}

func (s *story) deploy(archive string) step {
	return step{Do: "deploy", App: "connect", Charm: archive, Units: 1, Config: map[string]any{
		"topics": "lines", "source-file": s.dir + "/from.txt", "sink-file": s.dir + "/to.txt"}}
}

func (s *story) wantHooks(a controller.Answer, unit string, want ...string) {
	s.t.Helper()
	if got := a.Hooks[unit]; !slices.Equal(got, want) {
		s.t.Errorf("%s ran %q, want %q", unit, got, want)
	}
}

func (s *story) wantFirst(a controller.Answer, unit string, want ...string) {
	s.t.Helper()
	if got := a.Hooks[unit]; len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		s.t.Errorf("%s ran %q, want %q first", unit, got, want)
	}
}

func (s *story) wantStatus(a controller.Answer, unit, kind, part string) {
	s.t.Helper()
	if u := a.Units[unit]; u.Workload != kind || !strings.Contains(u.Message, part) {
		s.t.Errorf("%s is %s: %s, want %s: %s", unit, u.Workload, u.Message, kind, part)
	}
}

func (s *story) wantFlag(a controller.Answer, unit, flag string) {
	s.t.Helper()
	if !slices.Contains(a.Units[unit].Flags, flag) {
		s.t.Errorf("%s has stored %q, want %s among them", unit, a.Units[unit].Flags, flag)
	}
}

func (s *story) wantAction(a controller.Answer, status string) {
	s.t.Helper()
	if a.Action == nil || a.Action.Status != status {
		s.t.Errorf("the action is %+v, want %s", a.Action, status)
	}
}
