package controller

// What an operator does, as charmtest.Model has it: at once, and without waiting
// for a hook.

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/juju/charm/v12"

	"github.com/juju/juju/core/life"
	"github.com/juju/juju/rpc/params"
)

// Deploy is `juju deploy`: archive is a .charm file.
func (m *Model) Deploy(name, archive string, units int, config map[string]any) error {
	c, err := charm.ReadCharmArchive(archive)
	if err != nil {
		return fmt.Errorf("cannot deploy %q: %w", name, err)
	}
	settings, err := c.Config().ValidateSettings(config)
	if err != nil {
		return fmt.Errorf("cannot deploy %q: %w", name, err)
	}
	return m.do(func() error {
		a := &app{name: name, archive: archive, charmURL: "local:" + name + "-0", life: life.Alive,
			config: map[string]any{}, options: c.Config().DefaultSettings()}
		maps.Copy(a.config, settings)
		m.apps[name] = a
		for _, endpoint := range slices.Sorted(maps.Keys(c.Meta().Peers)) {
			m.addRelation(params.Endpoint{ApplicationName: name, Relation: wire(c.Meta().Peers[endpoint])})
		}
		for range units {
			if _, err := m.addUnit(a); err != nil {
				return err
			}
		}
		return nil
	})
}

func wire(r charm.Relation) params.CharmRelation {
	return params.CharmRelation{Name: r.Name, Role: string(r.Role), Interface: r.Interface,
		Optional: r.Optional, Limit: r.Limit, Scope: string(r.Scope)}
}

// AddUnit is `juju add-unit`.
func (m *Model) AddUnit(name string) error {
	return m.doApp(name, func(a *app) error {
		_, err := m.addUnit(a)
		return err
	})
}

func (m *Model) addUnit(a *app) (*unit, error) {
	u := &unit{name: fmt.Sprintf("%s/%d", a.name, m.next("unit of "+a.name)), app: a, life: life.Alive,
		address: fmt.Sprintf("10.0.0.%d", 2+m.next("address")),
		status:  params.StatusResult{Status: "waiting", Info: "installing agent"},
		agent:   params.StatusResult{Status: "allocating"}}
	m.units[u.name] = u
	if a.remote || m.options.Lease == 0 {
		m.appoint(a)
	}
	if a.remote {
		return u, nil
	}
	m.startAgent(u)
	return u, nil
}

// Integrate is `juju integrate` of an application with a scripted one, whose
// endpoint is the fitting one: "connect:kafka", "kafka:client".
func (m *Model) Integrate(charmed, scripted string) error {
	return m.do(func() error {
		a, endpoint, err := m.end(charmed)
		if err != nil {
			return err
		}
		c, err := charm.ReadCharmArchive(a.archive)
		if err != nil {
			return fmt.Errorf("cannot integrate %q: %w", charmed, err)
		}
		role := charm.RoleProvider
		mine, found := c.Meta().Requires[endpoint]
		if !found {
			role = charm.RoleRequirer
			mine, found = c.Meta().Provides[endpoint]
		}
		if !found {
			return fmt.Errorf("cannot integrate %q: no such endpoint", charmed)
		}
		other, theirs, err := m.end(scripted)
		if err != nil {
			return err
		}
		r := m.addRelation(
			params.Endpoint{ApplicationName: a.name, Relation: wire(mine)},
			params.Endpoint{ApplicationName: other.name, Relation: params.CharmRelation{
				Name: theirs, Role: string(role), Interface: mine.Interface, Scope: string(mine.Scope)}})
		for _, u := range m.sortedUnits() {
			if u.app == other {
				r.enter(u)
				r.write(u.name, other.data[u.name])
			}
		}
		return nil
	})
}

func (m *Model) end(text string) (*app, string, error) {
	name, endpoint, _ := strings.Cut(text, ":")
	a, err := m.app(name)
	return a, endpoint, err
}

func (m *Model) addRelation(ends ...params.Endpoint) *relation {
	var parts []string
	for _, e := range ends {
		parts = append(parts, e.ApplicationName+":"+e.Relation.Name)
	}
	r := &relation{id: m.next("relation"), key: strings.Join(parts, " "), endpoints: ends, life: life.Alive,
		scope: map[string]bool{}, settings: map[string]params.Settings{}, versions: map[string]int64{}}
	m.relations = append(m.relations, r)
	return r
}

