package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledAnywhere kills the life at a moment of chance, in the middle of three
// of its steps, and looks for what it left: nothing may run, and nothing may have
// been written but logs.
func TestKilledAnywhere(t *testing.T) {
	program := filepath.Join(t.TempDir(), "life")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Minute) // the first time everything is compiled
	defer cancel()
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("cannot build the life: %v\n%s", err, out)
	}
	for _, at := range []string{"deploy", "workers", "connector"} {
		t.Run(at, func(t *testing.T) {
			l := start(t, program)
			l.await(at + ":")
			after := time.Duration(rand.IntN(3000)) * time.Millisecond
			time.Sleep(after) // the moment of chance
			ran := l.inside()
			if len(ran) < 8 { // Kubernetes, three brokers in its pods, Juju and its three agents
				t.Errorf("only %d processes ran: %q", len(ran), ran)
			}
			if err := l.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = l.cmd.Wait()
			deadline := time.Now().Add(20 * time.Second)
			left := l.inside()
			for ; len(left) > 0 && time.Now().Before(deadline); left = l.inside() {
				time.Sleep(50 * time.Millisecond)
			}
			if len(left) > 0 {
				t.Errorf("killed %s into %q, it left %q", after, at, left)
			}
			if files, err := os.ReadDir(place); err != nil || len(files) > 0 {
				t.Errorf("it left the files %v, %v", files, err)
			}
			t.Logf("%d processes in %d namespaces, killed %s into %q: none is left", len(ran), len(l.namespaces), after, at)
		})
	}
}

// running is a life that runs.
type running struct {
	t          *testing.T
	cmd        *exec.Cmd
	out        *bufio.Scanner
	namespaces map[string]bool // of its processes
}

func start(t *testing.T, program string) *running {
	t.Helper()
	l := &running{t: t, cmd: exec.Command(program, "-root", "../..")}
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	l.cmd.Stdout, l.cmd.Stderr = write, write
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	l.out = bufio.NewScanner(read)
	return l
}

// await reads until a step begins.
func (l *running) await(title string) {
	l.t.Helper()
	var said strings.Builder
	for l.out.Scan() {
		fmt.Fprintln(&said, l.out.Text())
		if strings.HasPrefix(l.out.Text(), "━━") && strings.Contains(l.out.Text(), title) {
			go func() { _, _ = io.Copy(io.Discard, unread{l.out}) }() // it must not wait for a reader
			return
		}
	}
	l.t.Fatalf("it never came to %q:\n%s", title, said.String())
}

// unread reads what a scanner has yet to give.
type unread struct{ *bufio.Scanner }

func (u unread) Read([]byte) (int, error) {
	if u.Scan() {
		return 0, nil
	}
	return 0, io.EOF
}

// inside names the processes in the namespaces of all that descends from the
// program, pods' included. Namespaces seen once are looked at for good.
func (l *running) inside() (names []string) {
	l.t.Helper()
	own, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		l.t.Fatal(err)
	}
	if l.namespaces == nil {
		l.namespaces = map[string]bool{}
	}
	for _, pid := range descendants(l.cmd.Process.Pid) {
		if ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", pid)); err == nil && ns != own {
			l.namespaces[ns] = true
		}
	}
	all, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	for _, link := range all {
		if ns, err := os.Readlink(link); err == nil && l.namespaces[ns] {
			line, _ := os.ReadFile(strings.TrimSuffix(link, "/ns/pid") + "/cmdline")
			if len(line) == 0 { // it has ended, and its parent has yet to ask how
				continue
			}
			name, _, _ := strings.Cut(string(line), "\x00")
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

// descendants are the children of a process, theirs, and so on.
func descendants(pid int) (all []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(append(all, n), descendants(n)...)
			}
		}
	}
	return all
}
