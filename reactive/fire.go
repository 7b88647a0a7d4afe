// Triggers at work.

package reactive

import (
	"cmp"
	"slices"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// fireInputs fires the triggers on facts and changes, in written order, before the first pass.
func (r *run) fireInputs() error {
	for i := range r.triggers {
		if !r.inputFires(&r.triggers[i]) {
			continue
		}
		if err := r.fire([]int32{int32(i)}); err != nil {
			return err
		}
	}
	return nil
}

// inputFires says whether a trigger on a fact or change fires in this hook.
func (r *run) inputFires(t *trigger) bool {
	switch term := t.term.(type) {
	case flags.Fact:
		on := r.on[t.variable]
		_, was := slices.BinarySearch(r.given.Facts, term.Name())
		return on != was && on == t.on
	case flags.Change:
		seen, ran := r.given.Triggers[t.String()]
		return holds(term, r.world.Versions[term.Name()], seen, ran)
	}
	return false
}

// holds says whether a change is there for somebody who has seen that version, or who has never run.
func holds(c flags.Change, version, seen string, ran bool) bool {
	if ran {
		return version != seen
	}
	switch c.NeverRan() {
	case flags.Holds:
		return true
	case flags.HoldsIfAny:
		return version != ""
	default:
		return false
	}
}

// fire does what triggers do on one event: all their sets first, then all their clears. A trigger is firing from
// its first action until its last has returned with all that it led to.
func (r *run) fire(list []int32) error {
	for _, i := range list {
		t := &r.triggers[i]
		if len(t.sets) == 0 {
			continue
		}
		if err := r.act(i, t.sets, true); err != nil {
			return err
		}
		if len(t.clears) == 0 {
			r.firing[i] = 0
		}
	}
	for _, i := range list {
		t := &r.triggers[i]
		if len(t.clears) == 0 {
			continue
		}
		if len(t.sets) > 0 {
			r.firing[i] = 0 // and begins again at once, for the rest of its actions
		}
		if err := r.act(i, t.clears, false); err != nil {
			return err
		}
		r.firing[i] = 0
	}
	return nil
}

// act begins or goes on with a trigger.
func (r *run) act(i int32, list []int32, on bool) error {
	if r.firing[i] != 0 {
		return r.triggerLoop(i)
	}
	r.fires++
	r.firing[i] = r.fires
	for _, v := range list {
		if err := r.put(v, on); err != nil {
			return err
		}
	}
	return nil
}

// triggerLoop names the triggers under way, in the order in which they began, and the one reached again.
func (r *run) triggerLoop(again int32) error {
	var way []int32
	for i, began := range r.firing {
		if began != 0 {
			way = append(way, int32(i))
		}
	}
	slices.SortFunc(way, func(a, b int32) int { return cmp.Compare(r.firing[a], r.firing[b]) })
	err := &TriggerLoopError{}
	for _, i := range append(way, again) {
		err.Triggers = append(err.Triggers, r.triggers[i].String())
	}
	return err
}
