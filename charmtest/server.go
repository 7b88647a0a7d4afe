// The agent's socket: net/rpc with gob, one method, as Juju's jujuc server speaks it. Each connection is read by
// a goroutine of its own, and losing an answer means closing the connection it would have gone over.

package charmtest

import (
	"bufio"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"path/filepath"
	"sync"
)

// toolRequest and toolResponse have the names and fields of Juju's wire protocol; gob goes by the fields' names.
type toolRequest struct {
	ContextId   string
	Dir         string
	CommandName string
	Args        []string
	StdinSet    bool
	Stdin       []byte
	Token       string
}

type toolResponse struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

type server struct {
	m        *Model
	address  string
	listener net.Listener

	mu    sync.Mutex
	over  bool
	conns map[net.Conn]struct{}
	done  sync.WaitGroup
}

func serve(m *Model, address string) (*server, error) {
	l, err := net.Listen("unix", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for hook tools: %w", err)
	}
	s := &server{m: m, address: address, listener: l, conns: map[net.Conn]struct{}{}}
	s.done.Go(s.accept)
	return s, nil
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		if s.over {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.done.Go(func() { s.converse(conn) })
	}
}

// converse speaks net/rpc's gob codec by hand: rpc.Server would force the request's types into this package's API.
func (s *server) converse(conn net.Conn) {
	defer func() {
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	}()
	out := bufio.NewWriter(conn)
	dec, enc := gob.NewDecoder(bufio.NewReader(conn)), gob.NewEncoder(out)
	for {
		var head rpc.Request
		var req toolRequest
		if dec.Decode(&head) != nil || dec.Decode(&req) != nil {
			return
		}
		reply := rpc.Response{ServiceMethod: head.ServiceMethod, Seq: head.Seq}
		var resp toolResponse
		err := fmt.Errorf("rpc: can't find service %s", head.ServiceMethod)
		if head.ServiceMethod == "Jujuc.Main" {
			err = s.main(req, &resp, conn)
		}
		var body any = &resp
		if err != nil {
			reply.Error, body = err.Error(), struct{}{}
		}
		if enc.Encode(&reply) != nil || enc.Encode(body) != nil || out.Flush() != nil {
			return
		}
	}
}

func (s *server) close() {
	_ = s.listener.Close()
	s.mu.Lock()
	s.over = true
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}

var errNoStdin = errors.New("hook tool requires stdin, none supplied")

// main runs one hook tool.
func (s *server) main(req toolRequest, resp *toolResponse, conn net.Conn) error {
	if req.CommandName == "" {
		return errors.New("bad request: command not specified")
	}
	if !filepath.IsAbs(req.Dir) {
		return errors.New("bad request: Dir is not absolute")
	}
	c, err := s.m.context(req.ContextId)
	if err != nil {
		return fmt.Errorf("bad request: %w", err)
	}
	if s.m.tool(req.CommandName) == nil {
		return fmt.Errorf("bad request: unknown command: %s", req.CommandName)
	}
	c.calling.Lock()
	defer c.calling.Unlock()
	return c.call(req, resp, conn)
}

func (m *Model) context(id string) (*hookContext, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c, ok := m.contexts[id]; ok {
		return c, nil
	}
	for current := range m.contexts {
		if appOf(current) == appOf(id) {
			return nil, fmt.Errorf("expected context id %q, got %q", current, id)
		}
	}
	return nil, fmt.Errorf("unknown context id %q: its hook is over", id)
}

// call runs a tool between the test's Before and After.
func (c *hookContext) call(req toolRequest, resp *toolResponse, conn net.Conn) error {
	tc := c.newCall(req.CommandName, req.Args, string(req.Stdin))
	verdict := ask(c.m.opt.Before, *tc)
	switch verdict {
	case Kill:
		c.note(tc, verdict)
		return c.dieIn(conn)
	case Fail:
		tc.Code, tc.Stderr = 1, "ERROR connection is shut down\n"
	default:
		c.m.mu.Lock()
		err := c.runTool(req, tc)
		c.m.mu.Unlock()
		if err != nil {
			c.note(tc, verdict)
			return err
		}
		if verdict == Proceed {
			verdict = ask(c.m.opt.After, *tc)
		}
		if verdict == Fail {
			tc.Code, tc.Stdout, tc.Stderr = 1, "", "ERROR connection is shut down\n"
		}
	}
	c.note(tc, verdict)
	switch verdict {
	case Kill:
		return c.dieIn(conn)
	case LoseAnswer:
		_ = conn.Close()
		return errors.New("answer lost")
	}
	resp.Code, resp.Stdout, resp.Stderr = tc.Code, []byte(tc.Stdout), []byte(tc.Stderr)
	return nil
}

func ask(f func(ToolCall) Verdict, tc ToolCall) Verdict {
	if f == nil {
		return Proceed
	}
	return f(tc)
}

// dieIn kills the hook while it waits for an answer, and then closes the connection, so that it can do nothing more.
func (c *hookContext) dieIn(conn net.Conn) error {
	c.kill()
	_ = conn.Close()
	return errors.New("killed")
}

func (c *hookContext) newCall(tool string, args []string, stdin string) *ToolCall {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.m.calls++
	return &ToolCall{Unit: c.unit.name, Hook: c.hook.Name, Tool: tool, Args: args, Stdin: stdin,
		Number: len(c.hook.Calls) + 1, Total: c.m.calls}
}

func (c *hookContext) note(tc *ToolCall, v Verdict) {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	tc.Verdict = v
	c.hook.Calls = append(c.hook.Calls, *tc)
}
