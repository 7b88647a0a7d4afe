// What the conformance cases do not hold: facts, changes, outcomes, and the ways a hook fails.

package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var (
	a, b, c = flags.New("a"), flags.New("b"), flags.New("c")
	db      = flags.Endpoint("db")
)

// unit is an engine with the state it left.
type unit struct {
	*testing.T
	engine *reactive.Engine
	state  reactive.State
}

func newUnit(t *testing.T, rules ...reactive.Entry) *unit {
	t.Helper()
	engine, err := reactive.Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return &unit{T: t, engine: engine}
}

// upgrade gives the unit other rules.
func (u *unit) upgrade(rules ...reactive.Entry) {
	u.Helper()
	u.engine = newUnit(u.T, rules...).engine
}

// hook runs a hook that has to succeed with these rules running, and stores its state.
func (u *unit) hook(w reactive.World, want ...string) reactive.Result {
	u.Helper()
	result, err := u.engine.Run(u.Context(), u.state, w)
	if err != nil {
		u.Fatal(err)
	}
	if diff := cmp.Diff(want, order(result), cmpopts.EquateEmpty()); diff != "" {
		u.Errorf("rules (-want +ran):\n%s", diff)
	}
	u.state = stored(u, result.State)
	return result
}

// fails runs a hook that has to fail with those words.
func (u *unit) fails(w reactive.World, words string) (reactive.Result, error) {
	u.Helper()
	result, err := u.engine.Run(u.Context(), u.state, w)
	if err == nil || !strings.Contains(err.Error(), words) {
		u.Fatalf("error %v, want one with %q", err, words)
	}
	if diff := cmp.Diff(u.state, result.State); diff != "" {
		u.Errorf("a hook that failed left something (-before +after):\n%s", diff)
	}
	if result.Outcomes != nil {
		u.Errorf("a hook that failed has outcomes %v", result.Outcomes)
	}
	return result, err
}

func versions(pairs ...string) reactive.World {
	w := reactive.World{Versions: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		w.Versions[pairs[i]] = pairs[i+1]
	}
	return w
}

func facts(list ...flags.Fact) reactive.World {
	w := reactive.World{Facts: map[string]bool{}}
	for _, f := range list {
		w.Facts[f.Name()] = true
	}
	return w
}

func clears(f flags.Flag) reactive.Handler {
	return func(_ context.Context, changes *reactive.Changes) error {
		changes.Clear(f)
		return nil
	}
}

func on(list ...flags.Term) reactive.Clause { return reactive.When(flags.All(list...)) }

// TestNeverRan is what each change means to a rule that has never run, without and with something there, and to one that
// has, when it goes on, alters, and goes away.
func TestNeverRan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		change                            flags.Change
		absent, present, altered, removed bool
	}{
		{flags.ConfigChanged, true, true, true, true},
		{flags.ConfigOptionChanged("k"), true, true, true, true},
		{db.Changed, false, true, true, true},
		{db.KeyChanged("k"), false, true, true, true},
		{db.Departed, false, true, true, true},
		{flags.UpgradeCharm, false, false, true, true},
	} {
		t.Run(test.change.Name(), func(t *testing.T) {
			t.Parallel()
			name := test.change.Name()
			runs := func(holds bool) []string {
				if holds {
					return []string{"r"}
				}
				return nil
			}
			rule := on(test.change).Do("r", nothing)
			newUnit(t, rule).hook(reactive.World{}, runs(test.absent)...)
			u := newUnit(t, rule)
			u.hook(versions(name, "1"), runs(test.present)...)
			u.hook(versions(name, "1"))
			u.hook(versions(name, "2"), runs(test.altered)...)
			u.hook(versions(name, "2"))
			u.hook(reactive.World{}, runs(test.removed)...)
			u.hook(reactive.World{})
			u.hook(versions(name, "2"), "r")
		})
	}
}

func TestChangeIsEachRulesOwn(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.ConfigChanged).Do("first", nothing),
		on(flags.ConfigChanged, a).Do("later", nothing),
		on(flags.Hook("go")).Do("set a", set(a)).Sets(a),
	)
	u.hook(versions("config.changed", "1"), "first")
	w := versions("config.changed", "1")
	w.Facts = map[string]bool{"hook.go": true}
	u.hook(w, "set a", "later") // it has waited for its flag
	u.hook(versions("config.changed", "1"))
	u.hook(versions("config.changed", "2"), "first", "later")
}

func TestChangeComesAgain(t *testing.T) {
	t.Parallel()
	lucky := false
	u := newUnit(t,
		on(flags.ConfigChanged).Do("first", nothing),
		on(flags.ConfigChanged).Do("second", func(context.Context, *reactive.Changes) error {
			if !lucky {
				return errors.New("no luck")
			}
			return nil
		}),
	)
	u.fails(versions("config.changed", "1"), `cannot run rule "second": no luck`)
	u.fails(versions("config.changed", "1"), "no luck")
	lucky = true
	u.hook(versions("config.changed", "1"), "first", "second")
	u.hook(versions("config.changed", "1"))
}

func TestConsumedChangeIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	// The rule watches a, which it sets: it is looked at again, and its change is no longer there.
	u := newUnit(t, reactive.When(flags.All(flags.ConfigChanged).And(flags.NotAll(a, b))).Do("r", set(a)).Sets(a))
	u.hook(reactive.World{}, "r")
	// In Any, the rest of the condition goes on holding.
	u = newUnit(t, reactive.When(flags.Any(flags.ConfigChanged, a)).Do("r",
		func(_ context.Context, changes *reactive.Changes) error {
			if changes.IsSet(flags.ConfigChanged) {
				changes.Set(a)
			}
			return nil
		}).Sets(a))
	u.hook(reactive.World{}, "r", "r")
	u.hook(reactive.World{}, "r")
}

// TestConsumedChangesArePartOfTheState is a hook whose flags come back twice, each time with one change less.
func TestConsumedChangesArePartOfTheState(t *testing.T) {
	t.Parallel()
	x, k := flags.New("x"), flags.New("k")
	u := newUnit(t,
		on(x, flags.ConfigChanged).Do("one", clears(x)).Clears(x),
		on(x, db.Changed).Do("two", clears(x)).Clears(x),
		reactive.When(flags.Any(x, k)).Do("again", set(x)).Sets(x),
	)
	u.state.Flags = []string{"k"}
	w := versions("config.changed", "1", "endpoint.db.changed", "1")
	u.hook(w, "again", "one", "again", "two", "again", "again")
	u.hook(w, "again")
}

func TestUpgradeCharm(t *testing.T) {
	t.Parallel()
	u := newUnit(t, on(flags.UpgradeCharm).Do("old", nothing))
	u.hook(reactive.World{})
	u.hook(versions("upgrade.charm", "v1"))
	u.upgrade(
		on(flags.UpgradeCharm).Do("old", nothing),
		on(flags.UpgradeCharm).Do("new", nothing),  // the version that brings it is its first
		reactive.OnSet(flags.UpgradeCharm).Sets(a), // and the trigger's
	)
	if r := u.hook(versions("upgrade.charm", "v2"), "old"); r.Before.Set != nil {
		t.Errorf("the trigger fired: %v", r.Before)
	}
	if r := u.hook(versions("upgrade.charm", "v3"), "old", "new"); !slices.Equal(r.Before.Set, []string{"a"}) {
		t.Errorf("the trigger did not fire: %v", r.Before)
	}
}

func TestTriggerOnUpgradeWaitsForTheFirstVersion(t *testing.T) {
	t.Parallel()
	u := newUnit(t, reactive.OnSet(flags.UpgradeCharm).Sets(a))
	for _, test := range []struct {
		world reactive.World
		want  []string
	}{
		{reactive.World{}, nil},
		{versions("upgrade.charm", "v1"), nil},
		{versions("upgrade.charm", "v2"), []string{"a"}},
	} {
		if r := u.hook(test.world); !slices.Equal(r.Before.Set, test.want) {
			t.Errorf("%v: the trigger set %v", test.world, r.Before.Set)
		}
	}
}

func TestTriggersOnFactsAndChanges(t *testing.T) {
	t.Parallel()
	leads, lost, stale := flags.New("leads"), flags.New("lost"), flags.New("stale")
	bad := true
	u := newUnit(t,
		reactive.OnSet(flags.Leader).Sets(leads).Clears(lost),
		reactive.OnCleared(flags.Leader).Sets(lost).Clears(leads),
		reactive.OnSet(flags.ConfigChanged).Sets(stale),
		on(stale).Do("refresh", func(_ context.Context, changes *reactive.Changes) error {
			if bad {
				return errors.New("no luck")
			}
			changes.Clear(stale)
			return nil
		}).Clears(stale),
	)
	check := func(want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, u.state.Flags, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("flags (-want +got):\n%s", diff)
		}
	}
	leading := versions("config.changed", "1")
	leading.Facts = map[string]bool{flags.Leader.Name(): true}
	result, _ := u.fails(leading, "no luck")
	if want := (reactive.Effects{Set: []string{"leads", "stale"}}); !cmp.Equal(want, result.Before) {
		t.Errorf("before the first pass: %v", result.Before)
	}
	bad = false
	u.hook(leading, "refresh") // everything comes again
	check("leads")
	u.hook(leading) // nothing is new
	check("leads")
	u.hook(versions("config.changed", "1"))
	check("lost")
	u.hook(versions("config.changed", "2"), "refresh")
	u.hook(leading, "refresh")
	check("leads")
}

