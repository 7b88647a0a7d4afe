// What the agent and the journal make of a hook's end.

package charmtest

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"
)

// interrupted is the end of a hook whose model is going away: Juju would treat it as failed.
func (m *Model) interrupted(c *hookContext) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.hook.Err = "interrupted"
	if c.hook.Action {
		c.finishAction(errors.New("action terminated"), nil)
		return
	}
	c.unit.local.failed = c.info
}

// conclude commits what the hook did, or makes the unit remember that it failed.
func (m *Model) conclude(c *hookContext, err error) {
	var flushErr error
	if err == nil || (errors.Is(err, errMissing) && !c.hook.Action) {
		flushErr = c.flush()
		err = nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := c.unit
	if u.life == gone && c.info.kind != "remove" {
		c.hook.Err = "the unit is gone"
		return
	}
	if c.hook.Action {
		c.finishAction(err, flushErr)
		m.settleAgentStatus(u)
		return
	}
	if err == nil {
		err = flushErr
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.statusAfter()
	m.setStatus(&u.agent, "idle", "")
	m.finished(u, c.info)
	m.settleAgentStatus(u)
}

// fail puts the unit into its error state.
func (c *hookContext) fail(err error) {
	c.hook.Err = err.Error()
	s := &c.unit.local
	s.failed, s.queued, s.resolve, s.retryAt = c.info, nil, unresolved, time.Time{}
	c.m.setStatus(&c.unit.agent, "error", fmt.Sprintf("hook failed: %q", c.hook.Name))
}

func (m *Model) settleAgentStatus(u *unit) {
	if u.local.failed != nil {
		name := u.local.failed.name()
		m.setStatus(&u.agent, "error", fmt.Sprintf("hook failed: %q", name))
		return
	}
	m.setStatus(&u.agent, "idle", "")
}

// skipHook counts a failed hook as done.
func (m *Model) skipHook(u *unit, h *hookInfo) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h.kind == "config-changed" && h.configHash == "" {
		h.configHash = u.configHash()
	}
	m.finished(u, h)
	m.settleAgentStatus(u)
}

// finishAction is what the agent reports of an action, failed or not.
func (c *hookContext) finishAction(err, flushErr error) {
	a := c.action
	a.done = true
	c.unit.local.actions = deleteFrom(c.unit.local.actions, a)
	res := &a.result
	res.Status, res.Message = "completed", c.actionMsg
	res.Results = maps.Clone(c.results)
	if out := c.hook.Stdout; out != "" {
		res.Results["stdout"] = out
	}
	if out := c.hook.Stderr; out != "" {
		res.Results["stderr"] = out
	}
	res.Results["return-code"] = c.hook.Exit
	if c.actionFail {
		res.Status = "failed"
	}
	if err != nil {
		res.Status, res.Message = "failed", err.Error()
		if errors.Is(err, errMissing) {
			res.Message = fmt.Sprintf("action not implemented on unit %q", c.unit.name)
		}
		c.hook.Err = res.Message
	}
	if flushErr == nil {
		return
	}
	res.Status = "failed"
	text, _ := res.Results["stderr"].(string)
	res.Results["stderr"] = strings.TrimPrefix(text+"\n"+flushErr.Error(), "\n")
	if res.Results["return-code"] == 0 {
		res.Results["return-code"] = "1"
	}
	if res.Message == "" {
		res.Message = "committing requested changes failed"
	}
	c.hook.Err = flushErr.Error()
}
