package charmdir

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a charm's files, and where.
type Problem struct {
	// File is where it stands; "" if it belongs to no file.
	File string `json:"file,omitempty"`
	// Line and Column count from 1; 0 is the file as a whole.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Text says what is wrong.
	Text string `json:"text"`
	// Hint says what to do about it. By default, the text says enough.
	Hint string `json:"hint,omitempty"`
	// Warning says that Juju would take the charm nevertheless. By default, it would not.
	Warning bool `json:"warning,omitempty"`
}

// String is the problem in one line: "config.yaml:4:12: option … (set …)".
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.Line)
			if p.Column > 0 {
				fmt.Fprintf(&b, ":%d", p.Column)
			}
		}
		b.WriteString(": ")
	}
	if p.Warning {
		b.WriteString("warning: ")
	}
	b.WriteString(p.Text)
	if p.Hint != "" {
		fmt.Fprintf(&b, " (%s)", p.Hint)
	}
	return b.String()
}

// Problems are all that is wrong with a charm.
type Problems []Problem

// Sorted gives them in the order of files and lines, each once.
func (ps Problems) Sorted() Problems {
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Text, b.Text))
	})
	return slices.Compact(sorted)
}

// Err gives those that are no warnings as one error, a line each; nil if there are none.
func (ps Problems) Err() error {
	var lines []string
	for _, p := range ps {
		if !p.Warning {
			lines = append(lines, p.String())
		}
	}
	switch len(lines) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("cannot make a charm that Juju takes: %s", lines[0])
	}
	return fmt.Errorf("cannot make a charm that Juju takes: %d problems\n%s", len(lines), strings.Join(lines, "\n"))
}
