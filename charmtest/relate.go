// Integrating applications, with the refusals Juju would give.

package charmtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// Integrate is `juju integrate app1:endpoint1 app2:endpoint2`. An endpoint may be left out when only one fits.
func (m *Model) Integrate(one, two string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ends, err := m.match(one, two)
	if err != nil {
		return fmt.Errorf("cannot integrate %q with %q: %w", one, two, err)
	}
	if r := m.findRelation(ends); r != nil {
		if r.life == dying {
			return fmt.Errorf("cannot integrate %q with %q: relation %s is dying, but not yet removed", one, two, r.key())
		}
		return fmt.Errorf("cannot integrate %q with %q: cannot add relation %q: relation already exists", one, two, r.key())
	}
	m.addRelation(ends)
	return nil
}

// RemoveRelation is `juju remove-relation app1:endpoint1 app2:endpoint2`.
func (m *Model) RemoveRelation(one, two string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ends, err := m.match(one, two)
	if err != nil {
		return fmt.Errorf("cannot remove relation of %q with %q: %w", one, two, err)
	}
	r := m.findRelation(ends)
	if r == nil {
		return fmt.Errorf("cannot remove relation of %q with %q: relation %q not found", one, two,
			(&relation{ends: ends}).key())
	}
	r.life = max(r.life, dying)
	m.reapRelation(r)
	return nil
}

func (m *Model) addRelation(ends []end) *relation {
	r := &relation{id: m.nextRel, ends: ends, scope: map[string]bool{}, units: map[string]*bag{},
		apps: map[string]*bag{}, seen: map[string]struct{}{}}
	m.nextRel++
	m.relations = append(m.relations, r)
	for _, e := range ends {
		if a, err := m.app(e.app); err == nil && a.remote != nil {
			for _, u := range a.units {
				a.remote.enter(r, u)
			}
			r.appBag(a.name).update(a.remote.appData)
		}
	}
	return r
}

func (m *Model) addPeerRelations(a *application) {
	for _, name := range sortedKeys(a.charm.Endpoints) {
		e := a.charm.Endpoints[name]
		ends := []end{{a.name, name, charmdir.Peer}}
		if e.Role == charmdir.Peer && m.findRelation(ends) == nil {
			m.addRelation(ends)
		}
	}
}

func (m *Model) findRelation(ends []end) *relation {
	for _, r := range m.relations {
		if len(r.ends) == len(ends) && !slices.ContainsFunc(ends, func(e end) bool { return !slices.Contains(r.ends, e) }) {
			return r
		}
	}
	return nil
}

type candidate struct {
	app *application
	charmdir.Endpoint
}

// match finds the one pair of endpoints that fit each other.
func (m *Model) match(one, two string) ([]end, error) {
	a, err := m.candidates(one)
	if err != nil {
		return nil, err
	}
	b, err := m.candidates(two)
	if err != nil {
		return nil, err
	}
	var pairs [][]end
	for _, x := range a {
		for _, y := range b {
			if ends, ok := pair(x, y); ok {
				pairs = append(pairs, ends)
			}
		}
	}
	switch {
	case len(pairs) == 0 && len(a) == 1 && a[0].Role == charmdir.Peer, len(pairs) == 0 && len(b) == 1 && b[0].Role == charmdir.Peer:
		return nil, fmt.Errorf("cannot relate peer endpoints: Juju makes and keeps peer relations itself")
	case len(pairs) == 0:
		return nil, fmt.Errorf("no relations found")
	case len(pairs) > 1:
		return nil, fmt.Errorf("ambiguous relation: %q could refer to %s", one+" "+two, describePairs(pairs))
	}
	return pairs[0], nil
}

// pair says whether two endpoints fit. A scripted endpoint takes whichever role is missing.
func pair(x, y candidate) ([]end, bool) {
	if x.Interface != y.Interface || x.app == y.app || x.Role == charmdir.Peer || y.Role == charmdir.Peer {
		return nil, false
	}
	if x.Role == "" {
		x.Role = opposite(y.Role)
	}
	if y.Role == "" {
		y.Role = opposite(x.Role)
	}
	if x.Role == y.Role {
		return nil, false
	}
	return []end{{x.app.name, x.Name, x.Role}, {y.app.name, y.Name, y.Role}}, true
}

func opposite(r charmdir.Role) charmdir.Role {
	if r == charmdir.Provider {
		return charmdir.Requirer
	}
	return charmdir.Provider
}

func describePairs(pairs [][]end) string {
	var out []string
	for _, p := range pairs {
		out = append(out, fmt.Sprintf("%q", (&relation{ends: p}).key()))
	}
	return strings.Join(out, "; ")
}

func (m *Model) candidates(text string) ([]candidate, error) {
	name, endpoint, chosen := strings.Cut(text, ":")
	a, err := m.app(name)
	if err != nil {
		return nil, err
	}
	if a.life != alive {
		return nil, fmt.Errorf("application %q is not alive", name)
	}
	var all map[string]charmdir.Endpoint
	if a.remote != nil {
		all = a.remote.endpoints
	} else {
		all = a.charm.Endpoints
	}
	if chosen {
		e, ok := all[endpoint]
		if !ok {
			return nil, fmt.Errorf("application %q has no %q relation", name, endpoint)
		}
		return []candidate{{a, e}}, nil
	}
	var out []candidate
	for _, n := range sortedKeys(all) {
		if all[n].Role != charmdir.Peer {
			out = append(out, candidate{a, all[n]})
		}
	}
	return out, nil
}
