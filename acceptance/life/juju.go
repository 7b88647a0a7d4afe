package main

// Juju: the program jujulite, which runs Juju's own unit agents.

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// order is one thing that an operator, or fate, does; jujulite's words.
type order struct {
	Do       string
	App      string              `json:",omitempty"`
	Unit     string              `json:",omitempty"`
	Charm    string              `json:",omitempty"`
	Units    int                 `json:",omitempty"`
	Config   map[string]any      `json:",omitempty"`
	One, Two string              `json:",omitempty"`
	Action   string              `json:",omitempty"`
	Params   map[string]any      `json:",omitempty"`
	Data     []map[string]string `json:",omitempty"`
	Resource string              `json:",omitempty"`
	File     string              `json:",omitempty"`
}

// juju is a running model.
type juju struct {
	mu  sync.Mutex // one order at a time
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	dir string
}

// model is what jujulite says of it.
type model struct {
	Error     string
	Hooks     map[string][]string // since the step began
	Units     map[string]unit
	Relations map[string]map[string]map[string]string
	Action    *struct {
		Status, Message string
		Results         map[string]any
	}
	Number  string
	Idle    bool
	Trouble []string
}

type unit struct {
	Workload, Message   string
	Agent, AgentMessage string
	Leader              bool
	Flags               []string
}

// lease is for how long a unit leads that does not renew it: Juju's are of a
// minute, and a controller takes no less than five seconds.
const lease = 10 * time.Second

func startJuju(root, dir string) (*juju, error) {
	j := &juju{dir: filepath.Join(dir, "j")}
	if err := os.Mkdir(j.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot start Juju: %w", err)
	}
	j.cmd = exec.Command(built(root, "jujulite"), "-dir", j.dir, "-jujuc", built(root, "jujuc"), "-lease", lease.String())
	j.cmd.Stderr = os.Stderr
	var err, wrong error
	if j.in, err = j.cmd.StdinPipe(); err == nil {
		var out io.Reader
		out, wrong = j.cmd.StdoutPipe()
		j.out = bufio.NewScanner(out)
		j.out.Buffer(nil, 8<<20)
	}
	if err := errors.Join(err, wrong); err != nil {
		return nil, fmt.Errorf("cannot start Juju: %w", err)
	}
	if err := j.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start Juju: %w", err)
	}
	return j, nil
}

// do gives an order, and gives what has become of the model by then: units have
// yet to hear of it.
func (j *juju) do(o order) (model, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	text, err := json.Marshal(o)
	if err != nil {
		return model{}, err
	}
	if _, err := fmt.Fprintf(j.in, "%s\n", text); err != nil {
		return model{}, fmt.Errorf("cannot do %s: %w", o.Do, err)
	}
	if !j.out.Scan() {
		return model{}, fmt.Errorf("cannot do %s: Juju has ended: %w", o.Do, errors.Join(j.out.Err(), io.ErrUnexpectedEOF))
	}
	var m model
	if err := json.Unmarshal(j.out.Bytes(), &m); err != nil {
		return m, fmt.Errorf("cannot read what Juju says: %w", err)
	}
	if m.Error != "" {
		return m, fmt.Errorf("cannot do %s: %s", o.Do, m.Error)
	}
	if len(m.Trouble) > 0 {
		return m, fmt.Errorf("cannot do %s: Juju has trouble: %q", o.Do, m.Trouble)
	}
	return m, nil
}

// look also gives an action's end, by its number.
func (j *juju) look(action string) (model, error) { return j.do(order{Do: "look", Action: action}) }

// leader is the name of the unit that leads, "" where there is none.
func (m model) leader() string {
	for name, u := range m.Units {
		if u.Leader {
			return name
		}
	}
	return ""
}

// close ends it and the agents.
func (j *juju) close() error {
	_ = j.in.Close()
	kill := time.AfterFunc(30*time.Second, func() { _ = j.cmd.Process.Kill() })
	defer kill.Stop()
	if err := j.cmd.Wait(); err != nil {
		return fmt.Errorf("cannot end Juju in good order: %w", err)
	}
	return nil
}
