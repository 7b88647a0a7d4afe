// What a test reads of the model besides status and journal.

package charmtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// State is a unit's state as state-set left it; nil when there is no such unit.
func (m *Model) State(unit string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return nil
	}
	return maps.Clone(u.state)
}

// LeaderData is what leader-set left for an application.
func (m *Model) LeaderData(app string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return nil
	}
	return maps.Clone(a.settings)
}

// Leader names the application's leader; empty when it has none.
func (m *Model) Leader(app string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return ""
	}
	return a.leader
}

// CharmDir is the folder in which a unit's hooks run.
func (m *Model) CharmDir(unit string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return ""
	}
	return u.dir
}

// RelationData gives what an application ("connect") or unit ("connect/0") has written on one of its endpoints,
// without the three addresses Juju itself writes. With several relations on that endpoint it is the first one's
// (see Relations). It is nil when there is none.
func (m *Model) RelationData(endpoint, writer string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.relations {
		if e, ok := r.mine(appOf(writer)); ok && e.endpoint == endpoint {
			return r.written(writer)
		}
	}
	return nil
}

func (r *relation) written(writer string) map[string]string {
	b := r.apps[writer]
	if strings.Contains(writer, "/") {
		b = r.units[writer]
	}
	out := map[string]string{}
	if b == nil {
		return out
	}
	for k, v := range b.data {
		if k != "egress-subnets" && k != "ingress-address" && k != "private-address" {
			out[k] = v
		}
	}
	return out
}

// Relation is one relation as a test sees it.
type Relation struct {
	ID        int
	Endpoints []string // "connect:kafka", "kafka:client"; one for peers
	Life      string
	Units     map[string]map[string]string // data of the units in it
	Apps      map[string]map[string]string
}

// String gives the relation's endpoints.
func (r Relation) String() string { return strings.Join(r.Endpoints, " ") }

// Relations gives all relations, in order of their numbers.
func (m *Model) Relations() []Relation {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Relation
	for _, r := range m.relations {
		one := Relation{ID: r.id, Life: r.life.String(), Units: map[string]map[string]string{}, Apps: map[string]map[string]string{}}
		for _, e := range r.ends {
			one.Endpoints = append(one.Endpoints, e.app+":"+e.endpoint)
			one.Apps[e.app] = r.written(e.app)
		}
		for name := range r.scope {
			one.Units[name] = r.written(name)
		}
		out = append(out, one)
	}
	return out
}

// Ports are those a unit has open, such as "8083/tcp".
func (m *Model) Ports(unit string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unit)
	if err != nil {
		return nil
	}
	var out []string
	for _, p := range sortedPorts(u.ports) {
		out = append(out, p.String())
	}
	return out
}

// GoalState is what goal-state says to an application's units: for each of "units" and the endpoints, the status
// of units and applications by name.
func (m *Model) GoalState(app string) (map[string]map[string]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return nil, fmt.Errorf("cannot read the goal state: %w", err)
	}
	g := m.goalState(a)
	out := map[string]map[string]string{"units": statuses(g.Units)}
	for endpoint, units := range g.Relations {
		out[endpoint] = statuses(units)
	}
	return out, nil
}

func statuses(in map[string]goalStatus) map[string]string {
	out := map[string]string{}
	for name, s := range in {
		out[name] = s.Status
	}
	return out
}

// Units names an application's units.
func (m *Model) Units(app string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, err := m.app(app)
	if err != nil {
		return nil
	}
	var out []string
	for _, u := range a.units {
		out = append(out, u.name)
	}
	return slices.Clone(out)
}
