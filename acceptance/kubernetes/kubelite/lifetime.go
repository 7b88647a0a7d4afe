package main

// How long this program runs, and where: no longer than whoever started it, and
// in a network namespace of its own when asked.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var errEnded = errors.New("there is nobody left to run for")

// lifetime ends with a signal, with the parent process, and with standard input
// where that is a pipe or a socket: its other end is somebody's.
func lifetime() (context.Context, context.CancelCauseFunc, error) {
	// Not the kernel's signal at a parent's death, which comes with the end of a
	// thread already.
	parent, err := unix.PidfdOpen(os.Getppid(), 0)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot watch the parent process: %w", err)
	}
	signals, _ := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	ctx, end := context.WithCancelCause(signals)
	go func() {
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(parent), Events: unix.POLLIN}}, -1)
			if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				end(errEnded)
				return
			}
		}
	}()
	if info, err := os.Stdin.Stat(); err == nil && os.Args[0] != insideName && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0 {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end(errEnded)
		}()
	}
	return ctx, end, nil
}

// insideName is what this program calls itself in a network namespace of its own.
const insideName = "kubelite-inside"

// goInside runs this program again in a network namespace of its own, and hands
// it a listener that is out here: a socket stays in the namespace it was made in.
func goInside(ctx context.Context) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("cannot listen for the API server: %w", err)
	}
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return fmt.Errorf("cannot hand the API server's socket on: %w", err)
	}
	inside := exec.Command("/proc/self/exe", os.Args[1:]...)
	inside.Args[0] = insideName
	inside.ExtraFiles = []*os.File{file}
	inside.Stdout, inside.Stderr = os.Stdout, os.Stderr
	inside.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // whose end would be taken for ours
		if err := inside.Start(); err != nil {
			ended <- fmt.Errorf("cannot make a network namespace, for which one has to be root: %w", err)
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = inside.Process.Signal(syscall.SIGTERM) })
		defer stop()
		ended <- inside.Wait()
	}()
	err = <-ended
	_, _ = listener.Close(), file.Close()
	return err
}

// apiListener is on a free port of loopback. Inside a namespace of our own it is
// the one we were handed, joined with one of the same address in here, by which
// the API server speaks to itself.
func apiListener() (net.Listener, error) {
	if os.Args[0] != insideName {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot listen for the API server: %w", err)
		}
		return listener, nil
	}
	if err := ip("link", "set", "lo", "up"); err != nil {
		return nil, err
	}
	file := os.NewFile(3, "api")
	defer file.Close()
	outside, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("cannot use the socket for the API server: %w", err)
	}
	inside, err := net.Listen("tcp", outside.Addr().String())
	if err != nil {
		return nil, fmt.Errorf("cannot listen for the API server in its namespace: %w", err)
	}
	return join(outside, inside), nil
}

// joined accepts what any of several listeners accepts.
type joined struct {
	net.Listener // the first
	all          []net.Listener
	accepted     chan net.Conn
	closed       chan struct{}
}

func join(all ...net.Listener) *joined {
	j := &joined{Listener: all[0], all: all, accepted: make(chan net.Conn), closed: make(chan struct{})}
	for _, l := range all {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil { // closed
					return
				}
				select {
				case j.accepted <- c:
				case <-j.closed:
					_ = c.Close()
				}
			}
		}()
	}
	return j
}

func (j *joined) Accept() (net.Conn, error) {
	select {
	case c := <-j.accepted:
		return c, nil
	case <-j.closed:
		return nil, net.ErrClosed
	}
}

func (j *joined) Close() error {
	select {
	case <-j.closed:
		return net.ErrClosed
	default:
	}
	close(j.closed)
	var errs []error
	for _, l := range j.all {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// ip runs iproute2's command in our network namespace.
func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("cannot run ip %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}
