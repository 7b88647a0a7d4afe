package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/connectcharm/kafka-connect-base/hooks"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two three", 20, []string{"one two three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"an unbreakablelongword here", 8, []string{"an", "unbreakablelongword", "here"}},
		{stick("say not ready") + ", " + stick("stand by"), 15, []string{"say not ready,", "stand by"}},
		{"ärger über öl", 10, []string{"ärger über", "öl"}},
	} {
		if diff := cmp.Diff(test.want, wrap(test.text, test.width)); diff != "" {
			t.Errorf("wrap(%q, %d) (-want +got):\n%s", test.text, test.width, diff)
		}
	}
}

func TestRowFits(t *testing.T) {
	t.Parallel()
	for _, left := range []string{"short", strings.Repeat("long ", 40)} {
		var out bytes.Buffer
		s := newScreen(&out)
		s.row(2, left, plain, "12 ms")
		if n := len([]rune(strings.TrimSuffix(out.String(), "\n"))); n != s.width {
			t.Errorf("the row has %d characters, want %d: %q", n, s.width, out.String())
		}
	}
}

// terminal gives the two ends of a pseudo-terminal so many columns wide.
func terminal(t *testing.T, columns uint16) (us, them *os.File) {
	t.Helper()
	us, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { us.Close() })
	number, err := unix.IoctlGetInt(int(us.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(us.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	them, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { them.Close() })
	if err := unix.IoctlSetWinsize(int(them.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		t.Fatal(err)
	}
	return us, them
}

// Colours are for terminals, and for those who want them.
func TestTerminal(t *testing.T) { // not parallel: it sets NO_COLOR
	for _, test := range []struct {
		noColour, term string
		columns        uint16
		width          int
		colours        bool
	}{
		{"", "xterm", 80, 80, true},
		{"", "xterm", 300, mostWide, true},
		{"", "xterm", 20, leastWide, true},
		{"1", "xterm", 80, 80, false},
		{"", "dumb", 80, 80, false},
	} {
		t.Setenv("NO_COLOR", test.noColour)
		t.Setenv("TERM", test.term)
		_, them := terminal(t, test.columns)
		s := newScreen(them)
		if !s.terminal || s.width != test.width || s.colours != test.colours {
			t.Errorf("NO_COLOR=%q TERM=%s, %d columns: %+v", test.noColour, test.term, test.columns, s)
		}
		if got := s.paint(red, "x"); (got == "\x1b[31mx\x1b[0m") != test.colours {
			t.Errorf("NO_COLOR=%q TERM=%s: red x is %q", test.noColour, test.term, got)
		}
	}
}

func TestSpinner(t *testing.T) {
	t.Parallel()
	us, them := terminal(t, 80)
	done := newProgress(them).begin("thinking")
	seen := make([]byte, 256)
	n, err := us.Read(seen) // until the first turn
	done()
	if text := string(seen[:n]); err != nil || !strings.Contains(text, "thinking, 0 s") || !strings.HasPrefix(text, clearLine) {
		t.Errorf("it showed %q, %v", text, err)
	}
}

func TestBookkeeping(t *testing.T) {
	t.Parallel()
	look := hooks.Effect{Effect: "kube: get statefulset/streams/x"}
	for name, test := range map[string]struct {
		run  hookRun
		want bool
	}{
		"nothing":        {hookRun{}, true},
		"looks":          {hookRun{Record: hooks.Record{Effects: []hooks.Effect{look}}}, true},
		"rules only":     {hookRun{Record: hooks.Record{Rules: []hooks.Ran{{Rule: "check the options"}}}}, true},
		"status changes": {hookRun{Was: "waiting", Now: "active"}, false},
		"fails":          {hookRun{Failed: "exit status 1"}, false},
		"action":         {hookRun{Action: true}, false},
		"flag cleared":   {hookRun{Record: hooks.Record{Rules: []hooks.Ran{{Changed: hooks.Changed{Cleared: []string{"a"}}}}}}, false},
		"trigger":        {hookRun{Record: hooks.Record{Before: &hooks.Changed{Set: []string{"a"}}}}, false},
		"creates":        {hookRun{Record: hooks.Record{Effects: []hooks.Effect{{Effect: "kafka: create topic a"}}}}, false},
		"applies":        {hookRun{Record: hooks.Record{Effects: []hooks.Effect{{Effect: "kube: apply secret/a/b"}}}}, false},
		"registers":      {hookRun{Record: hooks.Record{Effects: []hooks.Effect{{Effect: "connect: PUT /connectors/a/config"}}}}, false},
	} {
		test.run.Record.Version = 1
		if got := bookkeeping(test.run); got != test.want {
			t.Errorf("%s: bookkeeping is %t", name, got)
		}
	}
	if bookkeeping(hookRun{}) {
		t.Error("a hook that left no record is told as if nothing had happened")
	}
}

func TestWritten(t *testing.T) {
	t.Parallel()
	effects := []hooks.Effect{
		{Effect: "kafka: describe topics"}, {Effect: "kafka: create topic b"}, {Effect: "kafka: create topic a"},
		{Effect: "kube: get secret/n/x"}, {Effect: "kube: apply secret/n/x", Error: "no"}, {Effect: "kube: create namespace/n"},
		{Effect: "kube: apply secret/n/x"}, {Effect: "kube: apply service/n/x"},
		{Effect: "connect: PUT /b"}, {Effect: "connect: GET /b"}, {Effect: "connect: PUT /a"},
	}
	for system, want := range map[string]string{
		"kafka":   "create topic b, a",
		"kube":    "apply (refused) secret/n/x; create namespace/n; apply secret/n/x, service/n/x",
		"connect": "PUT /a, /b",
		"juju":    "",
	} {
		if got := strings.ReplaceAll(written(effects, system), "\u00a0", " "); got != want {
			t.Errorf("%s: %q, want %q", system, got, want)
		}
	}
}
