package main

// What is told: who begins, who goes on, what each said, and how each went.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// teller tells whoever reads a terminal or a log. Where stages run side by side
// nothing that one says comes between the lines of another.
type teller struct {
	t        *terminal.Terminal
	progress *terminal.Progress
	live     bool
	beside   bool   // stages run side by side
	dir      string // of what each says
	start    time.Time

	mu      sync.Mutex
	running []going
	over    int
}

// going is a stage that has begun.
type going struct {
	stage
	since time.Time
}

func newTeller(t *terminal.Terminal, stages, lanes int, dir string) *teller {
	one := *t // stages and what is told of them go to one place, in one order
	one.Err, one.ErrInk = t.Out, t.Ink
	w := &teller{t: &one, progress: one.Progress(), live: terminal.Is(t.Out), beside: lanes > 1, dir: dir, start: time.Now()}
	if w.beside {
		w.note("%d stages, %d at a time: ACCEPTANCE_LANES says how many", stages, lanes)
	}
	return w
}

// watch shows all the time that something goes on. The function given ends that.
func (w *teller) watch(often time.Duration) (end func()) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		if !w.beside {
			return
		}
		if w.live {
			often = time.Second
		}
		tick := time.NewTicker(often)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.goOn()
			case <-stop:
				return
			}
		}
	}()
	return func() { close(stop); <-ended; w.progress.Close() }
}

// goOn tells of all that run: in one line on a terminal, and in a log in a line for
// each, with what it said last.
func (w *teller) goOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, g := range w.running {
		names = append(names, fmt.Sprintf("%s %.0f s", g.name, time.Since(g.since).Seconds()))
		if !w.live {
			w.note("%s goes on after %.0f s: %s", g.name, time.Since(g.since).Seconds(), lastLine(w.said(g.stage)))
		}
	}
	w.progress.Doing("%s (%d over)", strings.Join(names, ", "), w.over)
}

// note tells when something was so.
func (w *teller) note(format string, args ...any) {
	w.progress.Note("--- %s %s", time.Now().Format(time.TimeOnly), strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (w *teller) begin(s stage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	first := ""
	if s.first != "" {
		first = " (the first time: " + s.first + ")"
	}
	if w.running = append(w.running, going{s, time.Now()}); w.beside {
		w.note("%s begins%s; it writes to %s", s.name, first, w.said(s))
	} else {
		w.progress.Note("\n=== %s%s", s.name, first)
	}
}

// end tells all that a stage has said.
func (w *teller) end(r result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over++
	w.running = slices.DeleteFunc(w.running, func(g going) bool { return g.name == r.name })
	if !w.beside {
		return
	}
	text, err := os.ReadFile(w.said(r.stage))
	if err != nil {
		text = []byte(err.Error())
	}
	w.progress.Note("\n=== %s\n%s", r.name, bytes.TrimRight(text, "\n"))
	w.note("%s: %s after %.0f s %s", r.name, r.outcome(), r.took.Seconds(), r.why())
}

// notRun is the exit code of a stage for which a part could not be had: EX_TEMPFAIL
// of sysexits.h. It is no failure, and is said in the last line.
const notRun = 75

func (r result) wasRun() bool {
	var exit *exec.ExitError
	return !errors.As(r.err, &exit) || exit.ExitCode() != notRun
}

// outcome is a stage's in a word.
func (r result) outcome() string {
	switch {
	case r.err == nil:
		return "ok"
	case !r.wasRun():
		return "NOT RUN"
	}
	return "FAILED"
}

// why is what a stage could not say itself.
func (r result) why() string {
	var exit *exec.ExitError
	if r.err == nil || errors.As(r.err, &exit) && exit.Exited() {
		return ""
	}
	return r.err.Error()
}

// said is the file with what a stage says.
func (w *teller) said(s stage) string { return filepath.Join(w.dir, s.name) }

// sink is what a stage writes to.
func (w *teller) sink(s stage) *os.File {
	if !w.beside {
		return os.Stdout
	}
	file, err := os.Create(w.said(s))
	if err != nil {
		w.note("cannot keep what %s says: %v", s.name, err)
		return os.Stdout
	}
	return file
}

// interrupted tells what the stages that ran said last.
func (w *teller) interrupted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.beside {
		for _, g := range w.running {
			fmt.Fprintf(w.t.Out, "%s was at: %s\n", g.name, lastLine(w.said(g.stage)))
		}
	}
	fmt.Fprintln(os.Stderr, "interrupted; everything that was started is gone")
}

// lastLine is the last of a file that is not empty.
func lastLine(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }()
	const enough = 4 << 10
	if end, err := file.Seek(0, io.SeekEnd); err == nil {
		_, _ = file.Seek(max(0, end-enough), io.SeekStart)
	}
	text, _ := io.ReadAll(file)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return last
	}
	return "it has said nothing yet"
}

// complaint is a line of a test, or of the life, that tells what went wrong.
var complaint = regexp.MustCompile(`^\s*(--- FAIL: |✗ |panic: |life: )`)

// complaints are those that a stage said first: each is somewhere in a long text.
func complaints(path string) (lines []string) {
	text, _ := os.ReadFile(path) // what was not kept was shown
	for line := range strings.Lines(string(text)) {
		if complaint.MatchString(line) && len(lines) < 5 {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// table tells how all went, and gives the exit code.
func (w *teller) table(results []result) (code int) {
	fmt.Fprintln(w.t.Out, "\n=== acceptance")
	for _, r := range results {
		fmt.Fprintf(w.t.Out, "%-14s %-8s %6.0f s\n", r.name, r.outcome(), r.took.Seconds())
		steps, _ := os.ReadFile(stepsOf(w.dir, r.stage)) // few have any
		for line := range strings.Lines(string(steps)) {
			cells := strings.SplitN(strings.TrimSpace(line), "\t", 3)
			if len(cells) < 3 {
				continue
			}
			outcome, more, _ := strings.Cut(cells[2], ":")
			took, _ := strconv.ParseFloat(cells[1], 64)
			fmt.Fprintln(w.t.Out, strings.TrimRight(fmt.Sprintf("  %-12s %-8s %6.0f s %s", cells[0], outcome, took, more), " "))
		}
		if r.err != nil && r.wasRun() {
			code = 1
			for _, line := range complaints(w.said(r.stage)) {
				fmt.Fprintln(w.t.Out, " ", line)
			}
		}
	}
	fmt.Fprintf(w.t.Out, "%-14s %-8s %6.0f s\n", "in all", "", time.Since(w.start).Seconds())
	for _, r := range results {
		if !r.wasRun() {
			reason := "see above"
			if w.beside {
				reason = lastLine(w.said(r.stage))
			}
			fmt.Fprintf(w.t.Out, "NOT RUN: %s: %s\n", r.name, reason)
		}
	}
	return code
}
