// Relations: who is in them, what each side wrote, and what a unit may see of it.

package charmtest

import (
	"fmt"
	"maps"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

type relation struct {
	id    int
	ends  []end // one for a peer relation, otherwise two
	life  life
	scope map[string]bool     // units that entered and have not left
	units map[string]*bag     // also of units that left: their data stays readable
	apps  map[string]*bag     // by application
	seen  map[string]struct{} // units that were ever in scope
}

type end struct {
	app      string
	endpoint string
	role     charmdir.Role
}

// bag is one writer's data. Its version goes up with each change, as the agents' watchers need.
type bag struct {
	data    map[string]string
	version int
}

func (r *relation) peer() bool { return len(r.ends) == 1 }

func (r *relation) mine(app string) (end, bool) {
	for _, e := range r.ends {
		if e.app == app {
			return e, true
		}
	}
	return end{}, false
}

func (r *relation) other(app string) end {
	for _, e := range r.ends {
		if e.app != app {
			return e
		}
	}
	return r.ends[0]
}

// key is Juju's own name for a relation: "kc:db pg:db", the requirer first.
func (r *relation) key() string {
	parts := make([]string, 0, len(r.ends))
	for _, e := range r.ends {
		text := e.app + ":" + e.endpoint
		if e.role == charmdir.Requirer {
			parts = append([]string{text}, parts...)
		} else {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " ")
}

func (r *relation) idFor(app string) string {
	e, _ := r.mine(app)
	return fmt.Sprintf("%s:%d", e.endpoint, r.id)
}

// members are the units in scope that u sees: those of the other side, or its peers.
func (r *relation) members(u *unit) map[string]int {
	out := map[string]int{}
	side := r.other(u.app.name).app
	for name := range r.scope {
		if name != u.name && appOf(name) == side {
			out[name] = r.unitBag(name).version
		}
	}
	return out
}

// applications are the versions of the application data u sees. Version 0 means nothing was ever written.
func (r *relation) applications(u *unit) map[string]int {
	side := r.other(u.app.name).app
	if b, ok := r.apps[side]; ok && b.version > 0 {
		return map[string]int{side: b.version}
	}
	return nil
}

func (r *relation) unitBag(name string) *bag {
	if r.units[name] == nil {
		r.units[name] = &bag{data: map[string]string{}}
	}
	return r.units[name]
}

func (r *relation) appBag(name string) *bag {
	if r.apps[name] == nil {
		r.apps[name] = &bag{data: map[string]string{}}
	}
	return r.apps[name]
}

// update applies changes, in which an empty value deletes, and says whether anything is different now.
func (b *bag) update(changes map[string]string) bool {
	before := maps.Clone(b.data)
	for k, v := range changes {
		if v == "" {
			delete(b.data, k)
		} else {
			b.data[k] = v
		}
	}
	if maps.Equal(before, b.data) {
		return false
	}
	b.version++
	return true
}

// enter puts a unit into the relation's scope with the data every unit has.
func (r *relation) enter(u *unit) {
	if r.scope[u.name] {
		return
	}
	r.scope[u.name] = true
	r.seen[u.name] = struct{}{}
	b := r.unitBag(u.name)
	b.data["egress-subnets"] = u.address + "/32"
	b.data["ingress-address"] = u.address
	b.data["private-address"] = u.address
	b.version++
}

func appOf(unit string) string {
	app, _, _ := strings.Cut(unit, "/")
	return app
}

// leave takes a unit out; a dying relation nobody is in is gone.
func (m *Model) leave(r *relation, unit string) {
	delete(r.scope, unit)
	m.reapRelation(r)
}

func (m *Model) reapRelation(r *relation) {
	if r.life == alive {
		return
	}
	for name := range r.scope {
		// Scripted units have no hooks to run: they leave at once.
		if u, err := m.unit(name); err != nil || u.app.charm == nil {
			delete(r.scope, name)
		}
	}
	if len(r.scope) > 0 {
		return
	}
	r.life = gone
	m.relations = deleteFrom(m.relations, r)
	for _, s := range m.secrets {
		s.revokeRelation(r.key())
	}
}

func deleteFrom[T comparable](list []T, gone T) []T {
	out := make([]T, 0, len(list))
	for _, v := range list {
		if v != gone {
			out = append(out, v)
		}
	}
	return out
}
