// Package reactive decides which rules of a charm run in a hook.
//
// A charm is a list of [Rules]. A rule is a condition over flags, a name, and a handler that runs while the
// condition holds; handlers set and clear flags, which wakes the rules that watch them, until nothing is due:
//
//	reactive.Rules{
//		reactive.When(flags.Not(KafkaReady)).Do("wait for kafka", c.waitForKafka),
//		reactive.When(flags.All(KafkaReady, flags.Leader).And(flags.Not(TopicCreated))).
//			Do("create topics", c.createTopics).Sets(TopicCreated),
//	}
//
// [Compile] checks a list and gives an [Engine]; [Engine.Run] runs one hook, from the stored [State] and the
// [World] to a new State. The package knows nothing of Juju: facts come as names, inputs as names with versions.
//
// The semantics are those of docs/explanation/engine.md: passes, a condition is tested again just before
// its handler runs, everything of a hook is kept or nothing, and a hook that would never settle is an error.
package reactive

import (
	"context"
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Handler is what a rule does. Everything it does to flags it does through changes, when it has really happened.
// It is run again when the hook fails later on, so it looks before it acts on the world outside.
//
// A nil error is success. An error made by [Blocked] or [Waiting] is an outcome: what the handler changed is
// kept and the hook goes on. Any other error, and a panic, fails the hook and nothing of it is kept.
type Handler func(ctx context.Context, changes *Changes) error

// Entry is what a list of rules holds: a [Rule] or a [Trigger], and nothing else.
type Entry interface {
	String() string
	// Effects are the flags that it may set and clear. They are its own: read only.
	Effects() (sets, clears []flags.Flag)
	entry()
}

// Rules are the rules and triggers of a charm or a layer. Their order is the order in which they run;
// layers are joined by append, the base first.
type Rules []Entry

// Clause is a condition that waits for what to do. It is not a rule yet: only [Clause.Do] makes one.
type Clause struct{ when flags.Condition }

// When begins a rule: its handler runs when the condition holds, in the first pass of a hook, and again in the
// pass after one in which a flag that the condition names was changed. A condition without flags is looked at in the
// first pass only.
func When(c flags.Condition) Clause { return Clause{c} }

// Do makes the rule. The name is what logs, tables and errors show, is unique in a charm, and is the key
// under which the unit remembers what the rule has done and seen: a renamed rule is a new rule.
func (c Clause) Do(name string, h Handler) Rule {
	return Rule{name: name, when: c.when, handler: h}
}

// Rule is a condition, a name and a handler. It is a value: its methods give a new rule. The zero Rule is not valid.
type Rule struct {
	name    string
	when    flags.Condition
	handler Handler
	sets    []flags.Flag
	clears  []flags.Flag
	once    bool
}

// Sets declares flags that the handler may set. It may leave them alone; setting any other fails the hook.
func (r Rule) Sets(list ...flags.Flag) Rule {
	r.sets = append(slices.Clip(r.sets), list...)
	return r
}

// Clears declares flags that the handler may clear. It may leave them alone; clearing any other fails the hook.
func (r Rule) Clears(list ...flags.Flag) Rule {
	r.clears = append(slices.Clip(r.clears), list...)
	return r
}

// Once makes the rule run only until it has succeeded once in the life of the unit. By default, a rule runs
// whenever it is due.
func (r Rule) Once() Rule {
	r.once = true
	return r
}

// Name is the rule's name.
func (r Rule) Name() string { return r.name }

// When is the rule's condition.
func (r Rule) When() flags.Condition { return r.when }

// Effects are the flags the rule has declared it may set and clear. They are the rule's own: read only.
func (r Rule) Effects() (sets, clears []flags.Flag) { return r.sets, r.clears }

// RunsOnce says whether the rule runs only until it has succeeded once in the life of the unit.
func (r Rule) RunsOnce() bool { return r.once }

// Handler is what the rule does, so that a test can run one rule by itself.
func (r Rule) Handler() Handler { return r.handler }

func (Rule) entry() {}