// RemoveRelation is `juju remove-relation`.
func (m *Model) RemoveRelation(one, two string) error {
	return m.do(func() error {
		for _, r := range m.relations {
			if r.key == one+" "+two {
				m.destroyRelation(r)
				m.reap()
				return nil
			}
		}
		return fmt.Errorf("cannot remove relation %q %q: not found", one, two)
	})
}

// destroyRelation lets the scripted side leave at once.
func (m *Model) destroyRelation(r *relation) {
	r.life = life.Dying
	for name := range r.scope {
		if m.apps[appOf(name)].remote {
			r.scope[name] = false
		}
	}
}

// Configure is `juju config`.
func (m *Model) Configure(name string, config map[string]any) error {
	return m.doApp(name, func(a *app) error {
		maps.Copy(a.config, config)
		return nil
	})
}

// Refresh is `juju refresh --path`.
func (m *Model) Refresh(name, archive string) error {
	c, err := charm.ReadCharmArchive(archive)
	if err != nil {
		return fmt.Errorf("cannot refresh %q: %w", name, err)
	}
	return m.doApp(name, func(a *app) error {
		a.options = c.Config().DefaultSettings()
		a.revision++
		a.archive, a.charmURL = archive, fmt.Sprintf("local:%s-%d", name, a.revision)
		a.version++
		return nil
	})
}

// Lead makes another unit the leader, as when the former one's lease ran out.
func (m *Model) Lead(name, unit string) error {
	return m.doApp(name, func(a *app) error {
		if m.options.Lease > 0 {
			return fmt.Errorf("cannot make %s the leader: who claims the lease leads", unit)
		}
		a.leader = unit
		return nil
	})
}

// Resolve is `juju resolve`: the failed hook runs again.
func (m *Model) Resolve(name string) error {
	return m.doUnit(name, func(u *unit) error {
		u.resolved = params.ResolvedRetryHooks
		u.version++
		return nil
	})
}

// RemoveUnit is `juju remove-unit`.
func (m *Model) RemoveUnit(name string) error {
	return m.doUnit(name, func(u *unit) error {
		u.life = life.Dying
		u.version++
		return nil
	})
}

// RemoveApplication is `juju remove-application`.
func (m *Model) RemoveApplication(name string) error {
	return m.doApp(name, func(a *app) error {
		a.life = life.Dying
		a.version++
		for _, r := range m.relations {
			if r.mine(name) != nil && len(r.endpoints) > 1 {
				m.destroyRelation(r)
			}
		}
		for _, u := range m.sortedUnits() {
			if u.app == a {
				u.life = life.Dying
				u.version++
			}
		}
		return nil
	})
}

// Refuse answers the next requests of that kind with an error.
func (m *Model) Refuse(request string, times int) error {
	return m.do(func() error {
		m.refused[request] = times
		return nil
	})
}

// Act is `juju run`; it gives the action's number, with which Look finds what
// became of it.
func (m *Model) Act(unit, name string, parameters map[string]any) (id string, err error) {
	return id, m.do(func() error {
		id = fmt.Sprint(1 + m.next("action"))
		m.actions[id] = &action{id: id, name: name, unit: unit, params: parameters, status: "pending"}
		_, err := m.unit(unit)
		return err
	})
}

func (m *Model) sortedUnits() []*unit {
	all := slices.Collect(maps.Values(m.units))
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

// bury is the end of a unit.
func (m *Model) bury(u *unit) {
	a := u.app
	for _, r := range m.relations {
		delete(r.scope, u.name)
	}
	m.secrets = slices.DeleteFunc(m.secrets, func(s *secret) bool { return s.owner == u.name })
	for _, s := range m.secrets { // what it alone used is seen to be free when there is a newer revision
		delete(s.read, u.name)
	}
	delete(m.units, u.name)
	if m.ended == nil {
		m.ended = map[string][]string{}
	}
	m.ended[u.name] = u.hooks
	if a.leader == u.name { // Juju revokes the lease of a unit that is removed
		m.release(a)
	}
	m.reap()
	if a.life != life.Dying || slices.ContainsFunc(m.sortedUnits(), func(u *unit) bool { return u.app == a }) {
		return
	}
	m.relations = slices.DeleteFunc(m.relations, func(r *relation) bool { return r.mine(a.name) != nil })
	m.secrets = slices.DeleteFunc(m.secrets, func(s *secret) bool { return s.owner == a.name })
	delete(m.apps, a.name)
}
