// One hook from beginning to end: the context its tools work on, the process, the commit, and what the agent and
// the journal make of it.

package charmtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// hookContext is what the tools of one running hook read and write. What they write stays here until the flush.
type hookContext struct {
	m    *Model
	id   string
	unit *unit
	info *hookInfo
	hook *Hook

	calling sync.Mutex // one tool at a time, as in Juju's server

	// The rest is guarded by the model's lock.
	config     map[string]any
	state      map[string]string // the whole of it once touched
	stateDirty bool
	relations  map[int]*relationView
	leaderData map[string]string
	minion     bool // was told once that it does not lead
	opened     map[string][]portRange
	closed     map[string][]portRange
	secrets    secretChanges
	action     *action
	results    map[string]any
	actionMsg  string
	actionFail bool
	process    *process
	killed     bool
}

// relationView is one relation as one hook sees it: the members the agent knows, remote data as it was when first
// read, and this unit's own writes.
type relationView struct {
	r       *relation
	broken  bool
	members map[string]bool
	remote  map[string]map[string]string
	own     *draft
	app     *draft
}

// draft is data with unflushed changes; an empty value stands for a deleted key.
type draft struct {
	data    map[string]string
	changes map[string]string
}

func (d *draft) set(k, v string) {
	d.data[k] = v
	d.changes[k] = v
}

func (d *draft) read() map[string]string {
	out := map[string]string{}
	for k, v := range d.data {
		if v != "" {
			out[k] = v
		}
	}
	return out
}

// run does one operation of a unit's agent. Its error is one of the model, never of the charm.
func (m *Model) run(ctx context.Context, u *unit, op *operation) error {
	if op.bury {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.buryUnit(u)
		return nil
	}
	if op.skip {
		m.skipHook(u, op.info)
		return nil
	}
	if op.place {
		return m.forceCharm(u, op)
	}
	if op.info.kind == "install" || op.info.kind == "upgrade-charm" {
		if err := m.placeCharm(u, op); err != nil {
			return err
		}
	}
	c := m.begin(u, op)
	defer m.end(c)
	err := c.execute(ctx)
	if ctx.Err() != nil {
		m.interrupted(c)
		return ctx.Err()
	}
	m.conclude(c, err)
	return nil
}

// forceCharm is Juju's deploy operation out of an error: the hook that failed stays what is to be run next, and
// neither upgrade-charm nor config-changed is queued (operation/deploy.go of Juju's uniter, interruptedHook).
func (m *Model) forceCharm(u *unit, op *operation) error {
	was := op.info.charm
	if err := m.placeCharm(u, op); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u.local.charmVersion, op.info.charm = op.info.charm, was
	u.local.retries = 0
	m.settleAgentStatus(u)
	return nil
}

// placeCharm gives the unit its charm's files. Local files of an older revision stay.
func (m *Model) placeCharm(u *unit, op *operation) error {
	m.mu.Lock()
	store := u.app.store
	op.info.charm = u.app.version
	m.setStatus(&u.agent, "executing", "")
	m.mu.Unlock()
	if err := linkCharm(store, u.dir); err != nil {
		return fmt.Errorf("cannot install the charm of unit %q: %w", u.name, err)
	}
	return nil
}

// begin makes the context of a hook and says in the status that it runs.
func (m *Model) begin(u *unit, op *operation) *hookContext {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := op.info
	m.nextCtx++
	c := &hookContext{m: m, unit: u, info: h, action: h.action, relations: map[int]*relationView{},
		results: map[string]any{}, opened: map[string][]portRange{}, closed: map[string][]portRange{}}
	c.id = fmt.Sprintf("%s-%s-%016x", u.name, h.name(), m.nextCtx)
	c.viewRelations()
	switch h.kind {
	case "config-changed":
		h.configHash = u.configHash()
	case "update-status":
		u.local.updateStatus = false // one that comes due from now on is another one
	}
	c.hook = &Hook{Seq: len(m.journal) + 1, Unit: u.name, Name: h.name(), Action: h.kind == "action", Retry: op.failed,
		RemoteApp: h.remoteApp, RemoteUnit: h.remoteUnit, Departing: h.departing, Started: time.Now()}
	if h.isRelation() {
		c.hook.Relation = h.relation.idFor(u.app.name)
	}
	m.journal = append(m.journal, c.hook)
	m.contexts[c.id] = c
	c.statusBefore()
	return c
}

