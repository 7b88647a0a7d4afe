package jsonnet

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// A pool feeds files to children and replaces those that die.
type pool struct {
	setup  setup
	dir    string
	deaths atomic.Int64
}

// work takes files from the queue until it is empty.
func (p *pool) work(ctx context.Context, queue <-chan int, results []Result, done func(int, response)) error {
	var c *process
	defer func() {
		if c != nil {
			c.end()
		}
	}()
	for i := range queue {
		file := results[i].File
		if p.deaths.Load() >= int64(p.setup.Limits.Deaths) {
			done(i, response{Err: &Error{File: file, Skipped: true, Message: fmt.Sprintf(
				"it was not evaluated: %d other files went beyond their limits before", p.setup.Limits.Deaths)}})
			continue
		}
		if c == nil {
			var err error
			if c, err = start(ctx, p.dir, p.setup); err != nil {
				return err
			}
		}
		r, err := c.evaluate(file, p.setup.Limits.Wall)
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			p.deaths.Add(1)
			r = response{Err: &Error{File: file, Died: true, Message: c.death(p.setup.Limits)}}
			c = nil
		}
		done(i, r)
	}
	return nil
}

// A process is a child, from the outside.
type process struct {
	cmd      *exec.Cmd
	stdin    io.Closer
	in       *gob.Encoder
	out      *gob.Decoder
	stderr   head
	timedOut atomic.Bool
}

// startTime is how long a child may take until it says hello. It does so
// within milliseconds.
const startTime = time.Minute

// start starts this program anew, as a child in a folder.
func start(ctx context.Context, dir string, s setup) (*process, error) {
	if IsChild() {
		return nil, errors.New("a child of an evaluator has none of its own: main has to call jsonnet.ServeChild first")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &process{cmd: exec.CommandContext(ctx, self)}
	c.cmd.Dir = dir
	// Nothing else of the environment: a file has no business with it. Of a
	// crash only the reason is read, and traces take long to write. Children
	// share the processors among them already.
	c.cmd.Env = []string{childMark + "=1", "GOTRACEBACK=none", "GOMAXPROCS=1"}
	c.cmd.Stderr = &c.stderr
	c.cmd.WaitDelay = time.Second
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.stdin, c.in, c.out = stdin, gob.NewEncoder(stdin), gob.NewDecoder(stdout)
	var said string
	err = c.within(startTime, func() error {
		if err := c.in.Encode(s); err != nil {
			return err
		}
		return c.out.Decode(&said)
	})
	if err != nil || said != hello {
		c.end()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%s does not serve as an evaluator (its main has to call jsonnet.ServeChild): it said %q", self, c.stderr.String())
	}
	return c, nil
}

// within does something with the child, which is killed when that takes too
// long; what was done then ends with an error.
func (c *process) within(limit time.Duration, do func() error) error {
	timer := time.AfterFunc(limit, func() {
		c.timedOut.Store(true)
		_ = c.cmd.Process.Kill() // it may have ended by itself by now
	})
	defer timer.Stop()
	return do()
}

func (c *process) evaluate(file string, limit time.Duration) (response, error) {
	var r response
	err := c.within(limit, func() error {
		if err := c.in.Encode(request{File: file}); err != nil {
			return err
		}
		return c.out.Decode(&r)
	})
	return r, err
}

// end lets a child go and waits for it. Its exit code says nothing new.
func (c *process) end() {
	_ = c.stdin.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// death says why a child died while it evaluated a file.
func (c *process) death(limits Limits) string {
	c.end()
	said := c.stderr.String()
	switch {
	case c.timedOut.Load():
		return fmt.Sprintf("its evaluation took longer than %s and was ended", limits.Wall)
	case c.cmd.ProcessState.ExitCode() == exitExhausted:
		return fmt.Sprintf("its evaluation used more than %s of processor time and was ended", limits.CPU)
	case strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"), strings.Contains(said, "cannot map pages"):
		return fmt.Sprintf("its evaluation wanted more than %d MiB of memory and was ended", limits.Memory>>20)
	case strings.Contains(said, "stack overflow"), strings.Contains(said, "stack exceeds"):
		return "its evaluation nests too deeply and was ended"
	}
	first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return fmt.Sprintf("its evaluation ended (%s) %s", c.cmd.ProcessState, shorten(first))
}

// A head keeps the beginning of what is written to it.
type head struct{ buf bytes.Buffer }

const maxHead = 4 << 10

func (h *head) Write(text []byte) (int, error) {
	h.buf.Write(text[:min(len(text), maxHead-h.buf.Len())])
	return len(text), nil
}

func (h *head) String() string { return h.buf.String() }
