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
			source:  rules,
			rules:   make([]rule, 0, n),
			byName:  make(map[string]int32, n),
			missing: make([]int32, 0, n),
			effects: newTable[int32](n),
			inputs:  newTable[input](n),
			ids:     make(map[string]int32, n),
			names:   make([]name, 0, n),
		},
		watches: make([]keyed[watcher], 0, 2*n),
	}
	for i, entry := range rules {
		switch entry := entry.(type) {
		case Rule:
			c.rule(&entry, i)
		case Trigger:
			c.trigger(entry)
		default:
			c.mistake(fmt.Sprintf("entry %d", i+1), "it is nil")
		}
	}
	if len(c.mistakes) > 0 {
		return nil, errors.Join(c.mistakes...)
	}
	c.watchers = group(len(c.names), c.watches)
	if len(c.triggers) > 0 {
		c.fired = group(2*len(c.names), c.fires)
	}
	return c.Engine, nil
}

// compiler is an engine in the making.
type compiler struct {
	*Engine
	where    string // the rule or trigger at hand, for mistakes
	watches  []keyed[watcher]
	fires    []keyed[int32]
	mistakes []error
}

func (c *compiler) mistake(where, format string, a ...any) {
	c.mistakes = append(c.mistakes, fmt.Errorf("cannot compile %s: %s", where, fmt.Sprintf(format, a...)))
}

func (c *compiler) rule(r *Rule, entry int) {
	at := int32(len(c.rules))
	c.where = r.name
	switch _, taken := c.byName[r.name]; {
	case r.name == "":
		c.where = fmt.Sprintf("entry %d", entry+1)
		c.mistake(c.where, "it is a rule without a name")
	case taken:
		c.mistake(c.place(), "another rule has that name")
	}
	if r.handler == nil {
		c.mistake(c.place(), "it has no handler")
	}
	c.byName[r.name] = at
	c.rules = append(c.rules, rule{r.name, r.handler, r.once})
	c.missing = append(c.missing, 0)
	for _, g := range r.when.Groups() {
		c.group(at, g)
	}
	c.inputs.end()
	start := len(c.effects.items)
	c.effects.items = c.events(c.effects.items, r.sets, true)
	c.effects.items = c.events(c.effects.items, r.clears, false)
	slices.Sort(c.effects.items[start:])
	c.effects.end()
}

// place is the rule or trigger at hand in words.
func (c *compiler) place() string { return fmt.Sprintf("rule %q", c.where) }

// group adds one part of a rule's condition. All and Not need every term to be as wanted; Any and NotAll
// need one, which is the same where there is only one.
func (c *compiler) group(rule int32, g flags.Group) {
	wants := g.Op == flags.OpAll || g.Op == flags.OpAny
	in := int32(noClause)
	if (g.Op == flags.OpAny || g.Op == flags.OpNotAll) && len(g.Terms) > 1 {
		in = int32(len(c.clauses))
		c.clauses = append(c.clauses, clause{rule: rule})
		if wants {
			c.missing[rule]++
		} else {
			c.clauses[in].satisfied = int32(len(g.Terms))
		}
	} else if wants {
		c.missing[rule] += int32(len(g.Terms))
	}
	for _, t := range g.Terms {
		if v, ok := c.watched(rule, t); ok {
			c.watches = append(c.watches, keyed[watcher]{v, watcher{rule, in, wants}})
		}
	}
}

// watched gives the variable of a term in a rule's condition.
func (c *compiler) watched(rule int32, t flags.Term) (int32, bool) {
	change, ok := t.(flags.Change)
	if !ok {
		return c.variable(t, c.place)
	}
	if change.Name() == "" {
		c.invalid(c.place())
		return 0, false
	}
	for _, in := range c.inputs.items[c.inputs.at[rule]:] {
		if in.change == change {
			return in.variable, true
		}
	}
	v := c.newVariable(change.Name(), kindChange)
	c.inputs.items = append(c.inputs.items, input{v, change})
	return v, true
}

// variable gives the number of a flag or fact.
func (c *compiler) variable(t flags.Term, place func() string) (int32, bool) {
	if t == nil || t.Name() == "" {
		c.invalid(place())
		return 0, false
	}
	k := kindFlag
	if _, ok := t.(flags.Fact); ok {
		k = kindFact
	}
	if v, ok := c.ids[t.Name()]; ok {
		if c.names[v].kind != k {
			c.mistake(place(), "%s is both a flag that is stored and a fact that is not", t.Name())
		}
		return v, true
	}
	v := c.newVariable(t.Name(), k)
	c.ids[t.Name()] = v
	if k == kindFact {
		c.facts = append(c.facts, v)
	}
	return v, true
}

func (c *compiler) newVariable(text string, k kind) int32 {
	c.names = append(c.names, name{text, k})
	return int32(len(c.names) - 1)
}

func (c *compiler) invalid(place string) {
	c.mistake(place, "it names a flag, fact or change without a name")
}

// events appends the numbers of what is done to flags.
func (c *compiler) events(to []int32, list []flags.Flag, on bool) []int32 {
	for _, f := range list {
		if v, ok := c.variable(f, c.place); ok {
			to = append(to, event(v, on))
		}
	}
	return to
}

func (c *compiler) trigger(t Trigger) {
	place := func() string { return fmt.Sprintf("trigger %q", t) }
	at := int32(len(c.triggers))
	compiled := trigger{Trigger: t}
	change, isChange := t.term.(flags.Change)
	switch {
	case isChange && change.Name() == "":
		c.invalid(place())
	case isChange && !t.on:
		c.mistake(place(), "a change is never cleared")
	case !isChange:
		v, ok := c.variable(t.term, place)
		if ok && c.names[v].kind == kindFlag {
			c.fires = append(c.fires, keyed[int32]{event(v, t.on), at})
		}
		compiled.variable = v
	}
	if len(t.sets)+len(t.clears) == 0 {
		c.mistake(place(), "it does nothing")
	}
	for _, f := range t.sets {
		v, _ := c.variable(f, place)
		compiled.sets = append(compiled.sets, v)
	}
	for _, f := range t.clears {
		v, _ := c.variable(f, place)
		compiled.clears = append(compiled.clears, v)
	}
	c.triggers = append(c.triggers, compiled)
}
