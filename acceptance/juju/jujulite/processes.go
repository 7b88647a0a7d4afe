package main

// Agents as processes, and the way from them to the model.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"github.com/juju/loggo"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
	jworker "github.com/juju/juju/internal/worker"
	"github.com/juju/juju/rpc/params"
)

// Request is what an agent's process asks this one.
type Request struct {
	Unit, Facade, ID, Method string
	Args                     []byte
}

// Response has either of the two.
type Response struct {
	Out   []byte
	Error *params.Error
}

// processes are the agents that run. They know each connection by its unit.
type processes struct {
	o           options
	mu          sync.Mutex
	connections map[string]*controller.Connection
}

// API is what net/rpc serves.
type API struct{ p *processes }

// Call hands a request on.
func (a *API) Call(r Request, answer *Response) error {
	a.p.mu.Lock()
	c := a.p.connections[r.Unit]
	a.p.mu.Unlock()
	if c == nil {
		return fmt.Errorf("no agent of %q was started", r.Unit)
	}
	out, err := c.Call(r.Facade, r.ID, r.Method, r.Args)
	var coded *params.Error
	if errors.As(err, &coded) {
		answer.Error, err = coded, nil
	}
	answer.Out = out
	return err
}

func (p *processes) serve(socket string) (stop func(), err error) {
	server := rpc.NewServer()
	if err := server.Register(&API{p}); err != nil {
		return nil, fmt.Errorf("cannot serve the API: %w", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("cannot serve the API: %w", err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go server.ServeCodec(jsonrpc.NewServerCodec(conn))
		}
	}()
	return func() { _ = listener.Close() }, nil
}

// process is one agent, in a process group of its own with the hooks it runs.
type process struct {
	*os.Process
	done chan struct{}
	err  error // how it ended, once done is closed
}

// start runs this program as an agent. Its log is DIR/UNIT.log.
func (p *processes) start(unit string, c *controller.Connection) (controller.Agent, error) {
	p.mu.Lock()
	if p.connections == nil {
		p.connections = map[string]*controller.Connection{}
	}
	p.connections[unit] = c
	p.mu.Unlock()
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(p.o.dir, strings.ReplaceAll(unit, "/", "-")+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(self, "-agent", unit, "-socket", p.o.socket, "-dir", p.o.dir, "-jujuc", p.o.jujuc, "-lease", p.o.lease.String())
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	one := &process{done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread ends that started the process
		err := cmd.Start()
		one.Process = cmd.Process
		started <- err
		if err == nil {
			one.err = cmd.Wait()
			close(one.done)
		}
	}()
	return one, <-started
}

func (p *process) Wait() error { <-p.done; return p.err }
func (p *process) Stop() error {
	_ = p.Signal(syscall.SIGTERM) // it may have ended
	return p.Wait()
}

// Kill ends the agent with its hook and that hook's processes.
func (p *process) Kill() error {
	if err := syscall.Kill(-p.Pid, syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// runAgent is the other side.
func runAgent(o options) error {
	loggo.GetLogger("").SetLogLevel(loggo.INFO)
	loggo.GetLogger("unit").SetLogLevel(loggo.DEBUG)
	conn, err := net.Dial("unix", o.socket)
	if err != nil {
		return fmt.Errorf("cannot reach the controller: %w", err)
	}
	client := jsonrpc.NewClient(conn)
	a, err := agent.Start(agent.Options{Unit: o.unit, Dir: o.dir, Jujuc: o.jujuc, Lease: o.lease,
		Call: func(facade, id, request string, in []byte) ([]byte, error) {
			var answer Response
			if err := client.Call("API.Call", Request{o.unit, facade, id, request, in}, &answer); err != nil {
				return nil, err
			}
			if answer.Error != nil {
				return nil, answer.Error
			}
			return answer.Out, nil
		}})
	if err != nil {
		return err
	}
	asked, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer forget()
	go func() {
		<-asked.Done()
		a.Kill()
	}()
	if err = a.Wait(); asked.Err() != nil || params.IsCodeStopped(err) || errors.Is(err, jworker.ErrTerminateAgent) {
		return nil // as asked, with the controller, or because the unit is dead
	}
	return err
}
