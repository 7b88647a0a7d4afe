// The conformance cases: the semantics as data.

package reactive_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type conformanceCase struct {
	Name     string
	Rules    []conformanceRule
	Triggers []struct {
		When    string
		WhenNot string `json:"when_not"`
		Set     string
		Clear   string
	}
	Flags []string
	Hooks []struct {
		Order []string
		Flags []string
		Error string
	}
}

type conformanceRule struct {
	Name   string
	All    []string
	Any    []string
	None   []string
	NotAll []string `json:"not_all"`
	Do     [][2]string
	Once   bool
	Fails  bool
}

func TestConformance(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("CONFORMANCE_DIR")
	if folder == "" {
		folder = filepath.Join("testdata", "conformance")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		for _, c := range readCases(t, file) {
			found++
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				c.run(t)
			})
		}
	}
	if found == 0 {
		t.Fatalf("no cases in %s", folder)
	}
}

func readCases(t *testing.T, file string) []conformanceCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []conformanceCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return cases
}

func (c conformanceCase) run(t *testing.T) {
	engine, err := reactive.Compile(c.rules())
	if err != nil {
		t.Fatal(err)
	}
	state := reactive.State{Flags: slices.Sorted(slices.Values(c.Flags))}
	for i, hook := range c.Hooks {
		result, err := engine.Run(t.Context(), state, reactive.World{})
		if kind := errorKind(err); kind != hook.Error {
			t.Fatalf("hook %d: error %q (%v), want %q", i, kind, err, hook.Error)
		}
		if hook.Error != "rules never settle" {
			if diff := cmp.Diff(hook.Order, order(result), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("hook %d: order (-want +got):\n%s", i, diff)
			}
		}
		if diff := cmp.Diff(hook.Flags, result.State.Flags, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("hook %d: flags (-want +got):\n%s", i, diff)
		}
		state = stored(t, result.State)
	}
}

func (c conformanceCase) rules() reactive.Rules {
	var rules reactive.Rules
	for _, r := range c.Rules {
		rules = append(rules, r.rule())
	}
	for _, t := range c.Triggers {
		trigger := reactive.OnSet(flags.New(t.When))
		if t.WhenNot != "" {
			trigger = reactive.OnCleared(flags.New(t.WhenNot))
		}
		if t.Set != "" {
			trigger = trigger.Sets(flags.New(t.Set))
		}
		if t.Clear != "" {
			trigger = trigger.Clears(flags.New(t.Clear))
		}
		rules = append(rules, trigger)
	}
	return rules
}

func (r conformanceRule) rule() reactive.Rule {
	when := flags.All(terms(r.All)...).And(
		flags.Any(terms(r.Any)...), flags.Not(terms(r.None)...), flags.NotAll(terms(r.NotAll)...))
	rule := reactive.When(when).Do(r.Name, func(_ context.Context, changes *reactive.Changes) error {
		for _, step := range r.Do {
			if step[0] == "set" {
				changes.Set(flags.New(step[1]))
			} else {
				changes.Clear(flags.New(step[1]))
			}
		}
		if r.Fails {
			return errors.New("as the case says")
		}
		return nil
	})
	for _, step := range r.Do {
		if step[0] == "set" {
			rule = rule.Sets(flags.New(step[1]))
		} else {
			rule = rule.Clears(flags.New(step[1]))
		}
	}
	if r.Once {
		rule = rule.Once()
	}
	return rule
}

func terms(names []string) []flags.Term {
	var list []flags.Term
	for _, name := range names {
		list = append(list, flags.New(name))
	}
	return list
}

// ran is every run.
func ran(result reactive.Result) []reactive.Ran { return slices.Collect(result.Ran()) }

// order is the rules as they ran.
func order(result reactive.Result) []string {
	var names []string
	for ran := range result.Ran() {
		names = append(names, ran.Rule)
	}
	return names
}

// errorKind is the kind of a hook's error in the words of the cases.
func errorKind(err error) string {
	var (
		rules    *reactive.LoopError
		triggers *reactive.TriggerLoopError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &rules):
		return "rules never settle"
	case errors.As(err, &triggers):
		return "triggers never settle"
	default:
		return "rule fails"
	}
}

// stored sends a state through its stored form, as between two hooks.
func stored(t testing.TB, state reactive.State) reactive.State {
	t.Helper()
	data, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	var back reactive.State
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state, back, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("the state is not what was stored (-stored +read):\n%s", diff)
	}
	return back
}
