// Result: what a hook did, for logs, pictures and whoever wonders.

package reactive

import "time"

// maxRan bounds Result.Ran, so that rules that take very long to come round fill no memory.
const maxRan = 1 << 17

// Result is what a hook did.
type Result struct {
	// State to store. When the hook failed it is the one the hook began with.
	State State
	// Before is what triggers on facts and changes did before the first pass.
	Before Effects
	// Ran is every run of a rule, in order. After 131,072 of them it says no more; Runs goes on counting.
	Ran []Ran
	// Runs counts the runs.
	Runs int
	// Passes counts the passes in which a rule was due.
	Passes int
	// Outcomes are what the hook leaves blocked and waiting: of each rule whose last run ended so and whose
	// condition still holds, in written order. None when the hook failed.
	Outcomes []Status
}

// Ran is one run of a rule.
type Ran struct {
	Rule    string
	Pass    int // the first is 0
	Outcome Outcome
	Err     error // what the handler returned, or what it did wrong; nil when done
	Effects
	Duration time.Duration
}

// Effects are flags by what was done to them, each in the order in which it happened, by a handler or by the triggers
// it fired. A flag that was set and cleared again is in both.
type Effects struct {
	Set     []string
	Cleared []string
}

// Status is what a rule says to the operator.
type Status struct {
	Rule    string
	Outcome Outcome // blocked or waiting
	Message string
}

// log notes a run of a rule, and that the events since the one before are its own.
func (r *run) log(i int32, outcome Outcome, err error) {
	r.runs++
	now := time.Since(r.started)
	took := now - r.elapsed
	r.elapsed = now
	if len(r.ran) == maxRan {
		r.events = r.events[:r.ends[maxRan]]
		return
	}
	r.ran = append(r.ran, Ran{Rule: r.named.names[i], Pass: r.pass - 1, Outcome: outcome, Err: err, Duration: took})
	r.ends = append(r.ends, int32(len(r.events)))
}

// report gives what was done before the first pass, and the runs with what each of them did.
func (r *run) report() (before Effects, ran []Ran) {
	texts := make([]string, 0, len(r.events))
	named := func(events []int32, kind int32) []string {
		from := len(texts)
		for _, ev := range events {
			if ev&1 == kind {
				texts = append(texts, r.vars.names[ev>>1])
			}
		}
		if from == len(texts) {
			return nil
		}
		return texts[from:len(texts):len(texts)]
	}
	effects := func(events []int32) Effects { return Effects{Set: named(events, 1), Cleared: named(events, 0)} }
	before = effects(r.events[:r.ends[0]])
	for i := range r.ran {
		r.ran[i].Effects = effects(r.events[r.ends[i]:r.ends[i+1]])
	}
	return before, r.ran
}

// outcomes gives what the hook leaves blocked and waiting.
func (r *run) outcomes() []Status {
	var list []Status
	for i := range r.rules {
		if err, ok := r.held[int32(i)]; ok && r.missing[i] == 0 {
			outcome, message := OutcomeOf(err)
			list = append(list, Status{r.named.names[i], outcome, message})
		}
	}
	return list
}
