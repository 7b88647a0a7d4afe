// The engine against the reference, on units made at random: rules, triggers, facts, changes, outcomes, and the hooks that
// follow one another on them.

package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEngineDoesAsTheReference(t *testing.T) {
	t.Parallel()
	units := uint64(2000)
	if testing.Short() {
		units = 500
	}
	seen := map[string]int{}
	for seed := range units {
		for _, happened := range compareUnit(t, seed) {
			seen[happened]++
		}
		if t.Failed() {
			return
		}
	}
	// A generator that never reaches something would compare nothing there.
	for _, must := range []string{"", "rule fails", "triggers never settle", "rules never settle", "blocked", "waiting", "once"} {
		if seen[must] == 0 {
			t.Errorf("no unit of %d came to %q: %v", units, must, seen)
		}
	}
}

func FuzzEngine(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { compareUnit(t, seed) })
}

// compareUnit makes a unit and runs hooks on it by both engines. It gives what happened.
func compareUnit(t *testing.T, seed uint64) (happened []string) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 0))
	unit := randomUnit(rnd)
	rules := unit.compiled()
	engine, err := reactive.Compile(rules)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	state := reactive.State{}
	for _, flag := range refFlags {
		if rnd.IntN(4) == 0 {
			state.Flags = append(state.Flags, flag)
			unit.memory.flags[flag] = true
		}
	}
	for hook := range 6 {
		world := randomWorld(rnd)
		want := unit.hook(world)
		due := engine.Explain(state, world)
		got, err := engine.Run(context.Background(), state, world)
		wrong := func(what, diff string) {
			t.Errorf("seed %d, hook %d: %s (-reference +engine):\n%s\n%s\nworld %v\nerror %v",
				seed, hook, what, diff, rules, world, err)
		}
		if diff := cmp.Diff(want.err, errorKind(err)); diff != "" {
			wrong("error", diff)
			return
		}
		if want.err != "rules never settle" {
			if diff := cmp.Diff(want.order, order(got), cmpopts.EquateEmpty()); diff != "" {
				wrong("order", diff)
			}
		}
		if want.err == "" {
			if diff := cmp.Diff(want.standing(), outcomesOf(got), cmpopts.EquateEmpty()); diff != "" {
				wrong("outcomes", diff)
			}
			if diff := cmp.Diff(keys(unit.memory.once), got.State.Once, cmpopts.EquateEmpty()); diff != "" {
				wrong("once", diff)
			}
		}
		if diff := cmp.Diff(keys(unit.memory.flags), got.State.Flags, cmpopts.EquateEmpty()); diff != "" {
			wrong("flags", diff)
		}
		if first := firstDue(due); got.Runs > 0 && ran(got)[0].Rule != first {
			wrong("explained", fmt.Sprintf("the first to be due is %q, the first to run %q", first, ran(got)[0].Rule))
		}
		state = stored(t, got.State)
		happened = append(happened, want.err)
		for _, outcome := range want.outcomes {
			happened = append(happened, string(outcome))
		}
		if len(unit.memory.once) > 0 {
			happened = append(happened, "once")
		}
	}
	return happened
}

func firstDue(list []reactive.Explanation) string {
	for _, e := range list {
		if e.Due {
			return e.Rule
		}
	}
	return ""
}

// standing is the outcomes of rules whose condition still holds.
func (h *refHook) standing() []string {
	var list []string
	for _, r := range h.rules {
		if outcome, ok := h.outcomes[r.name]; ok && h.due(r) {
			list = append(list, r.name+" "+string(outcome))
		}
	}
	return list
}

func outcomesOf(result reactive.Result) []string {
	var list []string
	for _, s := range result.Outcomes {
		list = append(list, s.Rule+" "+string(s.Outcome))
	}
	return list
}

var refFlags = []string{"a", "b", "c", "d", "e", "f"}

var refFacts = []flags.Term{flags.Leader, flags.ConfigSet("k"), flags.Endpoint("db").Available}

var refChanges = []flags.Term{
	flags.ConfigChanged, flags.ConfigOptionChanged("k"), flags.Endpoint("db").Changed, flags.Endpoint("db").Departed,
	flags.UpgradeCharm,
}