func (c *hookContext) viewRelations() {
	for id, local := range c.unit.local.relations {
		r := c.m.relationByID(id)
		if r == nil {
			continue
		}
		v := &relationView{r: r, members: map[string]bool{}, remote: map[string]map[string]string{}}
		for name := range local.members {
			v.members[name] = true
		}
		if c.info.relation == r {
			v.broken = c.info.kind == "relation-broken"
			switch {
			case c.info.remoteUnit == "":
			case c.info.kind == "relation-departed":
				delete(v.members, c.info.remoteUnit)
			default:
				v.members[c.info.remoteUnit] = true
			}
		}
		c.relations[id] = v
	}
}

func (m *Model) relationByID(id int) *relation {
	for _, r := range m.relations {
		if r.id == id {
			return r
		}
	}
	return nil
}

// statusBefore writes what the agent itself says before a hook.
func (c *hookContext) statusBefore() {
	u, m := c.unit, c.m
	message := fmt.Sprintf("running %s hook", c.hook.Name)
	switch {
	case c.hook.Action:
		message = fmt.Sprintf("running action %s", c.hook.Name)
	case c.info.isRelation() && c.info.remoteUnit != "":
		message += " for " + c.info.remoteUnit
	}
	if c.info.kind != "update-status" {
		m.setStatus(&u.agent, "executing", message)
	}
	switch c.info.kind {
	case "install":
		if !u.local.statusSet {
			m.setStatus(&u.workload, "maintenance", "installing charm software")
		}
	case "stop":
		m.setStatus(&u.workload, "maintenance", "stopping charm software")
	case "remove":
		m.setStatus(&u.workload, "maintenance", "cleaning up prior to charm deletion")
	}
}

// statusAfter writes what the agent says after a hook that succeeded.
func (c *hookContext) statusAfter() {
	u, m := c.unit, c.m
	switch c.info.kind {
	case "stop":
		m.setStatus(&u.workload, "maintenance", "")
	case "remove":
		m.setStatus(&u.workload, "terminated", "")
	case "start":
		if !u.local.statusSet {
			m.setStatus(&u.workload, "unknown", "")
		}
	}
}

// handler finds what Juju would start; empty when the charm does not have this hook.
func (c *hookContext) handler() string {
	for _, path := range []string{"dispatch", filepath.Join(c.folder(), c.hook.Name)} {
		full := filepath.Join(c.unit.dir, path)
		if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return full
		}
	}
	return ""
}

func (c *hookContext) folder() string {
	if c.hook.Action {
		return "actions"
	}
	return "hooks"
}

var errMissing = errors.New("missing")

// execute runs the charm's process. Its error says how the process failed.
func (c *hookContext) execute(ctx context.Context) error {
	p := c.prepareProcess()
	if p == nil {
		return errMissing
	}
	ctx, cancel := context.WithTimeout(ctx, c.m.opt.HookTimeout)
	defer cancel()
	err := p.run(ctx)
	c.m.mu.Lock()
	c.hook.Duration = time.Since(c.hook.Started)
	c.hook.Stdout, c.hook.Stderr, c.hook.Exit = p.stdout.String(), p.stderr.String(), p.exit
	c.m.mu.Unlock()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("it did not end within %s and was killed", c.m.opt.HookTimeout)
	}
	if err != nil || ctx.Err() != nil {
		killStrays("JUJU_CHARM_DIR=" + c.unit.dir)
	}
	return err
}

// prepareProcess is nil when the charm does not have this hook.
func (c *hookContext) prepareProcess() *process {
	handler := c.handler()
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if handler == "" {
		c.hook.Skipped = true
		return nil
	}
	c.hook.Env = c.environment()
	c.process = newProcess(handler, c.unit.dir, c.hook.Env)
	if c.killed {
		c.process.kill()
	}
	return c.process
}

// kill ends the hook's process and all it started.
func (c *hookContext) kill() {
	c.m.mu.Lock()
	c.killed = true
	p := c.process
	c.m.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

func (m *Model) contextsOf(u *unit) []*hookContext {
	var out []*hookContext
	for _, c := range m.contexts {
		if c.unit == u {
			out = append(out, c)
		}
	}
	return out
}

// end makes the context unknown to tools that are still running somewhere.
func (m *Model) end(c *hookContext) {
	m.mu.Lock()
	delete(m.contexts, c.id)
	line := c.hook.String()
	log := m.opt.Log
	m.mu.Unlock()
	if log != nil {
		log(line)
	}
}
