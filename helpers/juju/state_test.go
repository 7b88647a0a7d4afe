package juju_test

// Unit state: parts, differences, limits.

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

func TestLongValues(t *testing.T) {
	t.Parallel()
	agent := start(t)
	for _, size := range []int{0, 1, 60 << 10, 60<<10 + 1, 500 << 10, 130 << 10, 10} {
		value := strings.Repeat("é", size/2) + strings.Repeat("x", size%2)
		unit := install(t, agent)
		unit.SetState("v", value)
		if got, ok, err := unit.State(t.Context(), "v"); got != value || !ok || err != nil {
			t.Fatalf("%d bytes, pending: %v, %v", size, ok, err)
		}
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, ok, err := install(t, agent).State(t.Context(), "v")
		if got != value || !ok || err != nil {
			t.Fatalf("%d bytes: got %d, %v, %v", size, len(got), ok, err)
		}
		if want := max(1, (size+60<<10-1)/(60<<10)); len(agent.State) < want || len(agent.State) > want+1 {
			t.Errorf("%d bytes stand in %d parts", size, len(agent.State))
		}
	}
	unit := install(t, agent)
	unit.DeleteState("v")
	if _, ok, err := unit.State(t.Context(), "v"); ok || err != nil {
		t.Errorf("deleted: %v, %v", ok, err)
	}
	if err := unit.Commit(t.Context()); err != nil || len(agent.State) != 0 {
		t.Errorf("left %v, %v", agent.State, err)
	}
}

func TestOnlyDifferencesAreWritten(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.State = map[string]string{"same": "1", "changed": "1", "gone": "1", "alone": "1"}
	unit := install(t, agent)
	unit.SetState("same", "1")
	unit.SetState("changed", "2")
	unit.SetState("new", "2")
	unit.DeleteState("gone")
	unit.DeleteState("never")
	for range 2 { // the second finds nothing to do
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"state-get --format=json", "state-set --file -", "state-delete -- gone"}
	if diff := cmp.Diff(want, agent.Calls()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"same": "1", "changed": "2", "new": "2", "alone": "1"}, agent.State); diff != "" {
		t.Error(diff)
	}
}

func TestStateLimit(t *testing.T) {
	t.Parallel()
	agent := start(t)
	unit := install(t, agent)
	unit.SetState("small", "x")
	unit.SetState("huge", strings.Repeat("x", 2<<20))
	err := unit.Commit(t.Context())
	if !errors.Is(err, juju.ErrStateFull) || !strings.Contains(err.Error(), `"huge" is the largest`) {
		t.Fatal(err)
	}
	if len(agent.State) != 0 {
		t.Error("something was written")
	}
	unit.SetState("huge", strings.Repeat("x", 2<<20-4096))
	if err := unit.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStateKeyWithMark(t *testing.T) {
	t.Parallel()
	unit := install(t, start(t))
	unit.SetState("a#1", "x")
	if err := unit.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "'#'") {
		t.Fatal(err)
	}
}

// A walk through random changes over several hooks, against a plain map.
func TestStateIsAMap(t *testing.T) {
	t.Parallel()
	agent := start(t)
	model := map[string]string{}
	random := rand.New(rand.NewPCG(1, 2))
	keys := []string{"a", "b", "c"}
	for range 25 {
		unit := install(t, agent)
		for range random.IntN(4) {
			key := keys[random.IntN(len(keys))]
			if random.IntN(3) == 0 {
				unit.DeleteState(key)
				delete(model, key)
				continue
			}
			model[key] = strings.Repeat(string(rune('a'+random.IntN(26))), random.IntN(130<<10))
			unit.SetState(key, model[key])
		}
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		next := install(t, agent)
		for _, key := range keys {
			got, ok, err := next.State(t.Context(), key)
			want, there := model[key]
			if err != nil || ok != there || got != want {
				t.Fatalf("%s: %d bytes %v, want %d %v (%v)", key, len(got), ok, len(want), there, err)
			}
		}
	}
}
