// The record of a hook: in numbers while the rules run, in words for whoever asks later.

package reactive

import "time"

// maxRan bounds the record, so that rules that take very long to come round fill no memory.
const maxRan = 1 << 17

// record is what a hook has done. Nobody asks about most runs of most hooks, so a run is one short line of numbers
// without a pointer, and [Result.Ran] makes words of it.
type record struct {
	engine *Engine
	events []int32 // what was done to flags, in order
	before int     // events before the first pass
	lines  []line  // runs of rules; at most maxRan
	errs   []error // of those that did not end well
}

// line is one run of a rule. As every pass runs a rule, no pass of the first maxRan runs is too large a number.
type line struct {
	rule, pass int32
	events     int32 // how many there were when it ended
	err        int32 // its number in errs, plus 1; 0 when all went well
	took       time.Duration
}

// add notes a run, and that the events since the one before are its own. A full record drops it.
func (l *record) add(rule int32, pass int, took time.Duration, err error) {
	if len(l.lines) == maxRan {
		l.events = l.events[:l.lines[maxRan-1].events]
		return
	}
	number := int32(0)
	if err != nil {
		l.errs = append(l.errs, err)
		number = int32(len(l.errs))
	}
	l.lines = append(l.lines, line{rule, int32(pass), int32(len(l.events)), number, took})
}

func (l *record) length() int {
	if l == nil {
		return 0
	}
	return len(l.lines)
}

// ran is line i in words.
func (l *record) ran(i int) Ran {
	from, s := l.before, l.lines[i]
	if i > 0 {
		from = int(l.lines[i-1].events)
	}
	ran := Ran{
		Rule: l.engine.named.names[s.rule], Pass: int(s.pass), Outcome: OutcomeDone,
		Effects: l.effects(from, int(s.events)), Duration: s.took,
	}
	if s.err > 0 {
		ran.Err = l.errs[s.err-1]
		ran.Outcome, _ = OutcomeOf(ran.Err)
	}
	return ran
}

// effects are some of the events in words.
func (l *record) effects(from, to int) Effects {
	var e Effects
	for _, ev := range l.events[from:to] {
		list := &e.Cleared
		if ev&1 == 1 {
			list = &e.Set
		}
		*list = append(*list, l.engine.vars.names[ev>>1])
	}
	return e
}
