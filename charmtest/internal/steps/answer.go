package main

// What became of a step, without anything in which two models with the same
// story may differ: times, paths, ports and identifiers.

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// limit is how long units may take to come to rest after one step.
const limit = 2 * time.Minute

type answer struct {
	Error string `json:",omitempty"` // why the step could not be done

	Hooks     map[string][]string // by unit: what ran since the last answer, "ok   kafka-relation-joined kafka/0 kafka:1"
	Units     map[string]unit
	Relations map[string]map[string]map[string]string // by endpoints, and by who wrote
	Secrets   []secret
	Action    *action `json:",omitempty"`
	World     outside
}

type unit struct {
	Workload, Message   string
	Agent, AgentMessage string
	Leader              bool
	Flags               []string // those stored
	State               []string // the keys stored
}

type secret struct {
	Owner, Label, Description string
	Revision                  int
	Keys                      []string
}

type action struct {
	Status, Message string
	Results         map[string]any
}

// outside is what Kafka, Kubernetes and Connect have.
type outside struct {
	Topics     map[string]string
	Objects    []string
	Replicas   map[string]int
	Connectors map[string]string            // their states
	Configs    map[string]map[string]string // of connectors
}

func (p *player) answer(ctx context.Context, s step) answer {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := p.do(ctx, s)
	if err == nil {
		err = p.Settle(ctx)
	}
	a := answer{Hooks: map[string][]string{}, Units: map[string]unit{}, Relations: map[string]map[string]map[string]string{}}
	if err != nil && !errors.Is(err, charmtest.ErrHookFailed) { // a hook that failed is in Hooks
		a.Error = err.Error()
		return a
	}
	if result != nil {
		a.Action = &action{result.Status, result.Message, result.Results}
	}
	p.told(&a)
	if err := p.look(&a); err != nil {
		a.Error = err.Error()
	}
	return a
}

// told gives the hooks that the last answer did not have. Actions are not among
// them, as Juju's agent does not report those as hooks either.
func (p *player) told(a *answer) {
	journal := p.JournalSince(p.seen)
	p.seen += len(journal)
	for _, h := range journal {
		if !h.Action {
			_, line, _ := strings.Cut(h.String(), h.Unit)
			a.Hooks[h.Unit] = append(a.Hooks[h.Unit], strings.Join(strings.Fields(line), " "))
		}
	}
}

func (p *player) look(a *answer) error {
	for _, u := range p.Status().Units {
		if !p.hasCharm(u.App) {
			continue
		}
		a.Units[u.Name] = unit{u.Workload, u.Message, u.Agent, u.AgentMessage, u.Leader, p.Flags(u.Name),
			slices.Sorted(maps.Keys(p.State(u.Name)))}
	}
	for _, r := range p.Relations() {
		writers := map[string]map[string]string{}
		maps.Copy(writers, r.Units)
		maps.Copy(writers, r.Apps)
		maps.DeleteFunc(writers, func(writer string, _ map[string]string) bool { return !p.hasCharm(writer) })
		a.Relations[strings.Join(slices.Sorted(slices.Values(r.Endpoints)), " ")] = writers
	}
	for _, s := range p.Secrets() {
		a.Secrets = append(a.Secrets, secret{s.Owner, s.Label, s.Description, s.Revision, slices.Sorted(maps.Keys(s.Content))})
	}
	world, err := p.Snapshot()
	if err != nil {
		return err
	}
	a.World = outside{world.Topics, world.Objects, world.Replicas, map[string]string{}, map[string]map[string]string{}}
	for name, c := range world.Connectors {
		a.World.Connectors[name], a.World.Configs[name] = c.Target, c.Config
	}
	return nil
}

// hasCharm tells who writes of itself from scripted applications, whose data are given.
func (p *player) hasCharm(writer string) bool {
	app, _, _ := strings.Cut(writer, "/")
	return slices.ContainsFunc(p.Status().Apps, func(a charmtest.AppStatus) bool { return a.Name == app && a.Charm != "" })
}
