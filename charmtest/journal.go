// The journal: every hook that ran, with all it was told and all it did.

package charmtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Hook is one hook or action that ran.
type Hook struct {
	Seq    int
	Unit   string
	Name   string // "kafka-relation-changed", or the action's name
	Action bool
	Retry  bool // it had failed before

	Relation, RemoteApp, RemoteUnit, Departing string

	Env      []string
	Exit     int    // the process's exit code; -1 when it was killed
	Skipped  bool   // the charm has neither dispatch nor such a hook
	Err      string // why the hook counts as failed; empty when it succeeded
	Started  time.Time
	Duration time.Duration
	Stdout   string
	Stderr   string

	Calls      []ToolCall
	Log        []LogLine
	Flushed    *Commit // nil when nothing was committed
	FlushError string
}

// LogLine is one line of juju-log.
type LogLine struct{ Level, Message string }

// OK says whether the hook succeeded.
func (h *Hook) OK() bool { return h.Err == "" }

// String gives one line: unit, outcome, hook, and what it was about.
func (h *Hook) String() string {
	outcome := "ok"
	if !h.OK() {
		outcome = "FAIL"
	}
	parts := []string{fmt.Sprintf("%-8s %-4s", h.Unit, outcome)}
	if h.Action {
		parts = append(parts, "action")
	}
	parts = append(parts, h.Name)
	switch {
	case h.RemoteUnit != "":
		parts = append(parts, h.RemoteUnit)
	case h.RemoteApp != "":
		parts = append(parts, h.RemoteApp)
	}
	if h.Relation != "" {
		parts = append(parts, h.Relation)
	}
	return strings.Join(parts, " ")
}

// Journal is a list of hooks in the order in which they began.
type Journal []Hook

// String gives one line for each hook.
func (j Journal) String() string {
	var b strings.Builder
	for _, h := range j {
		b.WriteString(h.String() + "\n")
	}
	return b.String()
}

// Of are the hooks of one unit.
func (j Journal) Of(unit string) Journal {
	var out Journal
	for _, h := range j {
		if h.Unit == unit {
			out = append(out, h)
		}
	}
	return out
}

// Names are the hooks' names.
func (j Journal) Names() []string {
	var out []string
	for _, h := range j {
		out = append(out, h.Name)
	}
	return out
}

// Detail gives, for each hook, its line, its tool calls, what it logged and what it said on stderr: what a person
// needs who asks why a test failed. It shows the arguments of tools, so secrets of the test are in it.
func (j Journal) Detail() string {
	var b strings.Builder
	for _, h := range j {
		fmt.Fprintf(&b, "%s (%s)\n", h.String(), h.Duration.Round(100*time.Microsecond))
		for _, c := range h.Calls {
			fmt.Fprintf(&b, "    $ %s %s", c.Tool, strings.Join(c.Args, " "))
			if c.Code != 0 || c.Verdict != Proceed {
				fmt.Fprintf(&b, " -> %d %s (%s)", c.Code, strings.TrimSpace(c.Stderr), c.Verdict)
			}
			b.WriteString("\n")
		}
		for _, l := range h.Log {
			fmt.Fprintf(&b, "    %s %s\n", l.Level, l.Message)
		}
		if h.Err != "" {
			fmt.Fprintf(&b, "    failed: %s\n", h.Err)
		}
		if text := strings.TrimSpace(h.Stderr); text != "" {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(text, "\n", "\n    "))
		}
	}
	return b.String()
}

// Journal gives every hook so far.
func (m *Model) Journal() Journal { return m.JournalSince(0) }

// JournalSince gives the hooks after the first n, so that a test can look at one part of its story:
// n := len(m.Journal()) before it.
func (m *Model) JournalSince(n int) Journal {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out Journal
	for _, h := range m.journal[min(n, len(m.journal)):] {
		c := *h
		c.Env, c.Calls, c.Log = slices.Clone(h.Env), slices.Clone(h.Calls), slices.Clone(h.Log)
		if h.Flushed != nil {
			f := *h.Flushed
			f.State = maps.Clone(f.State)
			c.Flushed = &f
		}
		out = append(out, c)
	}
	return out
}
