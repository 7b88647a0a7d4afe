package jujud

// What became of it all, in the words of controller.Answer.

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/juju/names/v5"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
	"github.com/juju/juju/core/status"
	"github.com/juju/juju/state"
)

// Look gives all but the World; with an action's number, also that.
func (m *Model) Look(action string) controller.Answer {
	a := controller.Answer{Hooks: map[string][]string{}, Units: map[string]controller.Unit{}, Relations: map[string]map[string]map[string]string{}}
	m.mu.Lock()
	all := m.sorted()
	for _, u := range all {
		if len(u.hooks) > 0 {
			a.Hooks[u.name] = slices.Clone(u.hooks)
		}
	}
	maps.Copy(a.Hooks, m.ended)
	m.mu.Unlock()
	for _, look := range []func(*controller.Answer) error{m.lookUnits(all), m.lookRelations, m.lookSecrets, m.lookAction(action)} {
		if err := look(&a); err != nil {
			a.Error = err.Error() // which charmtest does not have
		}
	}
	return a
}

// Told forgets the hooks that Look has shown.
func (m *Model) Told() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ended = map[string][]string{}
	for _, u := range m.units {
		u.hooks = nil
	}
}

// Trouble is what should not have happened in the controller or an agent.
func (m *Model) Trouble() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.trouble)
}

func (m *Model) lookUnits(all []*unit) func(*controller.Answer) error {
	return func(a *controller.Answer) error {
		leaders, err := m.leaders()
		if err != nil {
			return err
		}
		for _, u := range all {
			one, err := m.state.Unit(u.name)
			if err != nil {
				return err
			}
			out, err := lookUnit(one)
			if err != nil {
				return err
			}
			out.Leader = leaders[one.ApplicationName()] == u.name
			m.mu.Lock()
			if u.lost {
				out.Agent = "lost"
			}
			m.mu.Unlock()
			a.Units[u.name] = out
		}
		return nil
	}
}

func lookUnit(one *state.Unit) (out controller.Unit, err error) {
	work, err := one.Status()
	if err != nil {
		return out, err
	}
	agent, err := one.AgentStatus()
	if err != nil {
		return out, err
	}
	if work.Status == status.Error { // the agent's, which Juju shows as the workload's
		agent = work
	}
	stored, err := one.State()
	if err != nil {
		return out, err
	}
	kept, _ := stored.CharmState()
	var flags struct {
		Flags []string `json:"flags"`
	}
	if text := kept["reactive.state"]; text != "" {
		if err := json.Unmarshal([]byte(text), &flags); err != nil {
			return out, err
		}
	}
	sort.Strings(flags.Flags)
	return controller.Unit{Workload: string(work.Status), Message: work.Message, Agent: string(agent.Status), AgentMessage: agent.Message,
		Flags: flags.Flags, State: slices.Sorted(maps.Keys(kept))}, nil
}

func (m *Model) lookRelations(a *controller.Answer) error {
	relations, err := m.state.AllRelations()
	if err != nil {
		return err
	}
	for _, rel := range relations {
		var ends []string
		written := map[string]map[string]string{}
		for _, e := range rel.Endpoints() {
			ends = append(ends, e.ApplicationName+":"+e.Name)
			if m.remotes[e.ApplicationName] != nil {
				continue
			}
			data, err := rel.ApplicationSettings(e.ApplicationName)
			if err != nil {
				return err
			}
			written[e.ApplicationName] = plain(data)
			application, err := m.state.Application(e.ApplicationName)
			if err != nil {
				return err
			}
			units, err := application.AllUnits()
			if err != nil {
				return err
			}
			for _, one := range units {
				ru, err := rel.Unit(one)
				if err != nil {
					return err
				}
				if in, err := ru.InScope(); err != nil {
					return err
				} else if !in {
					continue
				}
				data, err := ru.ReadSettings(one.Name())
				if err != nil {
					return err
				}
				written[one.Name()] = plain(data)
			}
		}
		sort.Strings(ends)
		a.Relations[strings.Join(ends, " ")] = written
	}
	return nil
}

// plain leaves out the addresses that Juju writes.
func plain(data map[string]any) map[string]string {
	out := map[string]string{}
	for k, v := range data {
		if k != "egress-subnets" && k != "ingress-address" && k != "private-address" {
			out[k] = fmt.Sprint(v)
		}
	}
	return out
}

func (m *Model) lookSecrets(a *controller.Answer) error {
	store := state.NewSecrets(m.state)
	all, err := store.ListSecrets(state.SecretsFilter{})
	if err != nil {
		return err
	}
	for _, one := range all {
		owner := "" // the model's user
		if tag, err := names.ParseTag(one.OwnerTag); err == nil && tag.Kind() != names.ModelTagKind {
			owner = tag.Id()
		}
		value, _, err := store.GetSecretValue(one.URI, one.LatestRevision)
		if err != nil {
			return err
		}
		a.Secrets = append(a.Secrets, controller.Secret{Owner: owner, Label: one.Label, Description: one.Description,
			Revision: one.LatestRevision, Keys: slices.Sorted(maps.Keys(value.EncodedValues()))})
	}
	return nil
}

func (m *Model) lookAction(id string) func(*controller.Answer) error {
	return func(a *controller.Answer) error {
		if id == "" {
			return nil
		}
		model, err := m.state.Model()
		if err != nil {
			return err
		}
		done, err := model.Action(id)
		if err != nil {
			return err
		}
		results, message := done.Results()
		a.Action = &controller.Action{Status: string(done.Status()), Message: message, Results: results}
		return nil
	}
}

// quiet is how long nothing may have been asked for a unit to count as idle. The
// agent asks the controller before and after everything it does, and hears of most
// changes within a tenth of a second. Of revisions that may be removed it hears after a
// second; a story waits for that because charmtest has the hook.
const quiet = 500 * time.Millisecond

// Idle says whether every agent rests: nothing to run, nothing to be told.
func (m *Model) Idle() bool {
	m.mu.Lock()
	all, busy := m.sorted(), m.asking > 0 || time.Since(m.lastCall) < quiet
	for _, u := range all {
		busy = busy || u.due && !u.lost
	}
	m.mu.Unlock()
	if busy {
		return false
	}
	for _, u := range all {
		if u.lost {
			continue
		}
		one, err := m.state.Unit(u.name)
		if err != nil || one.Life() != state.Alive {
			return false
		}
		now, err := lookUnit(one)
		resting := now.Agent == "idle" || now.Agent == "error" && m.options.NoRetry && one.Resolved() == state.ResolvedNone
		if err != nil || !resting {
			return false
		}
	}
	model, err := m.state.Model()
	if err != nil {
		return false
	}
	actions, err := model.AllActions()
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(actions, func(a state.Action) bool {
		return a.Status() == state.ActionPending || a.Status() == state.ActionRunning
	})
}
