package main

// What is told while the life is played, and the table in the end.

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// teller writes for a person.
type teller struct {
	out  io.Writer
	rows []row
}

type row struct {
	name, title, result string
	took                time.Duration
}

func newTeller(out io.Writer) *teller { return &teller{out: out} }

func (t *teller) line(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

func (t *teller) title(number, of int, one step) {
	t.line("\n━━ %d of %d  %s: %s", number, of, one.name, one.title)
}

func (t *teller) command(text string) { t.line("   $ %s", text) }

// hooks tells what ran on each unit: by name, in the order in which each first ran.
func (t *teller) hooks(m model) {
	for _, unit := range slices.Sorted(maps.Keys(m.Hooks)) {
		var names []string
		times := map[string]int{}
		for _, line := range m.Hooks[unit] {
			result, name, _ := strings.Cut(line, " ")
			name, _, _ = strings.Cut(name, " ")
			if result == "FAIL" {
				name += " FAILED"
			}
			if times[name]++; times[name] == 1 {
				names = append(names, name)
			}
		}
		for i, name := range names {
			if times[name] > 1 {
				names[i] = fmt.Sprintf("%s ×%d", name, times[name])
			}
		}
		t.line("   %-11s %s", unit, strings.Join(names, ", "))
	}
}

// done tells a step's end, and gives an error when it was not as it should be.
func (t *teller) done(one step, notes []string, checks []check, err error, took time.Duration) error {
	var wrong []string
	for _, c := range checks {
		if c.ok() {
			t.line("   ✓ %-10s %s", c.about, c.got)
			continue
		}
		wrong = append(wrong, c.about)
		t.line("   ✗ %-10s %s\n     %-10s %s", c.about, c.got, "instead of", c.want)
	}
	for _, note := range notes {
		t.line("   · %s", note)
	}
	result := "ok"
	switch {
	case err != nil:
		result = "failed: " + firstLine(err.Error())
		err = fmt.Errorf("cannot play %s: %w", one.name, err)
	case wrong != nil:
		result = "wrong: " + strings.Join(wrong, ", ")
		err = fmt.Errorf("after %s the world is not as it should be: %s", one.name, strings.Join(wrong, ", "))
	}
	t.line("   %.1f s", took.Seconds())
	t.rows = append(t.rows, row{one.name, one.title, result, took})
	return err
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (t *teller) table(release string, took time.Duration) {
	t.line("")
	for _, r := range t.rows {
		t.line("%-11s %-66s %6.1f s  %s", r.name, r.title, r.took.Seconds(), r.result)
	}
	t.line("%-11s %-66s %6.1f s", "", "the life, Kafka and Connect "+release, took.Seconds())
}

// hand adds the table to a file, for whoever puts several together.
func (t *teller) hand(file string) error {
	if file == "" {
		return nil
	}
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("cannot hand the table on: %w", err)
	}
	for _, r := range t.rows {
		fmt.Fprintf(out, "%s\t%.1f\t%s\n", r.name, r.took.Seconds(), r.result)
	}
	return out.Close()
}

// describe is for a model that is not as it should be.
func describe(m model) string {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m.Units)) {
		u := m.Units[name]
		fmt.Fprintf(&out, "%s %s: %s (agent: %s %s), ran %s\n", name, u.Workload, u.Message, u.Agent, u.AgentMessage, strings.Join(m.Hooks[name], ", "))
	}
	return out.String()
}
