// A second engine, written from the page alone: no numbers, no counts, no memory of what watches what. It evaluates every
// condition as a whole whenever it is asked and keeps every state it has seen. What it says is compared
// with what the engine does.

package reactive_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// refRule is a rule of which everything is known.
type refRule struct {
	name                   string
	all, any, none, notAll []flags.Term
	do                     []refStep
	once                   bool
	ends                   reactive.Outcome
}

// refStep sets or clears a flag.
type refStep struct {
	flag string
	on   bool
}

// refTrigger is a trigger on a term.
type refTrigger struct {
	term         flags.Term
	on           bool
	sets, clears []string
}

func (t refTrigger) key() string { return fmt.Sprint(t.term, t.on, t.sets, t.clears) }

// reference is a unit: what it is, and what it remembers.
type reference struct {
	rules    []refRule
	triggers []refTrigger
	memory   refMemory
}

// refMemory is what is committed.
type refMemory struct {
	flags    map[string]bool
	once     map[string]bool
	marks    map[string]string // by rule and change
	triggers map[string]string
	facts    map[string]bool
}

func newMemory() refMemory {
	return refMemory{map[string]bool{}, map[string]bool{}, map[string]string{}, map[string]string{}, map[string]bool{}}
}

func (m refMemory) clone() refMemory {
	return refMemory{clone(m.flags), clone(m.once), clone(m.marks), clone(m.triggers), clone(m.facts)}
}

