package main

// A stage as processes.

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// grace is what a stage has to end by itself once it is interrupted.
const grace = 10 * time.Second

// contained are the arguments that give a program a process namespace of its own.
// There are none where that cannot be had.
var contained = sync.OnceValue(func() []string {
	unshare := []string{"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"}
	if exec.Command(unshare[0], append(unshare[1:], "true")...).Run() != nil {
		return nil
	}
	return unshare
})

// perform runs a stage to its end. Interrupted, it ends all that the stage has
// started.
func perform(ctx context.Context, s stage, dir string, out *os.File) result {
	begin := time.Now()
	// bash stays: the first process of a namespace has to ask how orphans ended.
	args := append(contained(), "bash", "-c", s.command+"\nexit $?")
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "STEPS_TABLE="+stepsOf(dir, s))
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	ended := make(chan error, 1)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // its end would be taken for ours
		err := cmd.Start()
		if started <- err; err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return result{s, err, 0}
	}
	select {
	case err := <-ended:
		return result{s, err, time.Since(begin)}
	case <-ctx.Done():
		end(cmd.Process.Pid, ended)
		return result{s, ctx.Err(), time.Since(begin)}
	}
}

// end ends a process and all that it has started, as ctrl-C does, and by force where
// that is not enough. All is over when this returns: the first process of a
// namespace ends after all others there.
func end(pid int, ended <-chan error) {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", pid))
	for _, kill := range []func(){
		func() { _ = syscall.Kill(-pid, syscall.SIGINT) },
		func() {
			for _, child := range strings.Fields(string(children)) {
				if n, err := strconv.Atoi(child); err == nil {
					_ = syscall.Kill(n, syscall.SIGKILL)
				}
			}
		},
	} {
		kill()
		select {
		case <-ended:
			_ = syscall.Kill(-pid, syscall.SIGKILL) // what is left where there are no namespaces
			return
		case <-time.After(grace):
		}
	}
	_ = syscall.Kill(-pid, syscall.SIGKILL)
}

// stepsOf is the file to which a stage writes how each of its steps went.
func stepsOf(dir string, s stage) string { return filepath.Join(dir, s.name+".steps") }
