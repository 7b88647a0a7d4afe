package controller

// What became of it all, in the words of charmtest/internal/steps.

import (
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/juju/juju/core/life"
)

// Answer is everything a model with the same story must have, too. See
// charmtest/internal/steps of the main module, which writes the same.
type Answer struct {
	Error string `json:",omitempty"`

	Hooks     map[string][]string
	Units     map[string]Unit
	Relations map[string]map[string]map[string]string
	Secrets   []Secret
	Action    *Action `json:",omitempty"`
	World     Outside
}

// Unit is one unit of a charm.
type Unit struct {
	Workload, Message   string
	Agent, AgentMessage string
	Leader              bool
	Flags               []string
	State               []string
}

// Secret is one secret.
type Secret struct {
	Owner, Label, Description string
	Revision                  int
	Keys                      []string
}

// Action is an action's end.
type Action struct {
	Status, Message string
	Results         map[string]any
}

// Outside is what Kafka, Kubernetes and Connect have.
type Outside struct {
	Topics     map[string]string
	Objects    []string
	Replicas   map[string]int
	Connectors map[string]string            // their states
	Configs    map[string]map[string]string // of connectors
}

// Look gives all but the World; with an action's number, also that.
func (m *Model) Look(action string) Answer {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := Answer{Hooks: map[string][]string{}, Units: map[string]Unit{}, Relations: map[string]map[string]map[string]string{}}
	for _, u := range m.units {
		if !u.app.remote {
			a.Units[u.name] = u.look()
		}
		if len(u.hooks) > 0 {
			a.Hooks[u.name] = slices.Clone(u.hooks)
		}
	}
	maps.Copy(a.Hooks, m.ended)
	for _, r := range m.relations {
		a.Relations[r.look()] = m.written(r)
	}
	for _, s := range m.secrets {
		a.Secrets = append(a.Secrets, Secret{s.owner, s.label, s.description, s.latest,
			slices.Sorted(maps.Keys(s.revisions[s.latest].Data))})
	}
	if done := m.actions[action]; done != nil {
		a.Action = &Action{done.status, done.message, done.results}
	}
	return a
}

// Told forgets the hooks that Look has shown.
func (m *Model) Told() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = nil
	for _, u := range m.units {
		u.hooks = nil
	}
}

func (u *unit) look() Unit {
	var stored struct {
		Flags []string `json:"flags"`
	}
	if text := u.state.CharmState["reactive.state"]; text != "" {
		if err := json.Unmarshal([]byte(text), &stored); err != nil {
			stored.Flags = []string{err.Error()}
		}
	}
	sort.Strings(stored.Flags)
	out := Unit{u.status.Status, u.status.Info, u.agent.Status, u.agent.Info, u.app.leader == u.name, stored.Flags,
		slices.Sorted(maps.Keys(u.state.CharmState))}
	if u.lost {
		out.Agent = "lost"
	}
	if u.agent.Status == "error" { // as `juju status` shows it
		out.Workload, out.Message = "error", u.agent.Info
	}
	return out
}

func (r *relation) look() string {
	var ends []string
	for _, e := range r.endpoints {
		ends = append(ends, e.ApplicationName+":"+e.Relation.Name)
	}
	sort.Strings(ends)
	return strings.Join(ends, " ")
}

// written is the data of those in the relation, without the addresses that Juju
// writes, and without a scripted application's.
func (m *Model) written(r *relation) map[string]map[string]string {
	out := map[string]map[string]string{}
	writers := map[string]bool{}
	for unit, in := range r.scope {
		if in {
			writers[unit] = true
		}
	}
	for _, e := range r.endpoints {
		writers[e.ApplicationName] = true
	}
	for writer := range writers {
		if a := m.apps[appOf(writer)]; a == nil || a.remote {
			continue
		}
		data := map[string]string{}
		for k, v := range r.settings[writer] {
			if k != "egress-subnets" && k != "ingress-address" && k != "private-address" {
				data[k] = v
			}
		}
		out[writer] = data
	}
	return out
}

// quiet is how long nothing may have been asked for a unit to count as idle. The
// agent asks the controller before and after everything it does.
const quiet = 300 * time.Millisecond

// Idle says whether every agent rests: nothing to run, nothing to be told.
func (m *Model) Idle() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.units {
		if u.lost {
			continue
		}
		resting := u.agent.Status == "idle" || u.agent.Status == "error" && m.options.NoRetry && u.resolved == ""
		if !u.app.remote && (!resting || u.due || u.life != life.Alive) {
			return false
		}
	}
	for _, a := range m.actions {
		if a.status == "pending" || a.status == "running" {
			return false
		}
	}
	for _, w := range m.watchers {
		if !w.stopped && !w.waiting && m.units[w.unit] != nil {
			return false
		}
	}
	return now().Sub(m.lastCall) > quiet
}

// Trouble is what should not have happened in the controller or an agent.
func (m *Model) Trouble() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.trouble)
}
