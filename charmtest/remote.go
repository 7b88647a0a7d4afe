// Scripted applications: the other side of a relation, without a charm of its own.

package charmtest

import (
	"fmt"
	"maps"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// RemoteApp is an application without a charm, whose relation data the test writes.
type RemoteApp struct {
	m         *Model
	app       *application
	endpoints map[string]charmdir.Endpoint
	unitData  map[string]map[string]string
	appData   map[string]string
}

// Remote adds a scripted application with one endpoint and that many units. The endpoint takes whichever role the
// charm it is integrated with lacks.
func (m *Model) Remote(app, endpoint, iface string, units int) (*RemoteApp, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.checkNewName(app); err != nil {
		return nil, fmt.Errorf("cannot add scripted application: %w", err)
	}
	a := &application{name: app, settings: map[string]string{}, resources: map[string]string{}}
	a.remote = &RemoteApp{m: m, app: a, unitData: map[string]map[string]string{}, appData: map[string]string{},
		endpoints: map[string]charmdir.Endpoint{endpoint: {Name: endpoint, Interface: iface}}}
	m.setStatus(&a.status, "active", "")
	m.apps = append(m.apps, a)
	for range units {
		m.addUnit(a)
	}
	return a.remote, nil
}

// Endpoint gives the application another endpoint.
func (r *RemoteApp) Endpoint(name, iface string) *RemoteApp {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	r.endpoints[name] = charmdir.Endpoint{Name: name, Interface: iface}
	return r
}

// SetUnitData writes a unit's data in every relation the application has or will have; an empty value deletes.
func (r *RemoteApp) SetUnitData(unit string, data map[string]string) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	u, err := r.m.unit(unit)
	if err != nil || u.app != r.app {
		return fmt.Errorf("cannot set data of unit %q: unit %q not found in application %q", unit, unit, r.app.name)
	}
	if r.unitData[unit] == nil {
		r.unitData[unit] = map[string]string{}
	}
	maps.Copy(r.unitData[unit], data)
	for _, rel := range r.m.relations {
		if rel.scope[unit] {
			rel.unitBag(unit).update(data)
		}
	}
	return nil
}

// SetAppData writes the application's data in every relation it has or will have; an empty value deletes.
func (r *RemoteApp) SetAppData(data map[string]string) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	if r.app.life == gone {
		return fmt.Errorf("cannot set data of application %q: application %q not found", r.app.name, r.app.name)
	}
	maps.Copy(r.appData, data)
	for _, rel := range r.m.relations {
		if _, ok := rel.mine(r.app.name); ok {
			rel.appBag(r.app.name).update(data)
		}
	}
	return nil
}

// SetStatus writes the status of a unit, for what `juju status` and goal-state show.
func (r *RemoteApp) SetStatus(unit, kind, message string) error {
	r.m.mu.Lock()
	defer r.m.mu.Unlock()
	u, err := r.m.unit(unit)
	if err != nil {
		return fmt.Errorf("cannot set status: %w", err)
	}
	r.m.setStatus(&u.workload, kind, message)
	return nil
}

func (r *RemoteApp) enter(rel *relation, u *unit) {
	rel.enter(u)
	rel.unitBag(u.name).update(r.unitData[u.name])
}
