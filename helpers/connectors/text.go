package connectors

// A plan for a person at a terminal.

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// TextOptions say how a text is written.
type TextOptions struct {
	// Colour paints it for a terminal. By default, it is plain.
	Colour bool
	// All also names what is unchanged and what is left alone. By default,
	// these are only counted, except those that are not well or that no file
	// wants any more.
	All bool
	// Width is how many characters the lines of a table may have; what is
	// wrong is cut to fit. By default, nothing is cut.
	Width int
}

// Text writes the plan: a line for each connector that is not unchanged, one
// for each of its keys, and a summary. No secret is in it.
func (p *Plan) Text(out io.Writer, o TextOptions) error {
	var b bytes.Buffer
	ink := terminal.Ink(o.Colour)
	for _, s := range p.Steps {
		if s.Action.changes() || s.Action == Conflict {
			s.text(&b, ink)
		}
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	before := b.Len()
	for _, s := range p.Steps {
		orphan := s.Action == LeftAlone && p.policy.Owner != "" && s.live[OwnerKey] == p.policy.Owner
		switch {
		case s.Action.changes() || s.Action == Conflict:
		case s.Action == Unchanged && s.Health != "":
			fmt.Fprintf(&b, "  %s: unchanged, and not well: %s\n", ink.Bold(terminal.Clean(s.Name)), ink.Yellow(terminal.Clean(s.Health)))
		case orphan || o.All && s.Reason != "":
			fmt.Fprintf(&b, "  %s: %s, %s\n", terminal.Clean(s.Name), ink.Faint(string(s.Action)), ink.Faint(terminal.Clean(s.Reason)))
		case o.All:
			fmt.Fprintf(&b, "  %s: %s\n", terminal.Clean(s.Name), ink.Faint(string(s.Action)))
		}
	}
	if b.Len() > before {
		b.WriteByte('\n')
	}
	b.WriteString(ink.Bold(p.Summary()) + "\n")
	if p.Refused != "" {
		b.WriteString(ink.Red("Refused: "+terminal.Clean(p.Refused)+".") + "\n")
	}
	_, err := out.Write(b.Bytes())
	return err
}

// text writes one connector.
func (s Step) text(b *bytes.Buffer, ink terminal.Ink) {
	paint := s.paint(ink)
	fmt.Fprintf(b, "%s %s  %s", paint(s.mark()), ink.Bold(terminal.Clean(s.Name)), paint(s.what()))
	if s.Source.File != "" {
		b.WriteString("  " + ink.Faint(terminal.Clean(s.Source.String())))
	}
	b.WriteByte('\n')
	if s.Reason != "" {
		fmt.Fprintf(b, "    %s\n", paint(terminal.Clean(s.Reason)))
	}
	changes := shownChanges(s)
	width := 0
	for _, c := range changes {
		width = max(width, terminal.Length(c.key))
	}
	for _, c := range changes {
		fill := strings.Repeat(" ", width-terminal.Length(c.key))
		fmt.Fprintf(b, "    %s %s%s  %s\n", markInk(ink, c.mark), terminal.Clean(c.key), fill, c.value())
	}
	if s.Health != "" {
		fmt.Fprintf(b, "    %s\n", ink.Yellow("now: "+terminal.Clean(s.Health)))
	}
}

func (s Step) paint(ink terminal.Ink) func(string) string {
	switch s.Action {
	case Create, Resume:
		return ink.Green
	case Delete, Conflict:
		return ink.Red
	}
	return ink.Yellow
}

func markInk(ink terminal.Ink, mark string) string {
	switch mark {
	case "+":
		return ink.Green(mark)
	case "-":
		return ink.Red(mark)
	}
	return ink.Yellow(mark)
}
