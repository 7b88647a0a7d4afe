// One hook: passes over the rules that are due, until none is.

package reactive

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"
)

// Run runs one hook: it fires the triggers on facts and changes, and then runs the rules that are due until
// none is. The context is given to the handlers; when it ends, no other handler begins and the hook fails.
//
// The error is a [*RuleError], a [*LoopError], a [*TriggerLoopError], or wraps the cause of the context's end. The Result
// then still says what ran, and its State is the one given. Run does not alter what it is given, and running
// it again with the same state and world is what Juju does with a hook that failed.
func (e *Engine) Run(ctx context.Context, st State, w World) (Result, error) {
	r := e.begin(st, w)
	err := r.settle(ctx)
	result := Result{State: st, Runs: r.runs, Passes: r.pass, Before: r.log.effects(0, r.log.before), log: r.log}
	if err != nil {
		return result, err
	}
	result.State = r.commit()
	result.Outcomes = r.outcomes()
	return result, nil
}

// run is one hook under way.
type run struct {
	*Engine
	given State
	world World

	on        []bool          // by variable
	was       []bool          // by variable: on at the start of the hook, of flags
	flagged   []flagStamp     // by variable
	missing   []int32         // by rule: parts of its condition that are not true; from marked on, it has run once and for all
	satisfied []int32         // by clause: terms that are as wanted
	ruled     []ruleStamp     // by rule
	stored    []string        // the flags of the given state, sorted
	loaded    []int32         // their variables, or unknown
	held      map[int32]error // by rule: a last run that was blocked or waiting

	// Before pass 0 the number is 0, in pass 0 it is 1: so a zero stamp is one never made.
	pass    int
	queue   []int32 // rules due in this pass
	next    []int32 // rules that watch a flag that was changed in this pass
	changed []int32 // flags that were changed in this pass
	marks   int     // once-marks and change-marks made: marks are never unmade, so equal counts are equal marks
	last    checkpoint
	firing  []int // by trigger: which one to begin it was, of all in this hook; 0 when it is not under way
	fires   int   // triggers that began

	log     *record
	runs    int
	started time.Time
	elapsed time.Duration // until the last run ended
	unused  []Changes
	mistake error // of the handler under way: what it did that it may not
}

const unknown = -1

// flagStamp is when things happened to a flag.
type flagStamp struct {
	changed int // the pass in which it last changed; of a change in a condition: in which its rule last succeeded
	then    checkpointed
}

// ruleStamp is when things happened to a rule.
type ruleStamp struct {
	woken int // the pass in which a flag it watches last changed
	ran   int // the pass in which it last ran
}

// marked is what a once rule misses that has run: more than any condition has parts.
const marked = 1 << 30

// ranOnce says whether it is a once rule that has run.
func (r *run) ranOnce(i int32) bool { return r.missing[i] >= marked }

// settle runs passes until no rule is due.
func (r *run) settle(ctx context.Context) error {
	err := r.fireInputs()
	r.log.before = len(r.log.events)
	if err != nil {
		return err
	}
	if r.queue = r.due(); len(r.queue) > 0 {
		r.log.lines = make([]line, 0, min(len(r.rules), maxRan))
	}
	r.started = time.Now()
	for len(r.queue) > 0 {
		r.pass++
		r.changed = r.changed[:0]
		for _, i := range r.queue {
			if r.missing[i] > 0 {
				continue // what ran before it in this pass ended its condition
			}
			if ctx.Err() != nil {
				return fmt.Errorf("cannot settle: time is up in pass %d, before rule %q: %w",
					r.pass-1, r.named.names[i], context.Cause(ctx))
			}
			if err := r.perform(ctx, i); err != nil {
				return err
			}
		}
		r.turn()
		if len(r.queue) > 0 && r.comesBack() {
			return r.loop()
		}
	}
	return nil
}

