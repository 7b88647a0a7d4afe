// Package jujutest is a small Juju unit agent for tests of this project's own
// Juju adapter and hook process: one unit, one hook at a time, the hook tools
// they use. It answers as the agent of Juju 3.6 was seen to, refusals included,
// over the agent's socket; a test binary that calls ToolMain first can stand in
// for the tools themselves.
//
// It does not decide which hooks come when, nor does it play other units: for a
// whole model there is package charmtest.
package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Request and Response are the messages of the agent's protocol.
type Request struct {
	ContextId   string //nolint:revive // the name on the wire
	Dir         string
	CommandName string
	Args        []string
	StdinSet    bool
	Stdin       []byte
	Token       string
}

// Response is what a tool would have written and its exit code.
type Response struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

// Relation is one relation of the unit.
type Relation struct {
	App    string                       // on the other side; the unit's own in a peer relation
	Units  []string                     // present
	Data   map[string]map[string]string // by unit or application, both sides
	Broken bool                         // hidden from relation-ids
}

// Agent is the agent of unit kc/0 in model "test". Its fields may be changed
// between hooks, under Lock.
type Agent struct {
	sync.Mutex
	Unit       string
	Config     map[string]any
	State      map[string]string
	Leader     bool
	Relations  map[string]*Relation // by id, such as "db:1"
	Status     string               // "active all well"
	Version    string
	Ports      []string
	Params     map[string]any
	Results    map[string]string
	Failure    *string // of an action
	Progress   []string
	Log        []string // "INFO message"
	Goal       string   // JSON
	Resources  map[string]string
	Secrets    map[string]*Secret
	FollowerOK bool // a follower may read its own application's data, as in Juju 4

	// Answer replaces the tools when it is set and does not decline.
	Answer func(Request) (answer Response, err error, taken bool)

	dir      string
	listener net.Listener
	conns    map[net.Conn]bool
	calls    []string
	before   *snapshot
}

// Secret is one secret of the unit or its application.
type Secret struct {
	Content  map[string]string
	Label    string
	Owner    string
	Revision int
	Grants   []string
}

type snapshot struct {
	state     map[string]string
	relations map[string]map[string]map[string]string
	ports     []string
	secrets   map[string]*Secret
}

