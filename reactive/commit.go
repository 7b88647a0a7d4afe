// The two ends of a hook: from the stored state and the world to variables, and back to a state.

package reactive

import (
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// begin sets a hook up. It fires nothing.
func (e *Engine) begin(st State, w World) *run {
	r := &run{
		Engine:    e,
		given:     st,
		world:     w,
		on:        make([]bool, len(e.kinds)),
		flagged:   make([]flagStamp, len(e.kinds)),
		missing:   slices.Clone(e.needs),
		satisfied: slices.Clone(e.clauses),
		ruled:     make([]ruleStamp, len(e.rules)),
		firing:    make([]int, len(e.triggers)),
		log:       &record{engine: e},
	}
	r.given.Facts = sorted(st.Facts)
	r.loadFlags(sorted(st.Flags))
	for _, name := range st.Once {
		if i, ok := e.named.find(name); ok && e.rules[i].once && !r.ranOnce(i) {
			r.missing[i] += marked
		}
	}
	for _, v := range e.facts {
		if w.Facts[e.vars.names[v]] {
			r.flip(v)
		}
	}
	r.loadChanges()
	return r
}

func (r *run) loadFlags(names []string) {
	r.stored = names
	r.loaded = make([]int32, len(names))
	for i, name := range names {
		v, ok := r.vars.find(name)
		if !ok || r.kinds[v] != kindFlag {
			r.loaded[i] = unknown
			continue
		}
		r.loaded[i] = v
		r.flip(v)
	}
	r.was = slices.Clone(r.on)
}

func (r *run) loadChanges() {
	for i := range r.rules {
		for _, in := range r.inputs.of(int32(i)) {
			seen, ran := r.given.Marks[r.named.names[i]][in.change.Name()]
			if holds(in.change, r.world.Versions[in.change.Name()], seen, ran) {
				r.flip(in.variable)
			}
		}
	}
}

// commit gives the state that a hook which has settled leaves.
func (r *run) commit() State {
	return State{
		Flags:    r.flags(),
		Once:     r.once(),
		Marks:    r.newMarks(),
		Triggers: r.triggerMarks(),
		Facts:    r.heldFacts(),
	}
}

// flags gives those that are set now. It sorts only what the hook has set.
func (r *run) flags() []string {
	added, cleared := 0, 0
	for i, on := range r.on {
		switch {
		case on == r.was[i] || r.kinds[i] != kindFlag:
		case on:
			added++
		default:
			cleared++
		}
	}
	if added+cleared == 0 {
		return r.stored
	}
	names := make([]string, 0, added)
	for i, on := range r.on {
		if on && !r.was[i] && r.kinds[i] == kindFlag {
			names = append(names, r.vars.names[i])
		}
	}
	slices.Sort(names)
	all := make([]string, 0, len(r.stored)+added-cleared)
	for i, name := range r.stored {
		if v := r.loaded[i]; v != unknown && !r.on[v] {
			continue
		}
		for len(names) > 0 && names[0] < name {
			all, names = append(all, names[0]), names[1:]
		}
		all = append(all, name)
	}
	return append(all, names...)
}

func (r *run) once() []string {
	var ran []string
	for i := range r.rules {
		if r.rules[i].once && r.ranOnce(int32(i)) {
			ran = append(ran, r.named.names[i])
		}
	}
	if len(ran) == 0 {
		return r.given.Once
	}
	return sorted(append(ran, r.given.Once...))
}

// newMarks gives the versions that rules have seen by now, of rules and changes that are still there.
func (r *run) newMarks() map[string]map[string]string {
	var marks map[string]map[string]string
	for i := range r.rules {
		name := r.named.names[i]
		for _, in := range r.inputs.of(int32(i)) {
			seen, ran := r.given.Marks[name][in.change.Name()]
			version := r.world.Versions[in.change.Name()]
			if r.flagged[in.variable].changed > 0 {
				seen, ran = version, true
			}
			seen, ran = firstSeen(in.change, version, seen, ran)
			if !ran {
				continue
			}
			if marks == nil {
				marks = map[string]map[string]string{}
			}
			if marks[name] == nil {
				marks[name] = map[string]string{}
			}
			marks[name][in.change.Name()] = seen
		}
	}
	return marks
}

// firstSeen makes the mark of a change whose first version counts as seen.
func firstSeen(c flags.Change, version, seen string, ran bool) (string, bool) {
	if !ran && c.NeverRan() == flags.BecomesSeen && version != "" {
		return version, true
	}
	return seen, ran
}

// triggerMarks gives the versions that the triggers on changes saw in this hook.
func (r *run) triggerMarks() map[string]string {
	var marks map[string]string
	for i := range r.triggers {
		t := &r.triggers[i]
		change, ok := t.term.(flags.Change)
		if !ok {
			continue
		}
		version := r.world.Versions[change.Name()]
		seen, ran := r.given.Triggers[t.String()]
		if _, ran = firstSeen(change, version, seen, ran); !ran && change.NeverRan() == flags.BecomesSeen {
			continue
		}
		if marks == nil {
			marks = map[string]string{}
		}
		marks[t.String()] = version
	}
	return marks
}

// heldFacts gives the facts that hold, of those that triggers fire on.
func (r *run) heldFacts() []string {
	var held []string
	for i := range r.triggers {
		t := &r.triggers[i]
		if f, ok := t.term.(flags.Fact); ok && r.on[t.variable] {
			held = append(held, f.Name())
		}
	}
	return sorted(held)
}

// sorted gives the list sorted and without repetition: itself, if it is so already.
func sorted(list []string) []string {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			list = slices.Clone(list)
			slices.Sort(list)
			return slices.Compact(list)
		}
	}
	return list
}
