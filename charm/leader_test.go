package charm_test

// What a leader must not undo that has only just become one.

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// The only unit's machine is lost and a new unit comes: it leads from its first
// hook on, long before it has met Kafka, and must leave the connectors running.
func TestNewUnitLeadsBeforeItMeetsKafka(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	writes, kubeWrites := len(l.Group("connect").Writes()), len(l.Kube.Writes())
	l.Must(l.KillUnit("connect/0"))
	unit, err := l.AddUnit("connect")
	l.Must(err)
	l.MustSettle()
	l.wantStatus(unit, runningStatus)
	if again := l.Group("connect").Writes()[writes:]; len(again) > 0 {
		t.Errorf("the new unit wrote to Connect: %v", again)
	}
	if again := l.Kube.Writes()[kubeWrites:]; len(again) > 0 {
		t.Errorf("the new unit wrote to Kubernetes: %v", again)
	}
}

// A connector that was paused stays paused under the next leader, and when Kafka
// went and came.
func TestPausedStaysPaused(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	l.run(l.Leader("connect"), "pause-connector", map[string]any{"name": "connect-sink"})
	l.Must(l.KillUnit(l.Leader("connect")))
	l.MustSettle()
	l.wantConnectors("connect-sink paused", "connect-source running")
	l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors()
	l.Must(l.Integrate("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors("connect-sink paused", "connect-source running")
}

// The first unit to stop deletes the workers. Where the leader had no chance yet
// to unregister the connectors, that unit does it: they must not run again in the
// next application of that name.
func TestRemovedTogether(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	l.Must(l.RemoveApplication("connect"))
	for more := true; more; { // the other units do all they have to do before the leader does anything
		more = false
		for _, unit := range l.Units("connect") {
			if unit == leader {
				continue
			}
			did, err := l.Step(t.Context(), unit)
			l.Must(err)
			more = more || did
		}
	}
	l.MustSettle()
	l.wantConnectors()
	if s := l.MustSnapshot(); len(s.Objects) > 0 {
		t.Errorf("left in Kubernetes: %q", s.Objects)
	}
}
