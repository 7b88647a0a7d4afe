package juju

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// TestALeaderThatIsGone has leadership as Juju does: agents claim a lease and renew
// it. The leader's agent is killed, and nobody says who leads then. It is not told on
// Juju's own controller, whose leases lie in a store for tests that lets none run out.
func TestALeaderThatIsGone(t *testing.T) {
	const lease = 6 * time.Second
	dir, err := os.MkdirTemp("/tmp", "jj")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	m, err := played(controller.Options{Dir: dir, Jujuc: built.jujuc, Lease: lease})
	must(t, err)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Errorf("agents ended with %v", err)
		}
	})
	do := func(one step) {
		_, err := m.Play(one)
		must(t, err)
	}
	do(step{Do: "deploy", App: "connect", Charm: built.charm, Units: 3})
	first := led(t, m, "a unit leads", func(leader string) bool { return leader != "" })
	if _, err := m.Play(step{Do: "lead", App: "connect", Unit: first}); err == nil {
		t.Error("a test can say who leads where units claim it")
	}
	m.Told()

	do(step{Do: "kill-agent", Unit: first})
	killed := time.Now()
	next := led(t, m, "another unit leads", func(leader string) bool { return leader != "" && leader != first })
	// It was renewed at half of its time, or a little later.
	if took := time.Since(killed); took < lease/4 {
		t.Errorf("%s leads %s after %s was killed, whose lease cannot have run out", next, took, first)
	}
	do(step{Do: "start-agent", Unit: first})
	led(t, m, "the units rest", func(leader string) bool { return leader == next })
	hooks := m.Look("").Hooks
	for unit, ran := range hooks {
		if elected := slices.Contains(ran, "ok leader-elected"); elected != (unit == next) {
			t.Errorf("%s leads, and %s ran %q", next, unit, ran)
		}
	}
	if !slices.Contains(hooks[first], "ok leader-settings-changed") {
		t.Errorf("%s leads no more and ran %q", first, hooks[first])
	}
}

// led waits until the units rest and a leader is as wanted.
func led(t *testing.T, m juju, what string, wanted func(leader string) bool) (leader string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		idle, leader := m.Idle(), ""
		units := m.Look("").Units
		for name, u := range units {
			if u.Leader {
				leader = name
			}
		}
		if idle && wanted(leader) {
			return leader
		}
		if trouble := m.Trouble(); len(trouble) > 0 || time.Now().After(deadline) {
			t.Fatalf("not within %s: %s: %q leads, idle %v, trouble %q, units %+v", patience, what, leader, idle, trouble, units)
		}
	}
}
