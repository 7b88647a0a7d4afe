// Package netns gives a test program a network of its own, in which the pods of
// kubelite have addresses and names. Linux lets root do that, and nobody else.
package netns

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// mark is set in the environment of the program that runs inside.
const mark = "OWN_NETWORK_NAMESPACE"

// Nameserver is where the cluster's names are known: kubelite's.
const Nameserver = "10.96.0.10"

// Inside says whether this process is the one that [Run] started.
func Inside() bool { return os.Getenv(mark) != "" }

// Run runs this program again, with the same arguments, in a network namespace of
// its own that has loopback and nothing else, and in which names are asked of
// [Nameserver]. It returns the exit code. The inner program is ended with this one,
// in whatever way this one ends, and gets the signals this one gets.
func Run() (code int, err error) {
	inner := exec.Command("/proc/self/exe", os.Args[1:]...)
	inner.Args[0] = os.Args[0]
	inner.Env = append(os.Environ(), mark+"=1")
	inner.Stdin, inner.Stdout, inner.Stderr = os.Stdin, os.Stdout, os.Stderr
	inner.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		runtime.LockOSThread() // its end would be taken for ours
		err := inner.Start()
		if started <- err; err == nil {
			ended <- inner.Wait()
		}
	}()
	if err := <-started; err != nil {
		return 0, fmt.Errorf("cannot make a network namespace, which takes root on Linux: %w", err)
	}
	for {
		select {
		case s := <-signals:
			_ = inner.Process.Signal(s)
		case err := <-ended:
			var exit *exec.ExitError
			if errors.As(err, &exit) && exit.ExitCode() < 0 {
				return 0, fmt.Errorf("the program in its own network namespace: %w", err)
			}
			return inner.ProcessState.ExitCode(), nil
		}
	}
}

// Enter is to be called first inside.
func Enter() error {
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("cannot set loopback up (is iproute2 installed?): %w: %s", err, bytes.TrimSpace(out))
	}
	file, err := os.CreateTemp("", "resolv.conf")
	if err != nil {
		return fmt.Errorf("cannot write a resolv.conf: %w", err)
	}
	_, err = file.WriteString("nameserver " + Nameserver + "\n")
	err = errors.Join(err, file.Chmod(0o644), file.Close(),
		syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""),
		syscall.Mount(file.Name(), "/etc/resolv.conf", "", syscall.MS_BIND, ""),
		os.Remove(file.Name()))
	if err != nil {
		return fmt.Errorf("cannot ask the cluster for names: %w", err)
	}
	return nil
}
