// What a handler may do, what it may not, and what the result says of it.

package reactive_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestWhatAHandlerMayNotDo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		rule    reactive.Rule
		handler func(*reactive.Changes)
		want    string
	}{
		{"set", on().Do("r", nothing).Sets(b).Clears(a), func(ch *reactive.Changes) { ch.Set(b, a) },
			`cannot run rule "r": the handler sets flag "a", which the rule does not declare by Sets`},
		{"clear", on().Do("r", nothing).Sets(a), func(ch *reactive.Changes) { ch.Clear(a) },
			`cannot run rule "r": the handler clears flag "a", which the rule does not declare by Clears`},
		{"set a flag nobody knows", on().Do("r", nothing), func(ch *reactive.Changes) { ch.Set(flags.New("x")) },
			`the handler sets flag "x"`},
		{"set one of very many", on().Do("r", nothing).Sets(benchFlags(20)...).Clears(a), func(ch *reactive.Changes) { ch.Set(a) },
			`the handler sets flag "a"`},
		{"ask for a fact nobody waits for", on().Do("r", nothing), func(ch *reactive.Changes) { ch.IsSet(flags.Leader) },
			"the handler asks for leadership.is_leader, which no rule waits for"},
		{"ask for a change it does not wait for", on().Do("r", nothing), func(ch *reactive.Changes) { ch.IsSet(flags.ConfigChanged) },
			"the handler asks for config.changed, which is not in the rule's condition"},
		{"make two mistakes", on().Do("r", nothing), func(ch *reactive.Changes) { ch.Clear(a); ch.Set(b) },
			`the handler clears flag "a"`},
		{"panic", on().Do("r", nothing), func(*reactive.Changes) { panic("no way") },
			`cannot run rule "r": panic: no way`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sets, clear := test.rule.Effects()
			u := newUnit(t, on().Do("before", set(c)).Sets(c), reactive.When(test.rule.When()).Do("r",
				func(_ context.Context, changes *reactive.Changes) error {
					test.handler(changes)
					return nil // success does not hide it
				}).Sets(sets...).Clears(clear...), on().Do("after", nothing))
			result, err := u.fails(reactive.World{}, test.want)
			if diff := cmp.Diff([]string{"before", "r"}, order(result)); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
			if last := ran(result)[1]; last.Outcome != reactive.OutcomeFailed || last.Err == nil {
				t.Errorf("the last ran as %+v", last)
			}
			rule, ok := errors.AsType[*reactive.RuleError](err)
			if !ok || rule.Rule != "r" || rule.Pass != 0 {
				t.Errorf("error %#v", err)
			}
			if p, ok := errors.AsType[*reactive.PanicError](err); ok && !strings.Contains(string(p.Stack), "handler_test.go") {
				t.Errorf("the stack does not say where:\n%s", p.Stack)
			}
		})
	}
}

func TestNothingIsChangedAfterAMistake(t *testing.T) {
	t.Parallel()
	u := newUnit(t, on().Do("r", func(_ context.Context, changes *reactive.Changes) error {
		changes.Set(a)
		changes.Set(b) // not declared
		changes.Set(c)
		if changes.IsSet(c) {
			t.Error("c was set after the mistake")
		}
		return errors.New("hides the mistake")
	}).Sets(a, c))
	result, _ := u.fails(reactive.World{}, `sets flag "b"`)
	if diff := cmp.Diff([]string{"a"}, ran(result)[0].Set); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
}

func TestChangesUsedAfterwards(t *testing.T) {
	t.Parallel()
	var kept *reactive.Changes
	u := newUnit(t,
		on().Do("keeps", func(_ context.Context, changes *reactive.Changes) error {
			kept = changes
			return nil
		}).Sets(a),
		on().Do("uses", func(context.Context, *reactive.Changes) error {
			kept.Set(a)
			return nil
		}),
	)
	u.fails(reactive.World{}, "Changes used after its handler returned")
}

func TestIsSet(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.Leader).Do("leads", nothing),
		reactive.When(flags.Any(db.Changed, flags.ConfigChanged)).Do("r", func(_ context.Context, changes *reactive.Changes) error {
			for term, want := range map[flags.Term]bool{
				a: true, b: false, flags.New("nobody's"): true, flags.New("nowhere"): false,
				flags.Leader: false, db.Changed: true, flags.ConfigChanged: true,
			} {
				if got := changes.IsSet(term); got != want {
					t.Errorf("%s: %v", term.Name(), got)
				}
			}
			changes.Set(b)
			if !changes.IsSet(b) {
				t.Error("a flag is not set right after it was set")
			}
			return nil
		}).Sets(b, a))
	u.state.Flags = []string{"nobody's", "a", "a"} // as no hook writes it: out of order, and one twice
	u.hook(versions("endpoint.db.changed", "1"), "r")
	if diff := cmp.Diff([]string{"a", "b", "nobody's"}, u.state.Flags); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
}