// Start serves an agent on a socket until the test ends.
func Start(t testing.TB) *Agent {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // shorter than t.TempDir: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	a := &Agent{
		Unit: "kc/0", Config: map[string]any{}, State: map[string]string{}, Relations: map[string]*Relation{},
		Results: map[string]string{}, Secrets: map[string]*Secret{}, Goal: "{}", dir: dir, conns: map[net.Conn]bool{},
	}
	a.listener, err = net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	a.before = a.snapshot()
	go a.serve()
	t.Cleanup(func() {
		a.Break()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Environ is the environment of a hook, such as "install", or of an action,
// "action restart"; more adds to it or overrides it.
func (a *Agent) Environ(hook string, more map[string]string) map[string]string {
	a.Lock()
	a.before = a.snapshot()
	a.Unlock()
	env := map[string]string{
		"JUJU_CHARM_DIR": a.dir, "JUJU_UNIT_NAME": a.Unit, "JUJU_MODEL_NAME": "test",
		"JUJU_MODEL_UUID": "deadbeef-0bad-400d-8000-4b1d0d06f00d", "JUJU_VERSION": "3.6.11",
		"JUJU_CONTEXT_ID": a.Unit + "-" + hook, "JUJU_DISPATCH_PATH": "hooks/" + hook,
		"JUJU_AGENT_SOCKET_NETWORK": "unix", "JUJU_AGENT_SOCKET_ADDRESS": filepath.Join(a.dir, "s"),
		"PATH": filepath.Join(a.dir, "tools"),
	}
	if name, ok := cutAction(hook); ok {
		env["JUJU_DISPATCH_PATH"], env["JUJU_ACTION_NAME"] = "actions/"+name, name
	}
	maps.Copy(env, more)
	return env
}

// RelationEnviron is Environ for a relation hook, such as "db-relation-changed".
func (a *Agent) RelationEnviron(hook, id, app, unit string) map[string]string {
	return a.Environ(hook, map[string]string{
		"JUJU_RELATION": endpointOf(id), "JUJU_RELATION_ID": id, "JUJU_REMOTE_APP": app, "JUJU_REMOTE_UNIT": unit,
	})
}

// LinkTools makes the folder of hook tools that PATH names: links to a binary
// that calls ToolMain.
func (a *Agent) LinkTools(t testing.TB, binary string) {
	t.Helper()
	tools := filepath.Join(a.dir, "tools")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		t.Fatal(err)
	}
	for name := range toolFlags() {
		if err := os.Symlink(binary, filepath.Join(tools, name)); err != nil && !errors.Is(err, os.ErrExist) {
			t.Fatal(err)
		}
	}
}

// End ends a hook as Juju does: with exit code 0 what it changed stays, with
// any other it is dropped.
func (a *Agent) End(code int) {
	a.Lock()
	defer a.Unlock()
	if code == 0 {
		a.before = a.snapshot()
		return
	}
	a.State = maps.Clone(a.before.state)
	a.Ports = append([]string(nil), a.before.ports...)
	a.Secrets = maps.Clone(a.before.secrets)
	for id, data := range a.before.relations {
		a.Relations[id].Data = cloneData(data)
	}
}

// Calls gives the tool calls so far, "relation-set -r db:1 --file -", and
// forgets them.
func (a *Agent) Calls() []string {
	a.Lock()
	defer a.Unlock()
	calls := a.calls
	a.calls = nil
	return calls
}

// Break ends all connections and takes no more, as an agent that dies.
func (a *Agent) Break() {
	_ = a.listener.Close() // closing twice is as good
	a.Drop()
}

// Drop ends the connections there are; new ones are served.
func (a *Agent) Drop() {
	a.Lock()
	defer a.Unlock()
	for conn := range a.conns {
		_ = conn.Close()
	}
}

func (a *Agent) snapshot() *snapshot {
	s := &snapshot{
		state: maps.Clone(a.State), ports: append([]string(nil), a.Ports...), secrets: maps.Clone(a.Secrets),
		relations: map[string]map[string]map[string]string{},
	}
	for id, r := range a.Relations {
		s.relations[id] = cloneData(r.Data)
	}
	return s
}

func cloneData(data map[string]map[string]string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for owner, values := range data {
		out[owner] = maps.Clone(values)
	}
	return out
}

func (a *Agent) serve() {
	server := rpc.NewServer()
	if err := server.RegisterName("Jujuc", &service{a}); err != nil {
		panic(err) // a mistake in this package
	}
	for {
		conn, err := a.listener.Accept()
		if err != nil {
			return
		}
		a.Lock()
		a.conns[conn] = true
		a.Unlock()
		go server.ServeConn(conn)
	}
}

// service is what net/rpc sees.
type service struct{ agent *Agent }

// Main runs one hook tool.
func (s *service) Main(request Request, response *Response) error {
	a := s.agent
	a.Lock()
	answer := a.Answer
	a.calls = append(a.calls, strings.Join(append([]string{request.CommandName}, request.Args...), " "))
	a.Unlock()
	if answer != nil {
		if reply, err, taken := answer(request); taken {
			*response = reply
			return err
		}
	}
	if request.CommandName == "" || !filepath.IsAbs(request.Dir) {
		return errors.New("bad request: no command, or Dir is not absolute")
	}
	flags, ok := toolFlags()[request.CommandName]
	if !ok {
		return fmt.Errorf("bad request: unknown command: %s", request.CommandName)
	}
	a.Lock()
	defer a.Unlock()
	call, err := parse(flags, request)
	if err == nil {
		err = a.run(call, response)
	}
	var usage usageError
	switch {
	case errors.Is(err, errNoStdin):
		return errNoStdin
	case errors.As(err, &usage):
		response.Code = 2
	case err != nil:
		response.Code = 1
	}
	if err != nil {
		response.Stdout, response.Stderr = nil, []byte("ERROR "+err.Error()+"\n")
	}
	return nil
}
