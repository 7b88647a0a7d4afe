// Jujulite is a small real Juju in a few processes, for tests: the unit agents
// are Juju's own, of 3.6.11, each a process of its own that can be killed; the
// controller behind their API is played from memory by this one.
//
// It reads one step a line from its standard input, in JSON, and answers each
// with one line: what became of the model so far, see package controller. It
// waits for nothing: whoever tells the story looks until the units rest. With its
// standard input it ends, and so does every agent.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

func main() {
	o := options{}
	flag.StringVar(&o.dir, "dir", "", "an empty `folder` for what agents write; keep its name short")
	flag.StringVar(&o.jujuc, "jujuc", "", "the `program` behind the hook tools, cmd/jujuc of Juju")
	flag.DurationVar(&o.lease, "lease", time.Minute, "how `long` a unit leads that does not renew its claim; agents renew at half of this")
	flag.StringVar(&o.unit, "agent", "", "be the agent of this `unit`; for jujulite's own use")
	flag.StringVar(&o.socket, "socket", "", "where the controller is; for jujulite's own use")
	flag.Parse()
	var err error
	switch {
	case o.unit != "":
		err = runAgent(o)
	case o.dir == "" || o.jujuc == "" || flag.NArg() > 0:
		err = errors.New("it needs -dir and -jujuc, and nothing else")
	default:
		err = run(o, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "jujulite:", err)
		os.Exit(1)
	}
}

type options struct {
	dir, jujuc, unit, socket string
	lease                    time.Duration
}

// state is the answer to a step.
type state struct {
	controller.Answer
	Number  string   `json:",omitempty"` // of the action that the step began
	Idle    bool     // whether every unit rests
	Trouble []string `json:",omitempty"` // what should not have happened, to agents or in the controller
}

func run(o options, in io.Reader, out io.Writer) error {
	o.socket = filepath.Join(o.dir, "api")
	agents := &processes{o: o}
	m, err := controller.New(controller.Options{Dir: o.dir, Jujuc: o.jujuc, Lease: o.lease, Start: agents.start})
	if err != nil {
		return err
	}
	stop, err := agents.serve(o.socket)
	if err != nil {
		return err
	}
	defer stop()
	return errors.Join(converse(m, in, out), m.Close())
}

func converse(m *controller.Model, in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var step controller.Step
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			return fmt.Errorf("cannot read a step: %w", err)
		}
		var now state
		number, err := m.Play(step)
		if step.Do == "look" {
			number = step.Action
		}
		now.Idle = m.Idle() // asked first: what Look sees is then at rest, too
		now.Answer, now.Number, now.Trouble = m.Look(number), number, m.Trouble()
		if err != nil {
			now.Error = err.Error()
		}
		if err := json.NewEncoder(out).Encode(now); err != nil {
			return fmt.Errorf("cannot answer: %w", err)
		}
	}
	return lines.Err()
}
