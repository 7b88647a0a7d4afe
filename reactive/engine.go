// Engine: rules in the form in which they run.
//
// Every flag, fact and change is a variable with a number. A rule is reduced to one count, the parts of its
// condition that are not true: it is due when the count is zero. When a variable alters, the counts of
// the rules that watch it are put right, and no other rule is looked at; so a condition is never evaluated
// as a whole, and a hook costs what it changes.

package reactive

import (
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Engine is a compiled list of rules. It does not alter: hooks may run on it one after another or at once.
type Engine struct {
	source Rules // as they were given

	named    interner       // rules, by name
	rules    []rule         // in written order, as everything by rule
	needs    []int32        // by rule: parts of the condition not true while no variable holds
	clauses  []int32        // by clause: terms that are as wanted while no variable holds
	effects  table[int32]   // by rule: what it may do, as events, sorted
	inputs   table[input]   // by rule: the changes in its condition
	vars     interner       // variables; flags and facts by name, changes only by number
	kinds    []kind         // by variable
	facts    []int32        // variables
	watchers table[watcher] // by variable
	triggers []trigger      // in written order
	fired    table[int32]   // by event: the triggers it fires
}

// rule is what is needed to run one.
type rule struct {
	handler Handler
	once    bool
}

// watcher is one place in a condition where a variable stands. A clause is a part of a condition of which at least one
// term must be as wanted.
type watcher struct {
	rule   int32
	clause int32 // noClause where the variable alone must be as wanted
	wants  bool
}

const noClause = -1

// input is a change in a rule's condition. Its variable is the rule's own.
type input struct {
	variable int32
	change   flags.Change
}

// kind says what a variable is.
type kind uint8

const (
	kindFlag kind = iota + 1
	kindFact
	kindChange // of one rule
)

// trigger is what a Trigger does, in variables.
type trigger struct {
	Trigger
	variable int32 // of a flag or fact
	sets     []int32
	clears   []int32
}

// event numbers the set and the clear of a variable.
func event(variable int32, on bool) int32 {
	if on {
		return variable<<1 | 1
	}
	return variable << 1
}

// declared gives the variable of a flag that the rule may set or clear.
func (e *Engine) declared(rule int32, f flags.Flag, on bool) (variable int32, ok bool) {
	list := e.effects.of(rule)
	if len(list) > 8 {
		v, _ := e.vars.find(f.Name())
		_, ok := slices.BinarySearch(list, event(v, on))
		return v, ok
	}
	for _, ev := range list {
		if v := ev >> 1; ev == event(v, on) && e.vars.names[v] == f.Name() {
			return v, true
		}
	}
	return 0, false
}

// input gives a rule's own variable of a change in its condition.
func (e *Engine) input(rule int32, c flags.Change) (variable int32, ok bool) {
	for _, in := range e.inputs.of(rule) {
		if in.change == c {
			return in.variable, true
		}
	}
	return 0, false
}

// Watches is what the rules and triggers need to know of the world.
type Watches struct {
	Facts   []flags.Fact   // in the order in which they are first written; one of a name
	Changes []flags.Change // the same
}

// Watches gives the facts and changes that any rule or trigger watches: what a hook has to find out, and no
// more. Where several declarations of one endpoint need different keys, its fact needs all of them.
func (e *Engine) Watches() Watches {
	var w Watches
	at := map[string]int{}
	add := func(t flags.Term) {
		switch t := t.(type) {
		case flags.Change:
			if _, seen := at[t.Name()]; !seen {
				at[t.Name()] = len(w.Changes)
				w.Changes = append(w.Changes, t)
			}
		case flags.Fact:
			i, seen := at[t.Name()]
			if !seen {
				at[t.Name()] = len(w.Facts)
				w.Facts = append(w.Facts, t)
			} else if t != w.Facts[i] {
				keys := append(t.Needs(), w.Facts[i].Needs()...)
				w.Facts[i] = flags.Endpoint(t.Subject(), keys...).Available
			}
		}
	}
	for _, entry := range e.source {
		switch entry := entry.(type) {
		case Trigger:
			add(entry.term)
		case Rule:
			for _, g := range entry.when.Groups() {
				for _, t := range g.Terms {
					add(t)
				}
			}
		}
	}
	return w
}
