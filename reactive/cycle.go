// Cycles: how a hook that would never settle is known, exactly and at the cost of what it changes.
//
// A hook goes round when a pass begins as an earlier one did: the same flags, the same changed flags and the same marks.
// By Brent's method one earlier beginning is kept, and replaced after 1, 2, 4, 8… passes: once it lies on
// the way round, it is met again. Nothing is ever compared as a whole. Each flag knows whether it differs from the
// checkpoint, and one count says how many do.

package reactive

import "slices"

// checkpoint is the beginning of an earlier pass.
type checkpoint struct {
	number  int // of this checkpoint; flags are stamped with it
	pass    int
	lasts   int // passes until it is replaced
	differs int // flags that are not as they were
	changed int // flags that had been changed in the pass before
	marks   int
}

// checkpointed is what a flag knows of the checkpoint, by its number.
type checkpointed struct {
	differs int // the checkpoint from which the flag differs
	changed int // the checkpoint at which it had just been changed
}

// flipped takes note of a flag that was set or cleared. Twice is not at all.
func (c *checkpoint) flipped(f *checkpointed) {
	if f.differs == c.number {
		f.differs = 0
		c.differs--
	} else {
		f.differs = c.number
		c.differs++
	}
}

// comesBack says whether the pass about to begin begins as the checkpoint did. It replaces a checkpoint that has
// lasted its time.
func (r *run) comesBack() bool {
	c := &r.last
	if c.number > 0 && c.differs == 0 && c.marks == r.marks && r.changedAsThen() {
		return true
	}
	if c.number == 0 || r.pass-c.pass == c.lasts {
		*c = checkpoint{number: c.number + 1, pass: r.pass, lasts: max(1, 2*c.lasts), changed: len(r.changed), marks: r.marks}
		for _, v := range r.changed {
			r.flagged[v].then.changed = c.number
		}
	}
	return false
}

// changedAsThen says whether the flags changed in this pass are those that were changed in the pass before the
// checkpoint.
func (r *run) changedAsThen() bool {
	if len(r.changed) != r.last.changed {
		return false
	}
	for _, v := range r.changed {
		if r.flagged[v].then.changed != r.last.number {
			return false
		}
	}
	return true
}

// loop names what has gone round since the checkpoint.
func (r *run) loop() error {
	err := &LoopError{}
	for i, s := range r.ruled {
		if s.ran > r.last.pass {
			err.Rules = append(err.Rules, r.named.names[i])
		}
	}
	for i, f := range r.flagged {
		if f.changed > r.last.pass && r.kinds[i] == kindFlag {
			err.Flags = append(err.Flags, r.vars.names[i])
		}
	}
	slices.Sort(err.Flags)
	return err
}