func clone[V any](m map[string]V) map[string]V {
	c := make(map[string]V, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// refHook is one hook under way, and then what it did.
type refHook struct {
	*reference
	now      refMemory
	world    reactive.World
	changed  map[string]bool
	firing   map[int]bool
	consumed map[string]bool
	order    []string
	outcomes map[string]reactive.Outcome
	err      string
}

// hook runs one hook and commits it unless it fails.
func (u *reference) hook(w reactive.World) *refHook {
	h := &refHook{
		reference: u, now: u.memory.clone(), world: w,
		changed: map[string]bool{}, firing: map[int]bool{}, consumed: map[string]bool{},
		outcomes: map[string]reactive.Outcome{},
	}
	if h.settle(); h.err == "" {
		h.seeInputs()
		u.memory = h.now
	}
	return h
}

func (h *refHook) settle() {
	for i, t := range h.triggers {
		if h.inputFires(t) {
			h.fire(i, true)
			h.fire(i, false)
		}
	}
	seen := map[string]bool{}
	for pass := 0; h.err == ""; pass++ {
		state := fmt.Sprint(keys(h.now.flags), keys(h.changed), keys(h.now.once), keys(h.consumed))
		if pass > 0 && len(h.queue(pass)) > 0 && seen[state] {
			h.err = "rules never settle"
			return
		}
		seen[state] = pass > 0
		queue := h.queue(pass)
		if len(queue) == 0 {
			return
		}
		h.changed = map[string]bool{}
		for _, r := range queue {
			if h.err == "" && h.due(r) {
				h.perform(r)
			}
		}
	}
}

// queue is the rules due at the start of a pass.
func (h *refHook) queue(pass int) []refRule {
	var queue []refRule
	for _, r := range h.rules {
		watches := pass == 0
		for _, t := range slices.Concat(r.all, r.any, r.none, r.notAll) {
			watches = watches || h.changed[t.Name()]
		}
		if watches && h.due(r) {
			queue = append(queue, r)
		}
	}
	return queue
}

func (h *refHook) due(r refRule) bool {
	if r.once && h.now.once[r.name] {
		return false
	}
	holds := func(t flags.Term) bool { return h.holds(r, t) }
	lacks := func(t flags.Term) bool { return !h.holds(r, t) }
	return !slices.ContainsFunc(r.all, lacks) &&
		(len(r.any) == 0 || slices.ContainsFunc(r.any, holds)) &&
		!slices.ContainsFunc(r.none, holds) &&
		(len(r.notAll) == 0 || slices.ContainsFunc(r.notAll, lacks))
}

func (h *refHook) holds(r refRule, t flags.Term) bool {
	switch t := t.(type) {
	case flags.Fact:
		return h.world.Facts[t.Name()]
	case flags.Change:
		return h.changeHolds(t, h.now.marks, r.name+" "+t.Name())
	default:
		return h.now.flags[t.Name()]
	}
}

// changeHolds compares the version now with the mark of that key.
func (h *refHook) changeHolds(c flags.Change, marks map[string]string, key string) bool {
	version := h.world.Versions[c.Name()]
	if mark, ran := marks[key]; ran {
		return version != mark
	}
	if strings.HasPrefix(c.Name(), "config.") {
		return true
	}
	return strings.HasPrefix(c.Name(), "endpoint.") && version != ""
}

func (h *refHook) inputFires(t refTrigger) bool {
	switch term := t.term.(type) {
	case flags.Fact:
		return h.world.Facts[term.Name()] == t.on && h.now.facts[term.Name()] != t.on
	case flags.Change:
		return h.changeHolds(term, h.now.triggers, t.key())
	}
	return false
}

func (h *refHook) perform(r refRule) {
	h.order = append(h.order, r.name)
	for _, step := range r.do {
		h.put(step.flag, step.on)
	}
	switch {
	case h.err != "":
	case r.ends == reactive.OutcomeFailed:
		h.err = "rule fails"
	case r.ends != reactive.OutcomeDone:
		h.outcomes[r.name] = r.ends
	default:
		delete(h.outcomes, r.name)
		if r.once {
			h.now.once[r.name] = true
		}
		for _, t := range slices.Concat(r.all, r.any, r.none, r.notAll) {
			if c, ok := t.(flags.Change); ok {
				if h.holds(r, c) {
					h.consumed[r.name+" "+c.Name()] = true
				}
				h.now.marks[r.name+" "+c.Name()] = h.world.Versions[c.Name()]
			}
		}
	}
}

func (h *refHook) put(flag string, on bool) {
	if h.err != "" || h.now.flags[flag] == on {
		return
	}
	if h.now.flags[flag] = on; !on {
		delete(h.now.flags, flag)
	}
	h.changed[flag] = true
	for _, sets := range []bool{true, false} {
		for i, t := range h.triggers {
			if f, ok := t.term.(flags.Flag); ok && f.Name() == flag && t.on == on {
				h.fire(i, sets)
			}
		}
	}
}

// fire does one half of a trigger: its sets or its clears. It is firing from its first action to its last.
func (h *refHook) fire(i int, sets bool) {
	t := h.triggers[i]
	list := t.clears
	if sets {
		list = t.sets
	}
	if len(list) == 0 || h.err != "" {
		return
	}
	first := sets || len(t.sets) == 0
	if first && h.firing[i] {
		h.err = "triggers never settle"
		return
	}
	h.firing[i] = true
	for _, flag := range list {
		h.put(flag, sets)
	}
	if !sets || len(t.clears) == 0 {
		h.firing[i] = false
	}
}

// seeInputs remembers the facts and versions of this hook.
func (h *refHook) seeInputs() {
	h.now.facts = map[string]bool{}
	for name, on := range h.world.Facts {
		if on {
			h.now.facts[name] = true
		}
	}
	for _, t := range h.triggers {
		if c, ok := t.term.(flags.Change); ok {
			h.now.triggers[t.key()] = h.world.Versions[c.Name()]
		}
	}
	for _, r := range h.rules {
		for _, t := range slices.Concat(r.all, r.any, r.none, r.notAll) {
			key := r.name + " " + t.Name()
			if _, seen := h.now.marks[key]; !seen && t.Name() == "upgrade.charm" {
				h.now.marks[key] = h.world.Versions["upgrade.charm"]
			}
		}
	}
}

func keys[V any](m map[string]V) []string {
	list := []string{}
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
