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
	"slices"
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
		r, err := p.evaluate(ctx, &c, file)
		if err != nil {
			return err
		}
		done(i, r)
	}
	return nil
}

// evaluate lets a child evaluate a file, and starts one where there is none.
// A file that ends a child which has evaluated others gets another chance in
// one of its own: it may have met what they left in memory.
func (p *pool) evaluate(ctx context.Context, c **process, file string) (response, error) {
	for {
		if *c == nil {
			started, err := start(ctx, p.dir, p.setup)
			if err != nil {
				return response{}, err
			}
			*c = started
		}
		r, err := (*c).evaluate(file, p.setup.Limits.Wall)
		if err == nil {
			(*c).served++
			return r, nil
		}
		if ctx.Err() != nil {
			return response{}, context.Cause(ctx)
		}
		dead := *c
		*c = nil
		why, own := dead.death(p.setup.Limits)
		if own || dead.served == 0 {
			p.deaths.Add(1)
			return response{Err: &Error{File: file, Died: true, Message: why}}, nil
		}
	}
}

// A process is a child, from the outside.
type process struct {
	cmd      *exec.Cmd
	stdin    io.Closer
	in       *gob.Encoder
	out      *gob.Decoder
	stderr   head
	timedOut atomic.Bool
	served   int // files
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

// death says why a child died while it evaluated a file, and whether that can
// only be due to this file.
func (c *process) death(limits Limits) (why string, own bool) {
	c.end()
	said := strings.TrimSpace(c.stderr.String())
	switch {
	case c.timedOut.Load():
		return fmt.Sprintf("its evaluation took longer than %s and was ended", limits.Wall), true
	case c.cmd.ProcessState.ExitCode() == exitExhausted:
		return fmt.Sprintf("its evaluation used more than %s of processor time and was ended", limits.CPU), true
	case strings.Contains(said, "stack overflow"), strings.Contains(said, "stack exceeds"):
		return "its evaluation nests too deeply and was ended", true
	case strings.HasPrefix(said, "SIGSEGV: "), // of Go's runtime itself, which got less than it counted on; a panic says that first
		slices.ContainsFunc(noMemory(), func(sign string) bool { return strings.Contains(said, sign) }):
		return fmt.Sprintf("its evaluation wanted more than %d MiB of memory and was ended", limits.Memory>>20), false
	}
	first, _, _ := strings.Cut(said, "\n")
	return fmt.Sprintf("its evaluation ended (%s) %s", c.cmd.ProcessState, shorten(first)), false
}

// noMemory are the ways in which a program, or the race detector in it, says
// that it gets no more.
func noMemory() []string {
	return []string{"out of memory", "cannot allocate memory", "cannot map pages", "failed to allocate"}
}

// A head keeps the beginning of what is written to it.
type head struct{ buf bytes.Buffer }

const maxHead = 4 << 10

func (h *head) Write(text []byte) (int, error) {
	h.buf.Write(text[:min(len(text), maxHead-h.buf.Len())])
	return len(text), nil
}

func (h *head) String() string { return h.buf.String() }
