// Triggers: "when this flag is set, clear that one", at once and inside the set.

package reactive

import (
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Trigger sets and clears flags at the moment its term is set or cleared. Triggers stand in the same list as
// rules. A trigger is a value: its methods give a new one. The zero Trigger is not valid.
type Trigger struct {
	term   flags.Term
	on     bool
	sets   []flags.Flag
	clears []flags.Flag
}

// OnSet begins a trigger that fires when the term is set:
//
//   - a flag: inside the call that set it, before that call returns, and only if the flag was not set before;
//   - a fact: at the start of a hook, if it holds and did not in the last hook that was committed. (Two hooks of one
//     name running, a trigger on [flags.Hook] fires in the first only: use a rule for that.)
//   - a change: at the start of a hook, if the input's version is not the one the trigger last saw.
//
// For one set of a flag, first all sets of all its triggers happen in written order, then all their clears, each with
// everything that follows from it before the next.
func OnSet(t flags.Term) Trigger { return Trigger{term: t, on: true} }

// OnCleared begins a trigger that fires when a flag is cleared, or when a fact no longer holds that held in the last
// hook that was committed. A change is never cleared, so a trigger on it does not compile.
func OnCleared(t flags.Term) Trigger { return Trigger{term: t} }

// Sets names flags that the trigger sets.
func (t Trigger) Sets(list ...flags.Flag) Trigger {
	t.sets = append(slices.Clip(t.sets), list...)
	return t
}

// Clears names flags that the trigger clears.
func (t Trigger) Clears(list ...flags.Flag) Trigger {
	t.clears = append(slices.Clip(t.clears), list...)
	return t
}

// On is what the trigger fires on: a term, and whether when it is set or when it is cleared.
func (t Trigger) On() (term flags.Term, set bool) { return t.term, t.on }

// Effects are the flags the trigger sets and clears. They are the trigger's own: read only.
func (t Trigger) Effects() (sets, clears []flags.Flag) { return t.sets, t.clears }

// String is the trigger in words, "on set config.changed: clear app.configured". A trigger on a change is
// remembered under this text: another text is a new trigger.
func (t Trigger) String() string {
	var parts []string
	if len(t.sets) > 0 {
		parts = append(parts, "set "+join(t.sets))
	}
	if len(t.clears) > 0 {
		parts = append(parts, "clear "+join(t.clears))
	}
	if parts == nil {
		parts = append(parts, "nothing")
	}
	return t.event() + ": " + strings.Join(parts, ", ")
}

// event is what the trigger fires on, in words.
func (t Trigger) event() string {
	name := "?"
	if t.term != nil && t.term.Name() != "" {
		name = t.term.Name()
	}
	if t.on {
		return "on set " + name
	}
	return "on clear " + name
}

func (Trigger) entry() {}

// join writes flags as "a, b".
func join(list []flags.Flag) string {
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = f.Name()
	}
	return strings.Join(names, ", ")
}
