package main

// Containers that are processes, each in namespaces of its own.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// processes is the engine.
type processes struct {
	dir    string // pods have their folders and their logs in it
	images images
	bridge *bridge

	mu       sync.Mutex
	networks map[types.UID]*podNetwork
}

func (*processes) probes(c *corev1.Container) probes {
	return probes{asWritten(c.StartupProbe), asWritten(c.ReadinessProbe), asWritten(c.LivenessProbe)}
}

func (e *processes) start(_ context.Context, l launch) (container, error) {
	i, err := e.images.of(l.container())
	if err != nil {
		return nil, err
	}
	if err := refused(&l.pod.Spec); err != nil {
		return nil, err
	}
	s, err := e.spec(l, i)
	if err != nil {
		return nil, &waiting{"CreateContainerError", err.Error()}
	}
	p := &process{ip: l.ip, uid: s.UID, gid: s.GID, done: make(chan struct{})}
	if err := e.launch(p, s, l.pod); err != nil {
		return nil, &waiting{"RunContainerError", err.Error()}
	}
	return p, nil
}

// launch starts the process that becomes the container, gives it its network
// and tells it what to be.
func (e *processes) launch(p *process, s spec, pod *corev1.Pod) error {
	log, err := openLog(e.dir, pod)
	if err != nil {
		return err
	}
	defer log.Close()
	told, tell, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot make a pipe: %w", err)
	}
	defer told.Close()
	hear, said, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("cannot make a pipe: %w", err), tell.Close())
	}
	defer hear.Close()
	command := exec.Command("/proc/self/exe")
	command.Args[0] = podInitName
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	command.ExtraFiles = []*os.File{told, said}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL,
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC}
	network := e.network(pod)
	if s.Connected = network != nil; !s.Connected {
		command.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET
	}
	err = p.begin(command, network, func() { _ = tell.Close() })
	_ = said.Close() // it is the child's
	if err != nil {
		_ = tell.Close()
		return fmt.Errorf("cannot start a process in namespaces of its own: %w", err)
	}
	if network == nil {
		err = e.connect(pod, p)
	}
	if err == nil {
		if err = json.NewEncoder(tell).Encode(s); err == nil {
			err = heard(hear)
		}
	}
	if err != nil {
		p.stop(0)
		if network == nil { // it may not be set up
			e.leave(pod)
		}
	}
	return err
}

// begin runs the command, in the pod's network if there is one, and calls over when it
// has ended.
func (p *process) begin(command *exec.Cmd, network *podNetwork, over func()) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // its end would be our death to the process
		err := network.enter()
		if err == nil {
			err = command.Start()
		}
		if err == nil {
			p.process = command.Process
		}
		if started <- err; err != nil {
			return
		}
		_ = command.Wait() // what matters of it is in the state
		over()
		p.ending(command.ProcessState)
	}()
	return <-started
}

// heard waits until the process has become the container, or says why not.
func heard(from io.Reader) error {
	why, err := io.ReadAll(from)
	if err == nil && len(why) > 0 {
		err = errors.New(string(why))
	}
	return err
}

// openLog is the one log of all pods of a name.
func openLog(dir string, pod *corev1.Pod) (*os.File, error) {
	logs := filepath.Join(dir, "logs", pod.Namespace)
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make a folder for logs: %w", err)
	}
	return os.OpenFile(filepath.Join(logs, pod.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
}

// process is a running one, the first in a process namespace: the kernel ends all
// others in there with it.
type process struct {
	process  *os.Process
	uid, gid int64
	ip       string
	done     chan struct{}
	status   int
}

func (p *process) id() string              { return strconv.Itoa(p.process.Pid) }
func (p *process) address(port int) string { return p.ip + ":" + strconv.Itoa(port) }
func (p *process) ended() <-chan struct{}  { return p.done }
func (p *process) code() int               { return p.status }

// ending notes how it was, by a shell's rule for signals.
func (p *process) ending(s *os.ProcessState) {
	p.status = s.ExitCode()
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		p.status = 128 + int(w.Signal())
	}
	close(p.done)
}

func (p *process) stop(grace time.Duration) {
	if grace > 0 {
		_ = p.process.Signal(syscall.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(grace):
		}
	}
	_ = p.process.Kill()
	<-p.done
}

func (p *process) run(ctx context.Context, command []string) error {
	args := append([]string{"--target", strconv.Itoa(p.process.Pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd",
		"--setgid", strconv.FormatInt(p.gid, 10), "--setuid", strconv.FormatInt(p.uid, 10), "--"}, command...)
	return exec.CommandContext(ctx, "nsenter", args...).Run()
}
