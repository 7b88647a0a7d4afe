// Result: what a hook did, for logs, pictures and whoever wonders.

package reactive

import (
	"iter"
	"time"
)

// Result is what a hook did.
type Result struct {
	// State to store. When the hook failed it is the one the hook began with.
	State State
	// Before is what triggers on facts and changes did before the first pass.
	Before Effects
	// Runs counts the runs of rules.
	Runs int
	// Passes counts the passes in which a rule was due.
	Passes int
	// Outcomes are what the hook leaves blocked and waiting: of each rule whose last run ended so and whose
	// condition still holds, in written order. None when the hook failed.
	Outcomes []Status

	log *record
}

// Ran gives every run of a rule, in order. After 131,072 of them it says no more; Runs goes on counting.
func (r Result) Ran() iter.Seq[Ran] {
	return func(yield func(Ran) bool) {
		for i := range r.log.length() {
			if !yield(r.log.ran(i)) {
				return
			}
		}
	}
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
