// What an operator does to what already runs: upgrades, leadership, errors, actions and the passing of time.

package charmtest

import (
	"context"
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// Refresh is `juju refresh <app> --path <charm>`: units replace their charm's files and run upgrade-charm, then
// config-changed; a unit in error does when it is out of it, or with ForceUnits at once and without those hooks. Files
// the charm itself has written stay.
func (m *Model) Refresh(app, charm string, opt ...DeployOptions) error {
	c, err := charmdir.Read(charm)
	if err != nil {
		return fmt.Errorf("cannot refresh %q: %w", app, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.charmed(app)
	if err != nil {
		return fmt.Errorf("cannot refresh %q: %w", app, err)
	}
	if err := m.refresh(a, c, opt); err != nil {
		return fmt.Errorf("cannot refresh %q: %w", app, err)
	}
	return nil
}

func (m *Model) refresh(a *application, c *charmdir.Charm, opt []DeployOptions) error {
	if c.Name != a.charm.Name {
		return fmt.Errorf("cannot upgrade %q to %q", a.charm.Name, c.Name)
	}
	for _, r := range m.relations {
		e, ok := r.mine(a.name)
		if !ok || r.peer() {
			continue
		}
		if now, has := c.Endpoints[e.endpoint]; !has || now.Role != e.role {
			return fmt.Errorf("would break relation %q", r.key())
		}
	}
	var o DeployOptions
	for _, o = range opt {
		if err := checkResources(c, o.Resources); err != nil {
			return err
		}
	}
	a.version++
	a.forced = o.ForceUnits
	if err := m.keepCharm(a, c, o.Dispatch); err != nil {
		a.version--
		return err
	}
	if err := m.keepResources(a, o.Resources); err != nil {
		return err
	}
	for name := range a.config {
		if checked, err := a.charm.Validate(map[string]any{name: a.config[name]}); err == nil {
			a.config[name] = checked[name]
		} else {
			delete(a.config, name) // the option is gone, or has another type
		}
	}
	m.addPeerRelations(a)
	return nil
}

// AttachResource is `juju attach-resource <app> <name>=<file>`; it upgrades the charm, as Juju does, also for the bytes
// that are there already: the controller of 3.6.11 means to compare them, and does not find those from before.
func (m *Model) AttachResource(app, name, file string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.charmed(app)
	if err != nil {
		return fmt.Errorf("cannot attach resource: %w", err)
	}
	if err := checkResources(a.charm, map[string]string{name: file}); err != nil {
		return fmt.Errorf("cannot attach resource to application %q: %w", app, err)
	}
	if err := m.keepResources(a, map[string]string{name: file}); err != nil {
		return fmt.Errorf("cannot attach resource to application %q: %w", app, err)
	}
	a.version++
	return nil
}

// SetLeader makes a unit of the application its leader, as when the former leader's lease ran out. The empty name
// takes leadership away until the next call, or until a unit comes or goes.
func (m *Model) SetLeader(app, unit string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return fmt.Errorf("cannot set leader: %w", err)
	}
	if unit == "" {
		a.leader = ""
		return nil
	}
	for _, u := range a.units {
		if u.name == unit {
			if u.life != alive {
				return fmt.Errorf("cannot make %q the leader of %q: unit is not alive", unit, app)
			}
			a.leader = unit
			return nil
		}
	}
	return fmt.Errorf("cannot make %q the leader of %q: unit %q not found", unit, app, unit)
}

// UpdateStatus makes an update-status hook due on a unit, or on all units of an application; an agent runs it only
// when it has nothing else to do.
func (m *Model) UpdateStatus(unitOrApp string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if strings.Contains(unitOrApp, "/") {
		u, err := m.unit(unitOrApp)
		if err != nil {
			return fmt.Errorf("cannot update status: %w", err)
		}
		u.local.updateStatus = true
		return nil
	}
	a, err := m.app(unitOrApp)
	if err != nil {
		return fmt.Errorf("cannot update status: %w", err)
	}
	for _, u := range a.units {
		u.local.updateStatus = true
	}
	return nil
}

// Resolve is `juju resolve <unit>`: the failed hook runs again.
func (m *Model) Resolve(unit string) error { return m.resolve(unit, resolveRetry) }

// ResolveSkip is `juju resolve --no-retry <unit>`: the failed hook counts as done, without its changes.
func (m *Model) ResolveSkip(unit string) error { return m.resolve(unit, resolveSkip) }

func (m *Model) resolve(unit string, how resolution) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return fmt.Errorf("cannot resolve: %w", err)
	}
	if u.local.failed == nil {
		return fmt.Errorf("cannot resolve: unit %q is not in an error state", unit)
	}
	u.local.resolve = how
	return nil
}

// Reboot makes a unit's agent see that its machine (or pod) started anew: a start hook runs.
func (m *Model) Reboot(unit string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return fmt.Errorf("cannot reboot: %w", err)
	}
	if !u.local.started || u.local.queued != nil || u.local.failed != nil {
		return fmt.Errorf("cannot reboot: unit %q is not idle", unit)
	}
	u.local.queued = &hookInfo{kind: "start"}
	return nil
}

// ActionResult is what `juju run` shows.
type ActionResult struct {
	ID      string
	Unit    string
	Name    string
	Status  string // completed or failed
	Message string
	Results map[string]any // what action-set gave, and stdout, stderr and return-code
	Log     []string       // action-log
}

type action struct {
	id     string
	name   string
	params map[string]any
	unit   *unit
	done   bool
	result ActionResult
}

// RunAction is `juju run <unit> <action> k=v ...`. It runs the unit's own agent until the action is done (other
// units stay as they are), also when the unit is in error. That the action failed is no error of RunAction.
func (m *Model) RunAction(ctx context.Context, unit, name string, params map[string]any) (ActionResult, error) {
	a, err := m.enqueueAction(unit, name, params)
	if err != nil {
		return ActionResult{}, fmt.Errorf("cannot run action: %w", err)
	}
	if err := m.runUntil(ctx, a.unit, func() bool { return a.done }); err != nil {
		return ActionResult{}, fmt.Errorf("cannot run action %q on unit %q: %w", name, unit, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return a.result, nil
}

func (m *Model) enqueueAction(unit, name string, params map[string]any) (*action, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return nil, err
	}
	if u.app.charm == nil {
		return nil, fmt.Errorf("application %q is scripted and has no charm", u.app.name)
	}
	if _, ok := u.app.charm.Actions[name]; !ok {
		return nil, fmt.Errorf("action %q not defined on unit %q", name, unit)
	}
	filled, err := u.app.charm.ValidateAction(name, params)
	if err != nil {
		return nil, err
	}
	m.nextID++
	a := &action{id: fmt.Sprint(m.nextID), name: name, params: filled, unit: u}
	a.result = ActionResult{ID: a.id, Unit: unit, Name: name, Results: map[string]any{}}
	m.actions[a.id] = a
	u.local.actions = append(u.local.actions, a)
	return a, nil
}
