package juju_test

// Both ways of calling hook tools, held to one contract, and what happens when
// the first one breaks.

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

func TestToolsConform(t *testing.T) {
	t.Parallel()
	ways := map[string]func(env juju.Env) juju.Env{
		"socket": func(env juju.Env) juju.Env { return env },
		"exec": func(env juju.Env) juju.Env {
			env.SocketAddress = ""
			return env
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := start(t)
			env := way(readEnv(t, agent.Environ("install", nil)))
			tools := juju.Open(env, juju.Options{})
			conform(t, agent, tools)
			stats := tools.Stats()
			if wantProcesses := name == "exec"; (stats.Processes == stats.Calls) != wantProcesses || stats.Calls == 0 {
				t.Errorf("%d calls, %d processes", stats.Calls, stats.Processes)
			}
			if err := tools.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// conform is the contract of juju.Tools.
func conform(t *testing.T, agent *jujutest.Agent, tools juju.Tools) {
	ctx := t.Context()
	agent.Lock()
	agent.Leader = true
	agent.Unlock()
	cases := []struct {
		name   string
		call   juju.Call
		stdout string
		code   int
		stderr string
	}{
		{name: "answer", call: juju.Call{Tool: "is-leader", Args: []string{"--format=json"}}, stdout: "true\n"},
		{name: "no answer", call: juju.Call{Tool: "status-set", Args: []string{"--", "active", "--x"}}},
		{name: "stdin", call: juju.Call{Tool: "state-set", Args: []string{"--file", "-"}, Stdin: []byte("k: \"5\"\n")}},
		{name: "what stdin did", call: juju.Call{Tool: "state-get", Args: []string{"--format=json"}}, stdout: "{\"k\":\"5\"}\n"},
		{name: "empty stdin", call: juju.Call{Tool: "state-set", Args: []string{"--file", "-"}, Stdin: []byte{}}},
		{name: "wrong use", call: juju.Call{Tool: "juju-log", Args: []string{"--foo"}}, code: 2,
			stderr: "option provided but not defined: --foo"},
		{name: "refusal", call: juju.Call{Tool: "state-get", Args: []string{"--strict", "nope"}}, code: 1,
			stderr: `"nope" not found`},
	}
	for _, c := range cases {
		stdout, err := tools.Call(ctx, c.call)
		var refused *juju.ToolError
		if c.code == 0 && err != nil || c.code != 0 && !errors.As(err, &refused) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(stdout) != c.stdout {
			t.Errorf("%s: got %q, want %q", c.name, stdout, c.stdout)
		}
		if refused != nil && (refused.Code != c.code || refused.Stderr != c.stderr || refused.Tool != c.call.Tool) {
			t.Errorf("%s: got %+v", c.name, refused)
		}
	}
	hung := make(chan struct{})
	defer close(hung)
	agent.Lock()
	if agent.Status != "active --x" {
		t.Errorf("status %q", agent.Status)
	}
	agent.Answer = func(jujutest.Request) (jujutest.Response, error, bool) {
		<-hung
		return jujutest.Response{}, nil, false
	}
	agent.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := tools.Call(ctx, juju.Call{Tool: "is-leader"})
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(begin), err)
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		ruin func(*jujutest.Agent, *juju.Env)
	}{
		{"nobody listens", func(_ *jujutest.Agent, env *juju.Env) { env.SocketAddress += "x" }},
		{"no socket", func(_ *jujutest.Agent, env *juju.Env) { env.SocketAddress = "" }},
		{"unknown network", func(_ *jujutest.Agent, env *juju.Env) { env.SocketNetwork = "carrier-pigeon" }},
		{"tcp without certificate", func(_ *jujutest.Agent, env *juju.Env) { env.SocketNetwork = "tcp" }},
		{"another protocol", func(_ *jujutest.Agent, env *juju.Env) { env.SocketAddress = speakNonsense(t) }},
		{"bad request", func(agent *jujutest.Agent, _ *juju.Env) {
			agent.Answer = once(jujutest.Response{}, errors.New("bad request: who are you?"))
		}},
		{"connection lost", func(agent *jujutest.Agent, _ *juju.Env) { agent.Answer = dropOnce(agent) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			agent := start(t)
			agent.Leader = true
			env := readEnv(t, agent.Environ("install", nil))
			agent.Lock()
			c.ruin(agent, &env)
			agent.Unlock()
			tools := juju.Open(env, juju.Options{})
			defer tools.Close()
			for range 2 {
				stdout, err := tools.Call(t.Context(), juju.Call{Tool: "is-leader", Args: []string{"--format=json"}})
				if err != nil || string(stdout) != "true\n" {
					t.Fatalf("%q, %v", stdout, err)
				}
			}
			stats := tools.Stats()
			if stats.Calls != 2 || stats.Processes != 2 || stats.Fallback == "" {
				t.Errorf("%+v", stats)
			}
		})
	}
}

func TestRefusalIsNoFallback(t *testing.T) {
	t.Parallel()
	agent := start(t)
	tools := juju.Open(readEnv(t, agent.Environ("install", nil)), juju.Options{})
	defer tools.Close()
	for range 3 {
		_, err := tools.Call(t.Context(), juju.Call{Tool: "relation-list", Args: []string{"-r", "db:9"}})
		if !errors.Is(err, juju.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if stats := tools.Stats(); stats.Processes != 0 || stats.Fallback != "" {
		t.Errorf("%+v", stats)
	}
}

func TestLostAnswerIsNotRepeated(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Answer = dropOnce(agent)
	tools := juju.Open(readEnv(t, agent.Environ("install", nil)), juju.Options{})
	defer tools.Close()
	_, err := tools.Call(t.Context(), juju.Call{Tool: "secret-add", Args: []string{"--file", "/dev/null"}})
	if err == nil || !strings.Contains(err.Error(), "cannot tell whether secret-add was done") {
		t.Fatal(err)
	}
	if got := len(agent.Calls()); got != 1 {
		t.Errorf("%d calls", got)
	}
}

func TestHungAgentHasATimeLimit(t *testing.T) {
	t.Parallel()
	agent := start(t)
	hung := make(chan struct{})
	t.Cleanup(func() { close(hung) })
	agent.Answer = func(jujutest.Request) (jujutest.Response, error, bool) {
		<-hung
		return jujutest.Response{}, nil, false
	}
	unit := unitOf(t, agent.Environ("install", nil), juju.Options{Timeout: 30 * time.Millisecond})
	_, err := unit.Config(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the agent did not answer within 30ms") {
		t.Fatal(err)
	}
}

func TestMissingTool(t *testing.T) {
	t.Parallel()
	agent := start(t)
	env := readEnv(t, agent.Environ("install", map[string]string{"PATH": t.TempDir(), "JUJU_AGENT_SOCKET_ADDRESS": ""}))
	tools := juju.Open(env, juju.Options{})
	_, err := tools.Call(t.Context(), juju.Call{Tool: "config-get"})
	if !errors.Is(err, juju.ErrNoTool) {
		t.Fatal(err)
	}
}

func TestAgentDiesMidHook(t *testing.T) {
	t.Parallel()
	agent := start(t)
	unit := install(t, agent)
	must[juju.Config](t)(unit.Config(t.Context()))
	agent.Break()
	unit.SetState("k", "v")
	if err := unit.Commit(t.Context()); err == nil {
		t.Fatal("a commit to a dead agent went well")
	}
}

// once gives one answer and then lets the tools work.
func once(response jujutest.Response, err error) func(jujutest.Request) (jujutest.Response, error, bool) {
	first := make(chan struct{}, 1)
	first <- struct{}{}
	return func(jujutest.Request) (jujutest.Response, error, bool) {
		select {
		case <-first:
			return response, err, true
		default:
			return jujutest.Response{}, nil, false
		}
	}
}

// dropOnce ends the connection instead of the first answer.
func dropOnce(agent *jujutest.Agent) func(jujutest.Request) (jujutest.Response, error, bool) {
	answer := once(jujutest.Response{}, nil)
	return func(request jujutest.Request) (jujutest.Response, error, bool) {
		response, err, taken := answer(request)
		if taken {
			agent.Drop()
		}
		return response, err, taken
	}
}

// speakNonsense listens where something answers that is no agent.
func speakNonsense(t *testing.T) string {
	address := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_ = conn.Close()
		}
	}()
	return address
}
