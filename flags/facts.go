// Facts: the automatic flags. They are values that say where the hook process finds the answer, so that it
// asks Juju only for what some rule watches.

package flags

import (
	"slices"
	"strings"
)

// FactKind is the source a [Fact] is derived from.
type FactKind uint8

// The sources of facts.
const (
	FactLeader        FactKind = iota + 1 // leadership, asked for in this hook
	FactConfigSet                         // the option named by Subject is set, and not empty, false or 0
	FactConfigDefault                     // the option named by Subject has its default value
	FactJoined                            // a remote unit is present on the endpoint named by Subject
	FactAvailable                         // every key of Needs has come on the endpoint named by Subject
	FactHook                              // the hook named by Subject is being run
	FactAction                            // the action named by Subject is being run
)

// Fact is an automatic flag. It is derived from one snapshot of the world at the start of a hook, does not
// alter during the hook and is never stored; nobody can set or clear it. The zero Fact is not valid, and neither
// is one made for an empty option, endpoint, hook or action. Facts are comparable.
type Fact struct {
	name    string
	subject string
	needs   string // the keys, sorted, joined by NUL: text keeps a Fact comparable
	kind    FactKind
}

// Leader holds when this unit is the application's leader: leadership.is_leader.
var Leader = Fact{name: "leadership.is_leader", kind: FactLeader}

// ConfigSet holds when the option is set and not empty, false or 0: config.set.OPTION.
func ConfigSet(option string) Fact { return newFact(FactConfigSet, "config.set.", option, "") }

// ConfigDefault holds when the option has its default value: config.default.OPTION.
func ConfigDefault(option string) Fact {
	return newFact(FactConfigDefault, "config.default.", option, "")
}

// Hook holds when that hook is being run: hook.NAME, the name as Juju spells it ("kafka-relation-changed").
func Hook(name string) Fact { return newFact(FactHook, "hook.", name, "") }

// Action holds when that action is being run: action.NAME.
func Action(name string) Fact { return newFact(FactAction, "action.", name, "") }

func newFact(kind FactKind, before, subject, after string) Fact {
	if subject == "" {
		return Fact{}
	}
	return Fact{name: before + subject + after, subject: subject, kind: kind}
}

// Name is the fact's name, such as "config.set.workers".
func (f Fact) Name() string { return f.name }

// String is the fact's name.
func (f Fact) String() string { return f.name }

// Kind says what the fact is derived from; 0 for a fact that is not valid.
func (f Fact) Kind() FactKind { return f.kind }

// Subject is the option, endpoint, hook or action the fact is about; empty for [Leader].
func (f Fact) Subject() string { return f.subject }

// Needs are the keys that must have come for an endpoint to be available, sorted; nil for every other fact and for
// an endpoint declared without keys.
func (f Fact) Needs() []string {
	if f.needs == "" {
		return nil
	}
	return strings.Split(f.needs, "\x00")
}

func (Fact) term() {}

// joinKeys gives one text for one set of keys.
func joinKeys(keys []string) string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return strings.Join(slices.Compact(keys), "\x00")
}
