// Package flags holds what a rule's condition can be about, and the conditions.
//
// There are three kinds of term:
//
//   - a [Flag] is stored with the unit; handlers and triggers set and clear it;
//   - a [Fact] is derived from the world at the start of each hook, such as [Leader];
//   - a [Change] says that an input is not what it was when this rule last ran, such as [ConfigChanged].
//
// A charm declares each flag once, as a package variable, and joins terms into a [Condition]:
//
//	flags.All(mongo.Available, flags.Leader).And(flags.Not(Configured))
//
// Terms and conditions are values: they are compared, copied and kept without care, and mean nothing by
// themselves. Package reactive makes rules of them and says when the rules run.
package flags

// Term is something a condition can be about: a [Flag], a [Fact] or a [Change], and nothing else.
// Two terms with one name are the same term.
type Term interface {
	// Name is what state, logs, tables and pictures show. It is empty for a term that is not valid,
	// which no set of rules accepts.
	Name() string

	term()
}

// Flag is a fact about this unit that the charm itself keeps: set or not set, stored with the unit,
// set and cleared by handlers and triggers. The zero Flag is not valid.
type Flag struct{ name string }

// New gives the flag of that name. Names are by convention the charm's or layer's name, a dot, and a
// word: "kafka-connect-base.ready". Flags of one name are equal, wherever they were made.
func New(name string) Flag { return Flag{name} }

// Name is the name given to [New].
func (f Flag) Name() string { return f.name }

// String is the flag's name.
func (f Flag) String() string { return f.name }

func (Flag) term() {}