func TestTriggerLoopBeforeTheFirstPass(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		reactive.OnSet(flags.Leader).Sets(a),
		reactive.OnSet(a).Clears(a),
		reactive.OnCleared(a).Sets(a),
	)
	_, err := u.fails(facts(flags.Leader), "triggers go round for ever: on set leadership.is_leader: set a → "+
		"on set a: clear a → on clear a: set a → on set a: clear a")
	if _, ok := errors.AsType[*reactive.TriggerLoopError](err); !ok {
		t.Errorf("it is %T", err)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	var answer error
	u := newUnit(t,
		on(flags.ConfigChanged).Do("asks", func(_ context.Context, changes *reactive.Changes) error {
			changes.Set(a)
			return answer
		}).Sets(a).Once(),
		on(a).Do("sees a", nothing),
	)
	answer = reactive.Blocked("relate me to %s", "kafka")
	result := u.hook(reactive.World{}, "asks", "sees a")
	want := []reactive.Status{{Rule: "asks", Outcome: reactive.OutcomeBlocked, Message: "relate me to kafka"}}
	if diff := cmp.Diff(want, result.Outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if first := ran(result)[0]; first.Outcome != reactive.OutcomeBlocked || first.Err == nil || !slices.Equal(first.Set, []string{"a"}) {
		t.Errorf("it ran as %+v", first)
	}
	answer = fmt.Errorf("cannot reach it: %w", reactive.Waiting("kafka"))
	result = u.hook(reactive.World{}, "asks", "sees a") // not marked, and the change is still there
	want = []reactive.Status{{Rule: "asks", Outcome: reactive.OutcomeWaiting, Message: "kafka"}}
	if diff := cmp.Diff(want, result.Outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	answer = nil
	if result = u.hook(reactive.World{}, "asks", "sees a"); result.Outcomes != nil {
		t.Errorf("outcomes %v", result.Outcomes)
	}
	u.hook(versions("config.changed", "2"), "sees a")
}

func TestOutcomeWhoseConditionEnded(t *testing.T) {
	t.Parallel()
	wait := func(context.Context, *reactive.Changes) error { return reactive.Waiting("for b") }
	u := newUnit(t,
		reactive.When(flags.Not(b)).Do("waits", wait),
		reactive.When(flags.Not(c)).Do("still waits", wait),
		reactive.When(flags.Not(b)).Do("set b", set(b)).Sets(b),
	)
	result := u.hook(reactive.World{}, "waits", "still waits", "set b")
	if len(result.Outcomes) != 1 || result.Outcomes[0].Rule != "still waits" {
		t.Errorf("outcomes %v", result.Outcomes)
	}
}

func TestLastOutcomeCounts(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		reactive.When(flags.NotAll(a, b)).Do("asks", func(_ context.Context, changes *reactive.Changes) error {
			if changes.IsSet(a) {
				return nil
			}
			return reactive.Waiting("for a")
		}),
		reactive.When(flags.Not(a)).Do("set a", set(a)).Sets(a),
	)
	if result := u.hook(reactive.World{}, "asks", "set a", "asks"); result.Outcomes != nil {
		t.Errorf("outcomes %v", result.Outcomes)
	}
}

func TestOutcomeJoinedWithAnErrorIsAnError(t *testing.T) {
	t.Parallel()
	u := newUnit(t, on().Do("r", func(context.Context, *reactive.Changes) error {
		return errors.Join(reactive.Waiting("for it"), errors.New("no luck"))
	}))
	u.fails(reactive.World{}, "no luck")
}

func TestTimeIsUp(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		reactive.When(flags.Not(a)).Do("slow", set(a)).Sets(a),
		on(a).Do("next", nothing),
	)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	result, err := u.engine.Run(ctx, u.state, reactive.World{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `time is up in pass 0, before rule "slow"`) {
		t.Errorf("error %v", err)
	}
	if len(ran(result)) != 0 {
		t.Errorf("ran %v", ran(result))
	}
	ctx, stop := context.WithCancelCause(t.Context())
	u = newUnit(t, reactive.When(flags.Not(a)).Do("slow", func(_ context.Context, changes *reactive.Changes) error {
		changes.Set(a)
		stop(errors.New("the unit is going away"))
		return nil
	}).Sets(a), on(a).Do("next", nothing))
	result, err = u.engine.Run(ctx, u.state, reactive.World{})
	if err == nil || !strings.Contains(err.Error(), `in pass 1, before rule "next": the unit is going away`) {
		t.Errorf("error %v", err)
	}
	if len(ran(result)) != 1 || result.State.Flags != nil {
		t.Errorf("result %+v", result)
	}
}