func randomWorld(rnd *rand.Rand) reactive.World {
	w := reactive.World{Facts: map[string]bool{}, Versions: map[string]string{}}
	for _, f := range refFacts {
		w.Facts[f.Name()] = rnd.IntN(2) == 0
	}
	for _, c := range refChanges {
		version := rnd.IntN(4)
		if version > 0 || c == flags.Term(flags.UpgradeCharm) {
			w.Versions[c.Name()] = fmt.Sprint("v", version)
		}
	}
	return w
}

func randomUnit(rnd *rand.Rand) *reference {
	u := &reference{memory: newMemory()}
	inputs := rnd.IntN(2) == 0
	for i := range 1 + rnd.IntN(6) {
		r := refRule{name: fmt.Sprint("rule ", i), once: rnd.IntN(5) == 0, ends: reactive.OutcomeDone}
		for _, list := range []*[]flags.Term{&r.all, &r.any, &r.none, &r.notAll} {
			for rnd.IntN(3) == 0 {
				*list = append(*list, randomTerm(rnd, inputs))
			}
		}
		for range rnd.IntN(4) {
			r.do = append(r.do, refStep{pick(rnd, refFlags), rnd.IntN(3) > 0})
		}
		switch rnd.IntN(20) {
		case 0:
			r.ends = reactive.OutcomeFailed
		case 1, 2:
			r.ends = reactive.OutcomeBlocked
		case 3, 4:
			r.ends = reactive.OutcomeWaiting
		}
		u.rules = append(u.rules, r)
	}
	few := refFlags[:2+rnd.IntN(4)] // so that triggers meet one another
	for range rnd.IntN(6) {
		t := refTrigger{term: flags.New(pick(rnd, few)), on: rnd.IntN(2) == 0}
		if rnd.IntN(3) == 0 {
			t.term = randomTerm(rnd, inputs)
		}
		if _, ok := t.term.(flags.Change); ok {
			t.on = true
		}
		for _, list := range []*[]string{&t.sets, &t.clears} {
			for rnd.IntN(2) == 0 {
				*list = append(*list, pick(rnd, few))
			}
		}
		if len(t.sets)+len(t.clears) > 0 {
			u.triggers = append(u.triggers, t)
		}
	}
	return u
}

func randomTerm(rnd *rand.Rand, inputs bool) flags.Term {
	if inputs && rnd.IntN(3) == 0 {
		return pick(rnd, slices.Concat(refFacts, refChanges))
	}
	return flags.New(pick(rnd, refFlags))
}

func pick[T any](rnd *rand.Rand, list []T) T { return list[rnd.IntN(len(list))] }

// compiled gives the unit's rules to the engine.
func (u *reference) compiled() reactive.Rules {
	var rules reactive.Rules
	for _, r := range u.rules {
		rules = append(rules, r.rule())
	}
	for _, t := range u.triggers {
		trigger := reactive.OnCleared(t.term)
		if t.on {
			trigger = reactive.OnSet(t.term)
		}
		for _, f := range t.sets {
			trigger = trigger.Sets(flags.New(f))
		}
		for _, f := range t.clears {
			trigger = trigger.Clears(flags.New(f))
		}
		rules = append(rules, trigger)
	}
	return rules
}

func (r refRule) rule() reactive.Rule {
	when := flags.Not(r.none...).And(flags.All(r.all...), flags.NotAll(r.notAll...)).And(flags.Any(r.any...))
	rule := reactive.When(when).Do(r.name, func(_ context.Context, changes *reactive.Changes) error {
		for _, step := range r.do {
			if step.on {
				changes.Set(flags.New(step.flag))
			} else {
				changes.Clear(flags.New(step.flag))
			}
		}
		switch r.ends {
		case reactive.OutcomeFailed:
			return errors.New("at random")
		case reactive.OutcomeBlocked:
			return reactive.Blocked("at random")
		case reactive.OutcomeWaiting:
			return fmt.Errorf("wrapped: %w", reactive.Waiting("at random"))
		}
		return nil
	})
	for _, step := range r.do {
		if step.on {
			rule = rule.Sets(flags.New(step.flag))
		} else {
			rule = rule.Clears(flags.New(step.flag))
		}
	}
	if r.once {
		rule = rule.Once()
	}
	return rule
}
