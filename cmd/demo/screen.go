package main

// Where the timeline is written: how wide it is, whether it has colours, and
// lines that fit.

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// The widths a timeline has: what a pipe gets, and the least and most that reads well.
const (
	pipeWidth = 100
	leastWide = 60
	mostWide  = 120
)

// screen writes lines.
type screen struct {
	out      io.Writer
	width    int
	terminal bool
	colours  bool
}

func newScreen(out io.Writer) *screen {
	width, terminal := terminalWidth(out)
	return &screen{out: out, width: width, terminal: terminal, colours: terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// terminalWidth says how wide a terminal is; what is none has the width of a pipe.
func terminalWidth(out io.Writer) (width int, terminal bool) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return pipeWidth, false
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width == 0 {
		return pipeWidth, true
	}
	return min(max(width, leastWide), mostWide), true
}

// colour is a way to write; on what has no colours it is none.
type colour string

const (
	plain  colour = ""
	bold   colour = "1"
	dim    colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	cyan   colour = "36"
)

func (s *screen) paint(c colour, text string) string {
	if !s.colours || c == plain || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

func (s *screen) line(text string) { fmt.Fprintln(s.out, strings.TrimRight(text, " ")) }

// row writes text with something at the right edge, cut so that both fit.
func (s *screen) row(indent int, left string, c colour, right string) {
	room := s.width - indent - utf8.RuneCountInString(right) - 2
	left = cut(left, room)
	gap := strings.Repeat(" ", s.width-indent-utf8.RuneCountInString(left)-utf8.RuneCountInString(right))
	s.line(strings.Repeat(" ", indent) + s.paint(c, left) + gap + s.paint(dim, right))
}

// cut shortens text to so many characters.
func cut(text string, room int) string {
	if utf8.RuneCountInString(text) <= room {
		return text
	}
	return string([]rune(text)[:max(room-1, 0)]) + "…"
}

// block writes a label and text beside it, in as many lines as it needs.
func (s *screen) block(indent int, label string, c colour, text string) {
	const labelWidth = 14
	lead := strings.Repeat(" ", indent) + label + strings.Repeat(" ", max(labelWidth-utf8.RuneCountInString(label), 1))
	for i, part := range wrap(text, s.width-utf8.RuneCountInString(lead)) {
		if i == 0 {
			s.line(s.paint(labelColour(label), lead) + s.paint(c, part))
		} else {
			s.line(strings.Repeat(" ", utf8.RuneCountInString(lead)) + s.paint(c, part))
		}
	}
}

// labelColour lets ticks and crosses be seen.
func labelColour(label string) colour {
	switch {
	case strings.HasPrefix(label, "✓"):
		return green
	case strings.HasPrefix(label, "✗"):
		return red
	}
	return dim
}

// stick keeps the words of a name on one line.
func stick(name string) string { return strings.ReplaceAll(name, " ", "\u00a0") }

// wrap breaks text between words into lines of at most so many characters; a
// longer word has a line of its own.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Split(text, " ") {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	lines = append(lines, line)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], "\u00a0", " ")
	}
	return lines
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// short writes a duration for reading.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", milliseconds(d))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", milliseconds(d))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
