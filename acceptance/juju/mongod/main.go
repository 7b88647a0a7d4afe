// Command mongod stands for the database that a controller of Juju 3.6 keeps its
// model in. Juju's own test fixture starts it in place of mongod.
//
// Juju 3.6 asks for MongoDB 4.4 for its transactions. What distributions carry is
// 3.6.8, as Ubuntu 20.04 has it, so this is that very database with something
// before it that plays transactions: see relay.go. MongoDB after 4.0 is under a
// licence that no distribution packages it with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func main() {
	runtime.LockOSThread() // whose end would be that of the database, see Pdeathsig
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "mongod:", err)
	if errors.Is(err, errUnreachable) {
		os.Exit(75) // EX_TEMPFAIL of sysexits.h
	}
	os.Exit(1)
}

// run takes mongod's own arguments, or -fetch alone.
func run(ctx context.Context, args []string) error {
	db, err := fetch(ctx)
	if err != nil || slices.Contains(args, "-fetch") {
		return err
	}
	at := slices.Index(args, "--port")
	if at < 0 || at+1 == len(args) { // such as --version, which the fixture asks
		return db.command(ctx, args...).Run()
	}
	listener, err := net.Listen("tcp", "localhost:"+args[at+1])
	if err != nil {
		return err // "address already in use": the fixture takes another port
	}
	defer listener.Close()
	behind, err := freePort()
	if err != nil {
		return err
	}
	front := args[at+1]
	args[at+1] = strconv.Itoa(behind)
	cmd := db.command(ctx, args...)
	cmd.Stdout = io.Discard
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("cannot start %s: %w", cmd.Path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	server := fmt.Sprintf("localhost:%d", behind)
	if err := await(server, ended); err != nil {
		return err
	}
	r := newRelay(server, "localhost:"+front)
	go r.serve(listener)
	fmt.Printf("waiting for connections on port %s\n", front) // the fixture reads this
	select {
	case <-ctx.Done():
		return cmd.Process.Kill()
	case err := <-ended:
		return fmt.Errorf("the database ended: %v", err)
	}
}

// command runs the real mongod, which ends with this process.
func (d database) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.program, args...)
	cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+d.libraries)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// await waits until the database takes connections, or has ended.
func await(server string, ended <-chan error) error {
	for {
		conn, err := net.Dial("tcp", server)
		if err == nil {
			return conn.Close()
		}
		select {
		case err := <-ended:
			return fmt.Errorf("the database ended as it began: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
