package juju

// Hook tools, whichever way they are called.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Call is one call of a hook tool.
type Call struct {
	Tool  string
	Args  []string
	Stdin []byte // nil: none
}

// Tools calls hook tools. Implementations may be used by several goroutines.
type Tools interface {
	// Call gives what the tool wrote to its standard output. A tool that
	// ended with another exit code than 0 gives a *ToolError.
	Call(ctx context.Context, call Call) (stdout []byte, err error)
	Close() error
}

// ToolError is a hook tool's own refusal.
type ToolError struct {
	Tool   string
	Code   int    // 1: the tool failed; 2: it was called wrongly
	Stderr string // without the "ERROR " it begins with
}

// Error says which tool refused and why.
func (e *ToolError) Error() string {
	return fmt.Sprintf("cannot run %s: exit code %d: %s", e.Tool, e.Code, e.Stderr)
}

// newToolError keeps what is needed of a tool's standard error.
func newToolError(tool string, code int, stderr []byte) *ToolError {
	const most = 2000
	text := strings.TrimPrefix(strings.TrimSpace(string(stderr)), "ERROR ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return &ToolError{Tool: tool, Code: code, Stderr: text}
}

// Stats counts what calling the agent cost.
type Stats struct {
	Calls     int    // hook-tool calls, whichever way
	Processes int    // those that needed a process
	Fallback  string // why the socket is not used; empty while it is
}

// Agent calls the hook tools of the unit agent: over its socket as long as that
// works, by running them as processes from the first failure of the protocol
// until the hook ends. A refusal by the tool itself is no failure of the
// protocol. It dials when the first tool is called.
type Agent struct {
	env     Env
	timeout time.Duration
	socket  *socketTools
	exec    *execTools

	mu    sync.Mutex
	stats Stats
}

// Open gives the hook tools of a hook. It does nothing until a tool is called.
func Open(env Env, options Options) *Agent {
	timeout := options.Timeout
	if timeout == 0 {
		timeout = 2 * time.Minute
	}
	a := &Agent{env: env, timeout: timeout, socket: &socketTools{env: env}, exec: &execTools{env: env}}
	if env.SocketAddress == "" {
		a.stats.Fallback = "JUJU_AGENT_SOCKET_ADDRESS is not set"
	}
	return a
}

// Call calls a tool. When the answer of a call that must not be made twice got
// lost on the socket, it gives that as an error and does not try again.
func (a *Agent) Call(ctx context.Context, call Call) ([]byte, error) {
	if a.timeout > 0 && !unbounded(call.Tool) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.timeout,
			fmt.Errorf("the agent did not answer within %s", a.timeout))
		defer cancel()
	}
	if a.useSocket() {
		stdout, err := a.socket.Call(ctx, call)
		var lost *protocolError
		if !errors.As(err, &lost) {
			return stdout, err
		}
		a.fallBack(lost)
		if lost.sent && !repeatable(call.Tool) {
			return nil, fmt.Errorf("cannot tell whether %s was done: %w", call.Tool, lost)
		}
	}
	a.count(func(s *Stats) { s.Processes++ })
	return a.exec.Call(ctx, call)
}

// Close ends the connection to the agent.
func (a *Agent) Close() error { return a.socket.Close() }

// Stats gives the counts so far.
func (a *Agent) Stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stats
}

func (a *Agent) useSocket() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.stats.Calls++
	return a.stats.Fallback == ""
}

func (a *Agent) fallBack(why error) {
	a.count(func(s *Stats) { s.Fallback = why.Error() })
	_ = a.socket.Close() // it is of no use any more, however it ends
}

func (a *Agent) count(change func(*Stats)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.stats)
}
