package main

// The place where everything runs: namespaces of processes, network and mounts.
// When the first process in a namespace of processes ends, the kernel ends all
// others in it, so nothing can stay.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/netns"
)

// insideVariable tells this program that it is inside.
const insideVariable = "KAFKA_CONNECT_BASE_LIFE"

// exitCode is how the program inside ended; it has said why.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("it ended with %d", int(c)) }

// goInside runs this program again, inside, and waits for it. Should this one be
// killed, the kernel kills that one, and with it all others there.
func goInside(ctx context.Context) error {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:   syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
		Unshareflags: syscall.CLONE_NEWNS, // mounts made inside stay inside
		Pdeathsig:    syscall.SIGKILL,
		Setpgid:      true, // a ctrl-C comes once, from here
	}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread ends that started the process
		if err := cmd.Start(); err != nil {
			ended <- fmt.Errorf("cannot make namespaces, for which one has to be root or allowed user namespaces: %w", err)
			return
		}
		ended <- cmd.Wait()
	}()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		if cmd.Process != nil {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
		select {
		case err = <-ended:
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill()
			err = <-ended
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitCode(max(1, exit.ExitCode()))
	}
	return err
}

// place is the folder of all that runs. It is in memory and goes with the
// namespace; out here it is empty. Its name is short: there are sockets in it.
const place = "/tmp/kafka-connect-base"

// settleIn makes the namespaces fit to live in: its own view of processes, a folder
// of its own, a loopback device that is up, and the cluster's names for everybody:
// brokers are known by them to units, too.
func settleIn() error {
	if err := os.MkdirAll(place, 0o755); err != nil {
		return fmt.Errorf("cannot make a folder: %w", err)
	}
	if err := syscall.Mount("tmpfs", place, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("cannot mount a folder of our own: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("cannot mount /proc: %w", err)
	}
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("cannot set the loopback device up, for which iproute2 has to be installed: %w %s", err, strings.TrimSpace(string(out)))
	}
	names := filepath.Join(place, "resolv.conf")
	if err := os.WriteFile(names, []byte("nameserver "+netns.Nameserver+"\n"), 0o644); err != nil {
		return fmt.Errorf("cannot ask the cluster for names: %w", err)
	}
	if err := syscall.Mount(names, "/etc/resolv.conf", "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("cannot ask the cluster for names: %w", err)
	}
	return nil
}
