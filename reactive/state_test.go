// The stored state: its form, its age, and what becomes of what the present rules do not know.

package reactive_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestStateIsOneTextForOneState(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.ConfigChanged, db.Changed).Do("z", set(b)).Sets(b),
		on().Do("once", set(a)).Sets(a).Once(),
		reactive.OnSet(flags.Leader).Sets(c),
		reactive.OnSet(flags.ConfigChanged).Clears(c),
	)
	w := versions("config.changed", "c1", "endpoint.db.changed", "d1")
	w.Facts = map[string]bool{flags.Leader.Name(): true}
	u.hook(w, "z", "once")
	data, err := json.Marshal(u.state)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":1,"flags":["a","b"],"once":["once"],` +
		`"marks":{"z":{"config.changed":"c1","endpoint.db.changed":"d1"}},` +
		`"triggers":{"on set config.changed: clear c":"c1"},"facts":["leadership.is_leader"]}`
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	u.hook(w)
	again, err := json.Marshal(u.state)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(data), string(again)); diff != "" {
		t.Errorf("a hook that did nothing changed the state:\n%s", diff)
	}
}

func TestReadState(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		want  reactive.State
		newer bool
		err   string
	}{
		{text: `{"version":1}`},
		{text: `{"version":1,"flags":["a"],"later":"ignored"}`, want: reactive.State{Flags: []string{"a"}}},
		{text: `{"version":2,"flags":{"in":"another form"}}`, newer: true, err: "cannot read the stored state: " +
			"it was written by a newer charm (its version is 2, this charm knows 1): upgrade the charm"},
		{text: `{}`, err: "cannot read the stored state: it has no version"},
		{text: `[]`, err: "cannot read the stored state: json: cannot unmarshal array"},
		{text: `{"version":1,"flags":"a"}`, err: "cannot read the stored state: " +
			"json: cannot unmarshal string into Go struct field"},
	} {
		var got reactive.State
		err := json.Unmarshal([]byte(test.text), &got)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if !strings.HasPrefix(text, test.err) || (err == nil) != (test.err == "") || errors.Is(err, reactive.ErrNewerState) != test.newer {
			t.Errorf("%s: error %q, want %q", test.text, text, test.err)
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.text, diff)
		}
	}
}

func TestStateOutlivesRules(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.ConfigChanged).Do("old", set(a)).Sets(a),
		on().Do("only once", set(b)).Sets(b).Once(),
		reactive.OnSet(flags.ConfigChanged).Sets(c),
		reactive.OnSet(flags.Leader).Sets(c),
	)
	w := versions("config.changed", "1")
	w.Facts = map[string]bool{flags.Leader.Name(): true}
	u.hook(w, "old", "only once")

	u.upgrade(on(flags.ConfigChanged).Do("new", nothing))
	u.hook(w, "new") // another name is another rule
	want := reactive.State{
		Flags: []string{"a", "b", "c"}, // they say what is so, and a later version may ask
		Once:  []string{"only once"},   // a promise for the life of the unit
		Marks: map[string]map[string]string{"new": {"config.changed": "1"}},
	}
	if diff := cmp.Diff(want, u.state, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}

	u.upgrade(on(flags.ConfigChanged).Do("old", nothing), on().Do("only once", nothing).Once())
	u.hook(w, "old")
}

// TestStateByHand is a state as a person may write it: in any order, with repetitions, and with marks that mean nothing.
func TestStateByHand(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(a).Do("once", nothing).Once(),
		on(a, flags.Leader).Do("always", nothing),
		reactive.OnSet(flags.Leader).Sets(b),
		reactive.OnSet(flags.ConfigSet("k")).Sets(b),
	)
	u.state = reactive.State{
		Flags: []string{"z", "a", "a", "leadership.is_leader"}, Once: []string{"once", "once", "always"},
		Facts: []string{"leadership.is_leader", "config.set.k"},
	}
	result := u.hook(facts(flags.Leader, flags.ConfigSet("k")), "always")
	if result.Before.Set != nil {
		t.Errorf("triggers fired: %v", result.Before)
	}
}

func TestRunLeavesItsStateAlone(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.ConfigChanged).Do("r", clears(a)).Clears(a),
		on().Do("once", set(b)).Sets(b).Once(),
	)
	given := func() reactive.State {
		return reactive.State{
			Flags: []string{"c", "a"}, Once: []string{"z", "y"}, Facts: []string{"z", "y"},
			Marks:    map[string]map[string]string{"r": {"config.changed": "0"}, "gone": {"config.changed": "0"}},
			Triggers: map[string]string{"gone": "0"},
		}
	}
	u.state = given()
	result, err := u.engine.Run(t.Context(), u.state, versions("config.changed", "1"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(given(), u.state); diff != "" {
		t.Errorf("Run changed what it was given:\n%s", diff)
	}
	want := reactive.State{
		Flags: []string{"b", "c"}, Once: []string{"once", "y", "z"},
		Marks: map[string]map[string]string{"r": {"config.changed": "1"}},
	}
	if diff := cmp.Diff(want, result.State, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("state (-want +got):\n%s", diff)
	}
}

func TestOneEngineForManyUnits(t *testing.T) {
	t.Parallel()
	u := newUnit(t, on(a).Do("r", set(b)).Sets(b).Once(), on(flags.ConfigChanged).Do("s", nothing))
	state := reactive.State{Flags: []string{"a"}}
	done := make(chan error)
	for range 8 {
		go func() {
			result, err := u.engine.Run(t.Context(), state, reactive.World{})
			if err == nil && result.Runs != 2 {
				err = errors.New("another number of rules ran")
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
