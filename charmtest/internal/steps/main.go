// Command steps plays a model of charmtest step by step: it reads one step a line from its standard input, in JSON,
// lets every unit come to rest, and writes what became of it, one line of JSON each. The first line it writes says
// where its embedded Kafka and Kubernetes listen.
//
// The acceptance tests with Juju's own agent need it, as their module cannot import this one: they play the same
// steps to both and compare, and lend this program's Kafka and Kubernetes to the charm that the agent runs.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

func main() {
	charmtest.ToolMain()
	retries := flag.Int("retries", 0, "how often a failed hook runs again; negative: never (by default as charmtest)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := play(ctx, *retries, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// place is where the world's parts are.
type place struct {
	Kubeconfig string
	Brokers    []string
}

func play(ctx context.Context, retries int, in io.Reader, out io.Writer) (err error) {
	p := &player{refused: map[string]int{}}
	p.World, err = world.Start(world.Options{Model: charmtest.Options{Retries: retries, Before: p.before}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	answers := json.NewEncoder(out)
	if err := answers.Encode(place{p.Kubeconfig(), p.Kafka.Addrs()}); err != nil {
		return fmt.Errorf("cannot say where the world is: %w", err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && ctx.Err() == nil {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("cannot read a step: %w", err)
		}
		if err := answers.Encode(p.answer(ctx, s)); err != nil {
			return fmt.Errorf("cannot answer a step: %w", err)
		}
	}
	return lines.Err()
}

// step is one thing that an operator, or the world, does.
type step struct {
	Do       string // what: see player.do
	App      string
	Unit     string
	Charm    string
	Units    int
	Config   map[string]any
	One, Two string // endpoints
	Action   string
	Params   map[string]any
	Data     map[string]string
	Refuse   string // a hook tool, or "flush"
	Times    int
}

// player is a world with what is to fail in it.
type player struct {
	*world.World
	seen int // hooks told of

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
	if _, ask := s.Config["kubeconfig"]; ask {
		s.Config["kubeconfig"] = p.Kubeconfig()
	}
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
