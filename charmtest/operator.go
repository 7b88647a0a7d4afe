// What an operator does to applications: each method is a juju command, done at once and without running a hook.
// Settle runs the hooks. What Juju would refuse is refused here, in its words.

package charmtest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// applicationName is what Juju allows: words of letters and digits joined by hyphens, no word of digits alone.
var applicationName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`)

// Deploy is `juju deploy <charm> <app>`: charm is a charm's folder or .charm archive.
func (m *Model) Deploy(app, charm string, opt DeployOptions) error {
	c, err := charmdir.Read(charm)
	if err != nil {
		return fmt.Errorf("cannot deploy %q: %w", app, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.deploy(app, c, opt); err != nil {
		return fmt.Errorf("cannot deploy %q: %w", app, err)
	}
	return nil
}

func (m *Model) deploy(name string, c *charmdir.Charm, opt DeployOptions) error {
	if err := m.checkNewName(name); err != nil {
		return err
	}
	config, err := c.Validate(opt.Config)
	if err != nil {
		return err
	}
	if err := checkResources(c, opt.Resources); err != nil {
		return err
	}
	a := &application{name: name, config: config, trust: opt.Trust, resources: map[string]string{},
		settings: map[string]string{}, setVer: 1}
	m.setStatus(&a.status, "unset", "")
	if err := m.keepCharm(a, c, opt.Dispatch); err != nil {
		return err
	}
	if err := m.keepResources(a, opt.Resources); err != nil {
		return err
	}
	m.apps = append(m.apps, a)
	m.addPeerRelations(a)
	count := opt.Units
	if count == 0 {
		count = 1
	}
	for range max(count, 0) {
		m.addUnit(a)
	}
	return nil
}

func (m *Model) checkNewName(name string) error {
	if !applicationName.MatchString(name) {
		return fmt.Errorf("invalid application name %q", name)
	}
	if _, err := m.app(name); err == nil {
		return fmt.Errorf("application already exists: %s", name)
	}
	return nil
}

func checkResources(c *charmdir.Charm, given map[string]string) error {
	for name, path := range given {
		declared, ok := c.Resources[name]
		if !ok {
			return fmt.Errorf("unrecognized resource %q", name)
		}
		if ending := filepath.Ext(declared.Path); filepath.Ext(path) != ending { // apiserver/resources.go of Juju
			return fmt.Errorf("incorrect extension on resource upload %q, expected %q", path, ending)
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("cannot read resource %q: %w", name, err)
		}
	}
	return nil
}

// keepCharm copies the charm into the controller's store, from which units get theirs.
func (m *Model) keepCharm(a *application, c *charmdir.Charm, dispatch string) error {
	store := filepath.Join(m.dir, "charms", fmt.Sprintf("%s-%d", a.name, a.version))
	if err := storeCharm(c.Path, store, dispatch); err != nil {
		return err
	}
	kept, err := charmdir.Read(store)
	if err != nil {
		return err
	}
	if err := kept.Runnable(); err != nil {
		return err
	}
	// As the agent does: it is how a charm tells an upgrade from other hooks.
	if err := os.WriteFile(filepath.Join(store, ".juju-charm"), fmt.Appendf(nil, "local:%s-%d\n", kept.Name, a.version), 0o644); err != nil {
		return fmt.Errorf("cannot say which charm it is: %w", err)
	}
	a.charm, a.store = kept, store
	return nil
}

// addUnit makes a unit, which will install itself, or joins its relations at once when it is a scripted one.
func (m *Model) addUnit(a *application) *unit {
	u := &unit{app: a, number: a.nextUnit, name: fmt.Sprintf("%s/%d", a.name, a.nextUnit), address: m.newAddress(),
		state: map[string]string{}, ports: map[string][]portRange{}, tracked: map[string]*tracking{}}
	a.nextUnit++
	u.machine = fmt.Sprint(m.nextAddr - 1)
	u.local.relations = map[int]*relationState{}
	u.dir = filepath.Join(m.dir, "agents", fmt.Sprintf("unit-%s-%d", a.name, u.number), "charm")
	m.setStatus(&u.workload, "waiting", "installing agent")
	m.setStatus(&u.agent, "allocating", "")
	a.units = append(a.units, u)
	a.elect()
	if a.remote != nil {
		m.setStatus(&u.workload, "active", "")
		m.setStatus(&u.agent, "idle", "")
		for _, r := range m.relations {
			if _, ok := r.mine(a.name); ok && r.life == alive {
				a.remote.enter(r, u)
			}
		}
	}
	return u
}

// AddUnit is `juju add-unit <app>`; it gives the new unit's name.
func (m *Model) AddUnit(app string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return "", fmt.Errorf("cannot add unit: %w", err)
	}
	if a.life != alive {
		return "", fmt.Errorf("cannot add unit to application %q: application is not alive", app)
	}
	return m.addUnit(a).name, nil
}

// RemoveUnit is `juju remove-unit <unit>`: the unit leaves its relations, stops and is removed as Settle runs its
// hooks.
func (m *Model) RemoveUnit(unit string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return fmt.Errorf("cannot remove unit: %w", err)
	}
	m.destroyUnit(u)
	return nil
}

func (m *Model) destroyUnit(u *unit) {
	u.life = dying
	if u.app.charm == nil || !u.local.installed && u.local.failed == nil && !u.local.running {
		m.buryUnit(u) // nothing was installed: nothing is to be stopped
	}
}

// KillUnit takes away a unit with its machine, as `juju remove-machine --force` does: it runs no more hooks, other
// units see it depart, and the next leader is elected.
func (m *Model) KillUnit(unit string) error {
	m.mu.Lock()
	u, err := m.unit(unit)
	if err != nil {
		m.mu.Unlock()
		return fmt.Errorf("cannot kill unit: %w", err)
	}
	m.buryUnit(u)
	running := m.contextsOf(u)
	m.mu.Unlock()
	for _, c := range running {
		c.kill()
	}
	return nil
}

// buryUnit is the end of a unit, whichever way it came.
func (m *Model) buryUnit(u *unit) {
	u.life = gone
	for _, r := range slices.Clone(m.relations) {
		if _, in := r.scope[u.name]; in {
			m.leave(r, u.name)
		}
	}
	m.dropUnitSecrets(u)
	a := u.app
	a.units = deleteFrom(a.units, u)
	a.elect()
	m.buryApplication(a)
	m.idle.Broadcast()
}

func (m *Model) buryApplication(a *application) {
	if a.life != dying || len(a.units) > 0 {
		return
	}
	a.life = gone
	for _, r := range slices.Clone(m.relations) {
		if _, ok := r.mine(a.name); ok {
			r.life = max(r.life, dying)
			m.reapRelation(r)
		}
	}
	m.secrets = slices.DeleteFunc(m.secrets, func(s *secret) bool { return s.owner == a.name })
	m.apps = deleteFrom(m.apps, a)
}

// RemoveApplication is `juju remove-application <app>`: its relations and its units go.
func (m *Model) RemoveApplication(app string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return fmt.Errorf("cannot remove application: %w", err)
	}
	a.life = dying
	for _, r := range slices.Clone(m.relations) {
		if _, ok := r.mine(a.name); ok && !r.peer() {
			r.life = max(r.life, dying)
			m.reapRelation(r)
		}
	}
	for _, u := range slices.Clone(a.units) {
		m.destroyUnit(u)
	}
	m.buryApplication(a)
	return nil
}

// Configure is `juju config <app> k=v ...`. A value may be of the option's type or a string, as on the command line.
func (m *Model) Configure(app string, settings map[string]any) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.charmed(app)
	if err != nil {
		return fmt.Errorf("cannot configure: %w", err)
	}
	checked, err := a.charm.Validate(settings)
	if err != nil {
		return fmt.Errorf("cannot configure application %q: %w", app, err)
	}
	for name, value := range checked {
		a.config[name] = value
	}
	return nil
}

// Reset is `juju config <app> --reset k,...`: the options go back to their defaults.
func (m *Model) Reset(app string, options ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.charmed(app)
	if err != nil {
		return fmt.Errorf("cannot reset: %w", err)
	}
	for _, name := range options {
		if _, ok := a.charm.Options[name]; !ok {
			return fmt.Errorf("cannot reset configuration of application %q: unknown option %q", app, name)
		}
		delete(a.config, name)
	}
	return nil
}

// Trust is `juju trust <app>`, or with false `juju trust <app> --remove`.
func (m *Model) Trust(app string, trust bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.charmed(app)
	if err != nil {
		return fmt.Errorf("cannot trust: %w", err)
	}
	a.trust = trust
	return nil
}

// charmed is an application that runs a charm, as opposed to a scripted one.
func (m *Model) charmed(app string) (*application, error) {
	a, err := m.app(app)
	if err != nil {
		return nil, err
	}
	if a.charm == nil {
		return nil, fmt.Errorf("application %q is scripted and has no charm", app)
	}
	return a, nil
}
