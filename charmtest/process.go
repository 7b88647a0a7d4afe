// A hook's process: a group of its own, of which nothing is left when the hook is over.

package charmtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type process struct {
	cmd            *exec.Cmd
	stdout, stderr lockedBuffer
	exit           int

	mu      sync.Mutex
	started bool
	over    bool
	doomed  bool
}

// lockedBuffer may be read while a process that outlives its parent still writes.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// outputGrace is how long output of processes left behind is waited for, as in Juju.
const outputGrace = 100 * time.Millisecond

func newProcess(path, dir string, env []string) *process {
	p := &process{cmd: exec.Command(path)}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.WaitDelay = outputGrace
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return p
}

// run starts the process and waits for it. When ctx ends, the whole group is killed.
func (p *process) run(ctx context.Context) error {
	if err := p.start(ctx); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, p.kill)
	err := p.cmd.Wait()
	stop()
	p.kill() // what the hook left running
	p.mu.Lock()
	p.over = true
	p.mu.Unlock()
	p.exit = p.cmd.ProcessState.ExitCode()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// start starts the process. A binary that was just written may still be open for writing in a sibling that forked
// in the meantime (golang.org/issue/22315), so "text file busy" is tried again.
func (p *process) start(ctx context.Context) error {
	for {
		p.mu.Lock()
		if p.doomed {
			p.mu.Unlock()
			return errors.New("signal: killed")
		}
		err := p.cmd.Start()
		p.started = err == nil
		p.mu.Unlock()
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.ETXTBSY) {
			p.exit = -1
			return fmt.Errorf("cannot start %q: %w", p.cmd.Path, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
		old := p.cmd
		p.cmd = exec.Command(old.Path)
		p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = old.Dir, old.Env, old.Stdout, old.Stderr
		p.cmd.WaitDelay, p.cmd.SysProcAttr = old.WaitDelay, old.SysProcAttr
	}
}

// kill ends the group; before the start it makes the start fail.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.started {
		p.doomed = true
		return
	}
	if !p.over {
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	}
}

// killStrays ends processes that left the group (setsid) but still have a hook's environment: mark is how one of its
// variables begins. Only the folder of a unit tells models apart, contexts are numbered alike in all of them.
func killStrays(mark string) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return
	}
	for _, f := range files {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		env, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for _, one := range bytes.Split(env, []byte{0}) {
			if bytes.HasPrefix(one, []byte(mark)) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				break
			}
		}
	}
}