// due gives the rules whose condition holds, in written order.
func (r *run) due() []int32 {
	n := 0
	for _, missing := range r.missing {
		if missing == 0 {
			n++
		}
	}
	list := make([]int32, 0, n)
	for i, missing := range r.missing {
		if missing == 0 {
			list = append(list, int32(i))
		}
	}
	return list
}

// turn makes the queue of the next pass: what was woken in this one, and is due at its end.
func (r *run) turn() {
	slices.Sort(r.next) // the watchers of one flag are in order already
	r.queue = r.queue[:0]
	for _, i := range r.next {
		if r.missing[i] == 0 {
			r.queue = append(r.queue, i)
		}
	}
	r.next = r.next[:0]
}

// perform runs one rule.
func (r *run) perform(ctx context.Context, i int32) error {
	changes := r.changesFor(i)
	err := call(ctx, r.rules[i].handler, changes)
	changes.run = nil
	r.ruled[i].ran = r.pass
	if r.mistake != nil {
		err, r.mistake = r.mistake, nil
	}
	r.note(i, err)
	if err == nil {
		r.succeeded(i)
		return nil
	}
	if outcome, _ := OutcomeOf(err); outcome == OutcomeFailed {
		return &RuleError{r.named.names[i], r.pass - 1, err}
	}
	if r.held == nil {
		r.held = map[int32]error{}
	}
	r.held[i] = err
	return nil
}

// note writes a run down.
func (r *run) note(i int32, err error) {
	r.runs++
	now := time.Since(r.started)
	r.log.add(i, r.pass-1, now-r.elapsed, err)
	r.elapsed = now
}

// changesFor gives each run its own Changes: one that a handler keeps must not act for another rule.
func (r *run) changesFor(i int32) *Changes {
	if len(r.unused) == 0 {
		r.unused = make([]Changes, 64)
	}
	c := &r.unused[0]
	r.unused = r.unused[1:]
	c.run, c.rule = r, i
	return c
}

// call makes a panic an error: the hook fails, in words, and the process still says so and commits nothing.
func call(ctx context.Context, h Handler, c *Changes) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	return h(ctx, c)
}

// succeeded marks what the rule has done and seen. The changes it waited for are no longer there for it, which wakes
// nobody.
func (r *run) succeeded(i int32) {
	if r.held != nil {
		delete(r.held, i)
	}
	if r.rules[i].once {
		r.missing[i] += marked
		r.marks++
	}
	for _, in := range r.inputs.of(i) {
		r.flagged[in.variable].changed = r.pass
		if r.on[in.variable] {
			r.flip(in.variable)
			r.marks++
		}
	}
}

// put sets or clears a flag, with everything that follows from it.
func (r *run) put(v int32, on bool) error {
	if r.on[v] == on {
		return nil
	}
	r.flip(v)
	r.wake(v, on)
	if len(r.triggers) == 0 {
		return nil
	}
	return r.fire(r.fired.of(event(v, on)))
}

// flip turns a variable over and puts the counts of the rules that watch it right.
func (r *run) flip(v int32) {
	on := !r.on[v]
	r.on[v] = on
	for _, w := range r.watchers.of(v) {
		good := w.wants == on
		if w.clause != noClause {
			count := &r.satisfied[w.clause]
			if good {
				*count++
				if *count != 1 {
					continue // it was true without this term
				}
			} else {
				*count--
				if *count != 0 {
					continue // it still is
				}
			}
		}
		if good {
			r.missing[w.rule]--
		} else {
			r.missing[w.rule]++
		}
	}
}

// wake writes down that a flag was changed, and wakes the rules that watch it for the next pass.
func (r *run) wake(v int32, on bool) {
	r.log.events = append(r.log.events, event(v, on))
	f := &r.flagged[v]
	r.last.flipped(&f.then)
	if f.changed == r.pass {
		return
	}
	f.changed = r.pass
	r.changed = append(r.changed, v)
	for _, w := range r.watchers.of(v) {
		if s := &r.ruled[w.rule]; s.woken != r.pass {
			s.woken = r.pass
			r.next = append(r.next, w.rule)
		}
	}
}
