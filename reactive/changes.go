// Changes: a handler's hands on the flags.

package reactive

import (
	"fmt"
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Changes is how a handler sets, clears and reads flags. It belongs to one run of one rule and to one goroutine,
// and must not be used after the handler has returned.
//
// Set and Clear return nothing because there is nothing a handler could do: after a mistake (an effect
// the rule has not declared, triggers that go round) nothing more is changed, and the hook fails when the handler
// returns, whatever it returns.
type Changes struct {
	run  *run
	rule int32
}

// Set sets flags, with all their triggers, before it returns. Setting a flag that is set does nothing. A flag that the
// rule has not declared by [Rule.Sets] makes the hook fail.
func (c *Changes) Set(list ...flags.Flag) { c.put(list, true) }

// Clear clears flags, with all their triggers, before it returns. Clearing a flag that is not set does nothing. A flag
// that the rule has not declared by [Rule.Clears] makes the hook fail.
func (c *Changes) Clear(list ...flags.Flag) { c.put(list, false) }

// IsSet says whether a term holds now. A change is the rule's own. Asking for a fact that no rule or trigger of the
// charm waits for, or for a change that this rule does not wait for, makes the hook fail: nobody has looked.
func (c *Changes) IsSet(t flags.Term) bool {
	r := c.open()
	switch t := t.(type) {
	case flags.Change:
		if v, ok := r.input(c.rule, t); ok {
			return r.on[v]
		}
		c.mistake("the handler asks for %s, which is not in the rule's condition", t)
	case flags.Fact:
		if v, ok := r.vars.find(t.Name()); ok {
			return r.on[v]
		}
		c.mistake("the handler asks for %s, which no rule waits for", t)
	case flags.Flag:
		if v, ok := r.vars.find(t.Name()); ok {
			return r.on[v]
		}
		_, stored := slices.BinarySearch(r.stored, t.Name())
		return stored
	}
	return false
}

func (c *Changes) put(list []flags.Flag, on bool) {
	r := c.open()
	for _, f := range list {
		if r.mistake != nil {
			return
		}
		v, ok := r.declared(c.rule, f, on)
		if !ok {
			verb, declare := "clears", "Clears"
			if on {
				verb, declare = "sets", "Sets"
			}
			c.mistake("the handler %s flag %q, which the rule does not declare by %s", verb, f.Name(), declare)
			return
		}
		r.mistake = r.put(v, on)
	}
}

// open refuses a handler that kept its Changes: what it does now would belong to no rule.
func (c *Changes) open() *run {
	if c.run == nil {
		panic("reactive: Changes used after its handler returned")
	}
	return c.run
}

func (c *Changes) mistake(format string, a ...any) {
	if c.run.mistake == nil {
		c.run.mistake = fmt.Errorf(format, a...)
	}
}