func TestResultSaysWhatEachRunDid(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		reactive.When(flags.Not(b)).Do("first", func(_ context.Context, changes *reactive.Changes) error {
			changes.Set(a)
			changes.Clear(a)
			changes.Set(b)
			return reactive.Waiting("for c")
		}).Sets(a, b).Clears(a),
		on(b).Do("second", nothing),
		reactive.OnSet(b).Sets(c),
	)
	result := u.hook(reactive.World{}, "first", "second")
	want := []reactive.Ran{
		{Rule: "first", Pass: 0, Outcome: reactive.OutcomeWaiting, Err: reactive.Waiting("for c"),
			Effects: reactive.Effects{Set: []string{"a", "b", "c"}, Cleared: []string{"a"}}},
		{Rule: "second", Pass: 1, Outcome: reactive.OutcomeDone},
	}
	byText := cmp.Comparer(func(x, y error) bool { return fmt.Sprint(x) == fmt.Sprint(y) })
	if diff := cmp.Diff(want, ran(result), byText, cmpopts.IgnoreFields(reactive.Ran{}, "Duration")); diff != "" {
		t.Errorf("ran (-want +got):\n%s", diff)
	}
	if result.Passes != 2 || result.Runs != 2 {
		t.Errorf("%d passes, %d runs", result.Passes, result.Runs)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	const least = 5 * time.Millisecond
	u := newUnit(t, on().Do("takes time", func(ctx context.Context, _ *reactive.Changes) error {
		ctx, cancel := context.WithTimeout(ctx, least)
		defer cancel()
		<-ctx.Done()
		return nil
	}))
	if d := ran(u.hook(reactive.World{}, "takes time"))[0].Duration; d < least {
		t.Errorf("it took %v", d)
	}
}

// TestCounter is a hook of very many passes that does settle: rules that count in binary, one step a pass. No state of
// it comes back, so the detector must not cry, and the log must not grow without end.
func TestCounter(t *testing.T) {
	t.Parallel()
	const bits = 18 // twice as many runs as the log holds
	list := benchFlags(bits)
	flip := flags.New("flip")
	tick := flags.New("tick")
	step := func(_ context.Context, changes *reactive.Changes) error {
		for _, bit := range list {
			if !changes.IsSet(bit) {
				changes.Set(bit)
				changes.Clear(list[:indexOf(list, bit)]...)
				break
			}
		}
		return nil
	}
	even := func(ctx context.Context, changes *reactive.Changes) error {
		changes.Set(flip)
		return step(ctx, changes)
	}
	odd := func(ctx context.Context, changes *reactive.Changes) error {
		changes.Clear(flip)
		return step(ctx, changes)
	}
	all := make([]flags.Term, bits)
	for i, f := range list {
		all[i] = f
	}
	u := newUnit(t,
		reactive.When(flags.NotAll(all...).And(flags.Not(flip))).Do("even", even).Sets(list...).Clears(list...).Sets(flip),
		reactive.When(flags.NotAll(all...).And(flags.All(flip))).Do("odd", odd).Sets(list...).Clears(list...).Clears(flip),
		on(all...).Do("full", set(tick)).Sets(tick),
	)
	result, err := u.engine.Run(t.Context(), u.state, reactive.World{})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 << bits; result.Runs != want || result.Passes != want {
		t.Errorf("%d runs in %d passes, want %d", result.Runs, result.Passes, want)
	}
	if len(ran(result)) != 1<<17 {
		t.Errorf("the log has %d runs", len(ran(result)))
	}
	if len(result.State.Flags) != bits+2 {
		t.Errorf("flags %v", result.State.Flags)
	}
}

func indexOf(list []flags.Flag, f flags.Flag) int {
	for i := range list {
		if list[i] == f {
			return i
		}
	}
	return -1
}

// TestCycles finds cycles of every length, begun at once or after a tail, and names what goes round and nothing else.
func TestCycles(t *testing.T) {
	t.Parallel()
	for length := 2; length < 40; length += 1 + length/5 {
		for _, tail := range []int{0, 1, 7, 33} {
			t.Run(fmt.Sprintf("%d after %d", length, tail), func(t *testing.T) {
				t.Parallel()
				ring, lead := make([]flags.Flag, length), make([]flags.Flag, tail+1)
				for i := range ring {
					ring[i] = flags.New(fmt.Sprintf("ring-%02d", i))
				}
				for i := range lead {
					lead[i] = flags.New(fmt.Sprintf("lead-%02d", i))
				}
				var rules reactive.Rules
				for i := range tail {
					rules = append(rules, reactive.When(flags.All(lead[i]).And(flags.Not(lead[i+1]))).
						Do(fmt.Sprint("lead ", i), set(lead[i+1])).Sets(lead[i+1]))
				}
				rules = append(rules, on(lead[tail]).Do("enter", set(ring[0])).Sets(ring[0]))
				pulse := flags.New("pulse") // changes many times in one round
				want := &reactive.LoopError{Flags: []string{"pulse"}}
				for i, f := range ring {
					next := ring[(i+1)%length]
					name := fmt.Sprint("ring ", i)
					rules = append(rules, on(f).Do(name, func(_ context.Context, changes *reactive.Changes) error {
						changes.Clear(f)
						changes.Set(next, pulse)
						changes.Clear(pulse)
						return nil
					}).Sets(next, pulse).Clears(f, pulse))
					want.Rules = append(want.Rules, name)
					want.Flags = append(want.Flags, f.Name())
				}
				u := newUnit(t, rules...)
				u.state.Flags = []string{lead[0].Name()}
				result, err := u.fails(reactive.World{}, "go round for ever")
				got, ok := errors.AsType[*reactive.LoopError](err)
				if !ok {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("what goes round (-want +got):\n%s", diff)
				}
				if most := 3*(length+tail) + 8; result.Passes > most {
					t.Errorf("noticed after %d passes", result.Passes)
				}
			})
		}
	}
}
