package main

// What a step does to the model.

import (
	"context"
	"fmt"
	"sync"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// step is one thing that an operator, or the world, does.
type step struct {
	Do        string // what: see player.do
	App       string
	Unit      string
	Charm     string
	Units     int
	Config    map[string]any
	One, Two  string // endpoints
	Interface string // of a scripted application's endpoint, which is One
	Action    string
	Params    map[string]any
	Data      []map[string]string // of a scripted application, by unit
	Refuse    string              // a hook tool, or "flush"
	Times     int
	Resource  string
	File      string // to attach
}

// player is a world with what is to fail in it.
type player struct {
	*world.World
	seen    int // hooks told of
	remotes map[string]*charmtest.RemoteApp

	mu      sync.Mutex
	refused map[string]int
}

// before fails what a step wanted to fail, as often as it wanted.
func (p *player) before(call charmtest.ToolCall) charmtest.Verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refused[call.Tool] == 0 {
		return charmtest.Proceed
	}
	p.refused[call.Tool]--
	return charmtest.Fail
}

// do does a step, without running hooks, except those of an action.
func (p *player) do(ctx context.Context, s step) (*charmtest.ActionResult, error) {
	p.fill(s)
	for option, value := range s.Config {
		if number, is := value.(float64); is { // JSON knows no other
			s.Config[option] = int(number)
		}
	}
	switch s.Do {
	case "look":
		return nil, nil
	case "deploy":
		return nil, p.Deploy(s.App, s.Charm, charmtest.DeployOptions{Units: s.Units, Config: s.Config})
	case "kafka":
		_, err := p.AddKafka(s.App)
		return nil, err
	case "remote":
		return nil, p.remote(s)
	case "write":
		return nil, p.write(s.App, s.Data)
	case "integrate":
		return nil, p.Integrate(s.One, s.Two)
	case "remove-relation":
		return nil, p.RemoveRelation(s.One, s.Two)
	case "configure":
		return nil, p.Configure(s.App, s.Config)
	case "add-unit":
		_, err := p.AddUnit(s.App)
		return nil, err
	case "remove-unit":
		return nil, p.RemoveUnit(s.Unit)
	case "remove-application":
		return nil, p.RemoveApplication(s.App)
	case "lead":
		return nil, p.SetLeader(s.App, s.Unit)
	case "refresh":
		return nil, p.Refresh(s.App, s.Charm)
	case "attach":
		return nil, p.AttachResource(s.App, s.Resource, s.File)
	case "secret":
		return nil, p.secret(s)
	case "update-status":
		return nil, p.UpdateStatus(s.Unit)
	case "resolve":
		return nil, p.Resolve(s.Unit)
	case "refuse":
		p.mu.Lock()
		defer p.mu.Unlock()
		p.refused[s.Refuse] = s.Times
		return nil, nil
	case "action":
		result, err := p.RunAction(ctx, s.Unit, s.Action, s.Params)
		return &result, err
	}
	return nil, fmt.Errorf("cannot do %q: no such step", s.Do)
}

// fill gives the world's kubeconfig to an option or a secret that asks for it.
func (p *player) fill(s step) {
	if _, ask := s.Config["kubeconfig"]; ask {
		s.Config["kubeconfig"] = p.Kubeconfig()
	}
	for _, data := range s.Data {
		if _, ask := data["kubeconfig"]; ask {
			data["kubeconfig"] = p.Kubeconfig()
		}
	}
}

// remote adds a scripted application with a unit for each of its data.
func (p *player) remote(s step) (err error) {
	if p.remotes[s.App], err = p.Remote(s.App, s.One, s.Interface, len(s.Data)); err != nil {
		return err
	}
	return p.write(s.App, s.Data)
}

// write is what the units of a scripted application write, besides what they wrote before.
func (p *player) write(app string, data []map[string]string) error {
	remote := p.remotes[app]
	if remote == nil {
		return fmt.Errorf("cannot write for %q: no such scripted application", app)
	}
	for i, written := range data {
		if err := remote.SetUnitData(fmt.Sprintf("%s/%d", app, i), written); err != nil {
			return err
		}
	}
	return nil
}

// secret is a user's, named by Two: it is added, granted and named in the option One, or there is more of it.
func (p *player) secret(s step) error {
	for _, one := range p.Secrets() {
		if one.Owner == "" && one.Label == s.Two {
			return p.UpdateSecret(one.URI, s.Data[0])
		}
	}
	uri, err := p.AddSecret(s.Two, s.Data[0])
	if err != nil {
		return err
	}
	if err := p.GrantSecret(uri, s.App); err != nil {
		return err
	}
	return p.Configure(s.App, map[string]any{s.One: uri})
}
