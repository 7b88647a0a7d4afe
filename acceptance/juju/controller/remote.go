package controller

// Scripted applications: the other side of a relation.

import (
	"fmt"
	"maps"
	"strings"

	"github.com/juju/juju/core/life"
)

// Remote adds a scripted application: units without agents that write this on
// every relation they are in, a map for each.
func (m *Model) Remote(name string, data ...map[string]string) error {
	return m.do(func() error {
		a := &app{name: name, remote: true, life: life.Alive, data: map[string]map[string]string{}}
		m.apps[name] = a
		for i, written := range data {
			a.data[fmt.Sprintf("%s/%d", name, i)] = written
			if _, err := m.addUnit(a); err != nil {
				return err
			}
		}
		return nil
	})
}

// Write is what units of a scripted application write, besides what they wrote
// before: a map for each.
func (m *Model) Write(name string, data ...map[string]string) error {
	return m.doApp(name, func(a *app) error {
		for i, written := range data {
			unit := fmt.Sprintf("%s/%d", name, i)
			a.data[unit] = merged(a.data[unit], written)
			for _, r := range m.relations {
				if r.scope[unit] {
					r.write(unit, written)
				}
			}
		}
		return nil
	})
}

func merged(one, two map[string]string) map[string]string {
	out := maps.Clone(one)
	maps.Copy(out, two)
	return out
}

// SetAppData is what the leader of a scripted application writes for it on a
// relation, which is named by its other end.
func (m *Model) SetAppData(end, name string, data map[string]string) error {
	return m.do(func() error {
		for _, r := range m.relations {
			if strings.HasPrefix(r.key, end+" ") && r.mine(name) != nil {
				r.write(name, data)
				return nil
			}
		}
		return fmt.Errorf("cannot write for %q: it has no relation with %q", name, end)
	})
}
