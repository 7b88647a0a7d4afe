// Compile: from rules as they are written to an engine, with all mistakes reported at once.

package reactive

import (
	"errors"
	"fmt"
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Compile checks rules and makes them ready to run. The error names every mistake, one a line: a rule
// without a name, without a handler or with another's name, a term that is not valid, a trigger that fires on
// nothing or does nothing, one name for a flag and a fact. What may be right but looks wrong is for [Check].
func Compile(rules Rules) (*Engine, error) {
	n := len(rules)
	c := &compiler{
		Engine: &Engine{
			source:  slices.Clone(rules),
			named:   newInterner(n),
			rules:   make([]rule, 0, n),
			needs:   make([]int32, 0, n),
			effects: newTable[int32](n),
			inputs:  newTable[input](n),
			vars:    newInterner(n + 16),
			kinds:   make([]kind, 0, n+16),
		},
		watches: make([]keyed[watcher], 0, 2*n),
	}
	for i, entry := range rules {
		c.number, c.entry = i+1, entry
		switch entry := entry.(type) {
		case Rule:
			c.rule(&entry)
		case Trigger:
			c.trigger(entry)
		default:
			c.mistake("it is nil")
		}
	}
	if len(c.mistakes) > 0 {
		return nil, errors.Join(c.mistakes...)
	}
	c.watchers = group(len(c.kinds), c.watches)
	if len(c.triggers) > 0 {
		c.fired = group(2*len(c.kinds), c.fires)
	}
	return c.Engine, nil
}

// compiler is an engine in the making.
type compiler struct {
	*Engine
	entry    Entry // at hand
	number   int   // of the entry, from 1
	watches  []keyed[watcher]
	fires    []keyed[int32]
	mistakes []error
}

// mistake reports one of the entry at hand.
func (c *compiler) mistake(format string, a ...any) {
	place := fmt.Sprintf("entry %d", c.number)
	switch e := c.entry.(type) {
	case Rule:
		if e.name != "" {
			place = fmt.Sprintf("rule %q", e.name)
		}
	case Trigger:
		place = fmt.Sprintf("trigger %q", e)
	}
	c.mistakes = append(c.mistakes, fmt.Errorf("cannot compile %s: %s", place, fmt.Sprintf(format, a...)))
}

func (c *compiler) rule(r *Rule) {
	switch _, taken := c.named.intern(r.name); {
	case r.name == "":
		c.mistake("it is a rule without a name")
	case taken:
		c.mistake("another rule has that name")
	}
	if r.handler == nil {
		c.mistake("it has no handler")
	}
	at := int32(len(c.rules))
	c.rules = append(c.rules, rule{r.handler, r.once})
	c.needs = append(c.needs, 0)
	for _, g := range r.when.Groups() {
		c.group(at, g)
	}
	c.inputs.end()
	start := len(c.effects.items)
	for _, f := range r.sets {
		c.effects.items = append(c.effects.items, event(c.variable(f.Name(), kindFlag), true))
	}
	for _, f := range r.clears {
		c.effects.items = append(c.effects.items, event(c.variable(f.Name(), kindFlag), false))
	}
	slices.Sort(c.effects.items[start:])
	c.effects.end()
}

// group adds one part of a rule's condition. All and Not need every term to be as wanted; Any and NotAll
// need one, which is the same where there is only one.
func (c *compiler) group(rule int32, g flags.Group) {
	wants := g.Op == flags.OpAll || g.Op == flags.OpAny
	in := int32(noClause)
	switch {
	case len(g.Terms) > 1 && (g.Op == flags.OpAny || g.Op == flags.OpNotAll):
		in = int32(len(c.clauses))
		if wants {
			c.clauses = append(c.clauses, 0)
			c.needs[rule]++
		} else {
			c.clauses = append(c.clauses, int32(len(g.Terms)))
		}
	case wants:
		c.needs[rule] += int32(len(g.Terms))
	}
	for _, t := range g.Terms {
		c.watches = append(c.watches, keyed[watcher]{c.term(rule, t), watcher{rule, in, wants}})
	}
}

// term gives the variable of a term in a rule's condition.
func (c *compiler) term(rule int32, t flags.Term) int32 {
	switch t := t.(type) {
	case flags.Flag:
		return c.variable(t.Name(), kindFlag)
	case flags.Fact:
		return c.variable(t.Name(), kindFact)
	case flags.Change:
		return c.change(rule, t)
	default:
		return c.variable("", kindFlag)
	}
}

// variable gives the number of a flag or fact.
func (c *compiler) variable(name string, k kind) int32 {
	if name == "" {
		c.mistake("it names a flag, fact or change that has no name")
	}
	v, known := c.vars.intern(name)
	switch {
	case !known:
		c.kinds = append(c.kinds, k)
		if k == kindFact {
			c.facts = append(c.facts, v)
		}
	case c.kinds[v] != k && name != "":
		c.mistake("%s is both a flag, which is stored, and a fact, which is not", name)
	}
	return v
}

// change gives the rule's own variable of a change.
func (c *compiler) change(rule int32, t flags.Change) int32 {
	if t.Name() == "" {
		return c.variable("", kindFlag)
	}
	for _, in := range c.inputs.items[c.inputs.at[rule]:] {
		if in.change == t {
			return in.variable
		}
	}
	v := c.vars.add(t.Name())
	c.kinds = append(c.kinds, kindChange)
	c.inputs.items = append(c.inputs.items, input{v, t})
	return v
}

func (c *compiler) trigger(t Trigger) {
	at := int32(len(c.triggers))
	compiled := trigger{Trigger: t}
	switch term := t.term.(type) {
	case flags.Change:
		if term.Name() == "" {
			c.variable("", kindFlag)
		}
		if !t.on {
			c.mistake("a change is never cleared")
		}
	case flags.Fact:
		compiled.variable = c.variable(term.Name(), kindFact)
	case flags.Flag:
		compiled.variable = c.variable(term.Name(), kindFlag)
		c.fires = append(c.fires, keyed[int32]{event(compiled.variable, t.on), at})
	default:
		c.mistake("it fires on nothing")
	}
	if len(t.sets)+len(t.clears) == 0 {
		c.mistake("it does nothing")
	}
	for _, f := range t.sets {
		compiled.sets = append(compiled.sets, c.variable(f.Name(), kindFlag))
	}
	for _, f := range t.clears {
		compiled.clears = append(compiled.clears, c.variable(f.Name(), kindFlag))
	}
	c.triggers = append(c.triggers, compiled)
}
