package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// played is set for a process that is the program, with stages of a test's.
const played = "STAGES_OF_A_TEST"

func TestMain(m *testing.M) {
	if text := os.Getenv(played); text != "" {
		var stages []stage
		for line := range strings.Lines(text) {
			name, command, _ := strings.Cut(strings.TrimSpace(line), ": ")
			stages = append(stages, stage{name: name, command: command})
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		os.Exit(play(ctx, terminal.New(os.Stdin, os.Stdout, os.Stderr, os.Getenv), stages, len(stages), 100*time.Millisecond))
	}
	os.Exit(m.Run())
}

// One stage fails, and the others run; what two say side by side is told apart.
func TestAFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	meet := func(mine, other string) string { // both say their first line before one says its second
		return fmt.Sprintf("echo %[3]s one; touch %[1]s/%[3]s; until [ -e %[1]s/%[2]s ]; do sleep 0.01; done; echo %[3]s two", dir, other, mine)
	}
	stages := []stage{
		{name: "left", first: "an hour", command: meet("left", "right") + "; printf 'deploy\\t1.5\\tok\\nkill\\t2.0\\twrong: lines\\n' >\"$STEPS_TABLE\"; echo '   ✗ lines  7'; exit 3"},
		{name: "right", command: meet("right", "left")},
		{name: "last", command: "echo last", after: "left"},
	}
	var out bytes.Buffer
	told := &terminal.Terminal{Out: &out}
	if code := play(t.Context(), told, stages, 2, time.Hour); code != 1 {
		t.Errorf("it ends with %d, not 1", code)
	}
	text := out.String()
	for _, want := range []string{
		`left begins \(the first time: an hour\)`,
		`\n=== left\nleft one\nleft two\n   ✗ lines  7\n`, `\n=== right\nright one\nright two\n`, `left: FAILED after \d+ s\n`,
		`\n=== acceptance\nleft +FAILED +\d+ s\n  deploy +ok +2 s\n  kill +wrong +2 s  lines\n  ✗ lines  7\n` +
			`right +ok +\d+ s\nlast +ok +\d+ s\nin all +\d+ s\n$`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("it does not say %s:\n%s", want, text)
		}
	}
}

// While stages run, one sees where they are.
func TestItGoesOn(t *testing.T) {
	t.Parallel()
	p := start(t, "one: echo deep in it; sleep 1000", "two: sleep 1000")
	p.await("one goes on after", "deep in it")
	p.await("two goes on after", "nothing yet")
}

// Stages begin in their order, in as many lanes as there are, and not before what
// they come after is over.
func TestLanes(t *testing.T) {
	t.Parallel()
	stages := []stage{{name: "build"}, {name: "long"}, {name: "built", after: "build"}, {name: "short"}, {name: "alone", after: "not of this run"}}
	for lanes, want := range map[int]string{ // who begins, each time when the first of those that run has ended
		1: "build|long|built|short|alone",
		2: "build long|built|short|alone",
		3: "build long|built short|alone",
		9: "build long|alone built short",
	} {
		t.Run(fmt.Sprint(lanes), func(t *testing.T) {
			t.Parallel()
			begun, end, over := make(chan string), map[string]chan bool{}, make(chan []result)
			for _, s := range stages {
				end[s.name] = make(chan bool)
			}
			go func() {
				over <- inLanes(stages, lanes, func(s stage) result {
					begun <- s.name
					<-end[s.name]
					return result{stage: s}
				})
			}()
			var running []string
			for group := range strings.SplitSeq(want, "|") {
				var together []string
				for range strings.Fields(group) {
					select {
					case name := <-begun:
						together = append(together, name)
					case <-time.After(20 * time.Second):
						t.Fatalf("of %s only %q have begun", group, together)
					}
				}
				slices.Sort(together)
				if got := strings.Join(together, " "); got != group {
					t.Fatalf("%s begin, not %s", got, group)
				}
				running = append(running, together...)
				slices.SortFunc(running, func(a, b string) int {
					return place(stages, result{stage: stage{name: a}}) - place(stages, result{stage: stage{name: b}})
				})
				close(end[running[0]])
				running = running[1:]
			}
			for _, name := range running {
				close(end[name])
			}
			for i, r := range <-over {
				if r.name != stages[i].name {
					t.Errorf("result %d is of %s", i, r.name)
				}
			}
		})
	}
}

// How many lanes there are is said, or follows from the machine.
func TestLanesFrom(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"1": 1, "3": 3, "100": 12} {
		if n, err := lanesFrom(text, 12); n != want || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"0", "-1", "all"} {
		if _, err := lanesFrom(text, 12); err == nil || !strings.Contains(err.Error(), "ACCEPTANCE_LANES") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if n, err := lanesFrom("", 12); n < 1 || err != nil {
		t.Errorf("by itself: %d, %v", n, err)
	}
}

// However it is ended, nothing of a stage runs on.
func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		signal syscall.Signal
		code   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 130}, {syscall.SIGHUP, 130}, {syscall.SIGKILL, -1}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			t.Parallel()
			const deaf = "trap '' INT TERM HUP; (setsid sleep 1000 & sleep 1000 & wait) & echo ready; sleep 1000; wait"
			p := start(t, "deaf: "+deaf, "two: sleep 1000 & echo ready; wait")
			p.await("deaf goes on after", "ready")
			p.await("two goes on after", "ready")
			if ran := p.running(); len(ran) < 6 {
				t.Errorf("only these ran: %q", ran)
			}
			if err := p.cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			rest := p.rest()
			if code := p.cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("it ends with %d, not %d", code, test.code)
			}
			if test.code == 130 && !strings.Contains(rest, "interrupted; everything that was started is gone") {
				t.Errorf("it says:\n%s", rest)
			}
			for deadline := time.Now().Add(10 * time.Second); len(p.running()) > 0; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) || test.code == 130 {
					t.Fatalf("it left %q", p.running())
				}
			}
		})
	}
}

// program is one that runs.
type program struct {
	t    *testing.T
	cmd  *exec.Cmd
	out  *bufio.Scanner
	mark string // in the environment of all that it starts
}

func start(t *testing.T, stages ...string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, cmd: exec.Command("/proc/self/exe"), mark: "TMPDIR=" + dir}
	p.cmd.Env = append(os.Environ(), p.mark, played+"="+strings.Join(stages, "\n"))
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); p.rest() })
	return p
}

// await reads up to a line that has all of the words.
func (p *program) await(words ...string) {
	p.t.Helper()
	for p.out.Scan() {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(p.out.Text(), word) }) {
			return
		}
	}
	p.t.Fatalf("it has not said %q", words)
}

// rest is what else it says until it ends.
func (p *program) rest() string {
	var said strings.Builder
	for p.out.Scan() {
		fmt.Fprintln(&said, p.out.Text())
	}
	_ = p.cmd.Wait()
	return said.String()
}

// running are the processes that it and its stages have started.
func (p *program) running() (names []string) {
	environments, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range environments {
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(append(text, 0), []byte(p.mark+"\x00")) {
			continue // it has ended, or is none of ours
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		names = append(names, string(bytes.ReplaceAll(line, []byte{0}, []byte(" "))))
	}
	return names
}
