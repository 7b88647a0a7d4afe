// The flush: all that a successful hook changed goes into the model at once, or nothing of it.

package charmtest

import (
	"fmt"
	"maps"
	"slices"
)

// Commit is what one hook changed, as the agent sent it to the controller.
type Commit struct {
	State     map[string]string            // the unit's whole state, when it changed
	Relations map[string]map[string]string // relation id -> changes of the unit's data ("" deletes)
	Apps      map[string]map[string]string // relation id -> changes of the application's data
	Opened    []string
	Closed    []string
	Secrets   []string // what happened to secrets, in words and without their content
}

// Empty says whether there was nothing to commit; then Juju sends nothing.
func (c *Commit) Empty() bool {
	return c == nil || c.State == nil && len(c.Relations)+len(c.Apps)+len(c.Opened)+len(c.Closed)+len(c.Secrets) == 0
}

// flush commits between the test's Before and After.
func (c *hookContext) flush() error {
	tc := c.newCall(Flush, nil, "")
	switch v := ask(c.m.opt.Before, *tc); v {
	case Kill, Fail:
		c.note(tc, v)
		return fmt.Errorf("the unit agent was stopped before the changes were committed (test verdict: %s)", v)
	}
	c.m.mu.Lock()
	commit, err := c.prepare()
	if err == nil {
		c.apply(commit)
		if !commit.Empty() {
			c.hook.Flushed = commit
		}
	} else {
		c.hook.FlushError = err.Error()
		tc.Code, tc.Stderr = 1, err.Error()
	}
	c.m.mu.Unlock()
	v := Proceed
	if err == nil {
		v = ask(c.m.opt.After, *tc)
	}
	c.note(tc, v)
	if v != Proceed {
		return fmt.Errorf("the unit agent was stopped after the changes were committed (test verdict: %s)", v)
	}
	return err
}

// prepare checks everything before anything is changed.
func (c *hookContext) prepare() (*Commit, error) {
	commit := &Commit{Relations: map[string]map[string]string{}, Apps: map[string]map[string]string{}}
	if c.unit.life == gone {
		return nil, fmt.Errorf("unit %q not found", c.unit.name)
	}
	if c.stateDirty {
		size := 0
		for k, v := range c.state {
			size += len(k) + len(v)
		}
		if size > maxState {
			return nil, fmt.Errorf("max allowed charm state size (%d) exceeded", maxState)
		}
		commit.State = maps.Clone(c.state)
	}
	for _, v := range c.relations {
		id := v.r.idFor(c.unit.app.name)
		if d := v.own; d != nil {
			if diff := difference(v.r.unitBag(c.unit.name).data, d.changes); len(diff) > 0 {
				commit.Relations[id] = diff
			}
		}
		if d := v.app; d != nil && len(d.changes) > 0 {
			if c.unit.app.leader != c.unit.name {
				return nil, fmt.Errorf("checking leadership continuity: %q is not leader of %q", c.unit.name, c.unit.app.name)
			}
			if diff := difference(v.r.appBag(c.unit.app.name).data, d.changes); len(diff) > 0 {
				commit.Apps[id] = diff
			}
		}
	}
	commit.Opened, commit.Closed = portNames(c.opened), portNames(c.closed)
	if err := c.secrets.check(c); err != nil {
		return nil, err
	}
	return commit, nil
}

// difference are the changes that make data other than it is.
func difference(data, changes map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range changes {
		if old, ok := data[k]; (v == "" && ok) || (v != "" && (!ok || old != v)) {
			out[k] = v
		}
	}
	return out
}

func portNames(ports map[string][]portRange) []string {
	var out []string
	for _, e := range sortedKeys(ports) {
		for _, p := range ports[e] {
			text := p.String()
			if e != "" {
				text += " (" + e + ")"
			}
			out = append(out, text)
		}
	}
	return out
}

func (c *hookContext) apply(commit *Commit) {
	u := c.unit
	if commit.State != nil {
		u.state = maps.Clone(commit.State)
	}
	for _, v := range c.relations {
		id := v.r.idFor(u.app.name)
		// A relation that ended while the hook ran takes its data with it.
		if diff, ok := commit.Relations[id]; ok {
			v.r.unitBag(u.name).update(diff)
		}
		if diff, ok := commit.Apps[id]; ok {
			v.r.appBag(u.app.name).update(diff) // in a peer relation the leader is told of its own writing, too
		}
	}
	for e, ranges := range c.opened {
		u.ports[e] = append(u.ports[e], ranges...)
	}
	for e, ranges := range c.closed {
		u.ports[e] = slices.DeleteFunc(u.ports[e], func(p portRange) bool { return slices.Contains(ranges, p) })
		if len(u.ports[e]) == 0 {
			delete(u.ports, e)
		}
	}
	commit.Secrets = c.secrets.apply(c)
}
