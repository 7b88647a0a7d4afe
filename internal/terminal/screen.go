package terminal

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// A Screen shows a text that changes, in place of what the terminal showed
// before. Close brings that back.
type Screen struct {
	out    *os.File
	opened bool
}

// Screen gives the screen of Out, and nil where that is no terminal.
func (t *Terminal) Screen() *Screen {
	if file, isFile := t.Out.(*os.File); isFile && Is(file) {
		return &Screen{out: file}
	}
	return nil
}

// Show replaces what is shown. Lines that do not fit below are left out, and
// their number is said.
func (s *Screen) Show(text string) {
	if !s.opened {
		fmt.Fprint(s.out, "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J") // another screen, no cursor, lines end at the edge
		s.opened = true
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if _, height, err := term.GetSize(int(s.out.Fd())); err == nil && height > 2 && len(lines) >= height {
		more := len(lines) - (height - 2)
		lines = append(lines[:height-2], fmt.Sprintf("… %d more lines", more))
	}
	fmt.Fprint(s.out, "\x1b[H"+strings.Join(lines, "\x1b[K\n")+"\x1b[K\x1b[J")
}

// Close brings back what was shown before.
func (s *Screen) Close() {
	if s.opened {
		fmt.Fprint(s.out, "\x1b[?7h\x1b[?25h\x1b[?1049l")
		s.opened = false
	}
}
