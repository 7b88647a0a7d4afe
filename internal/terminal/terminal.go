// Package terminal is where a command meets whoever runs it: a person at a
// terminal, a log, or another program. It knows which of them it is, whether
// colours are wanted, how to ask, how to show that work goes on, and how a
// table is laid out.
package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A Terminal is the three streams of a command. Results go to Out; questions,
// progress, warnings and errors go to Err, so that Out can be piped.
type Terminal struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// Ink and ErrInk paint what is written to Out and to Err.
	Ink, ErrInk Ink
	// Quiet leaves progress out. By default, it is shown.
	Quiet bool
}

// New gives the terminal of these streams. Colours are decided by [Coloured].
func New(in io.Reader, out, err io.Writer, getenv func(string) string) *Terminal {
	return &Terminal{
		In: in, Out: out, Err: err,
		Ink:    Ink(Coloured(getenv, Is(out))),
		ErrInk: Ink(Coloured(getenv, Is(err))),
	}
}

// Plain switches colours off, as a flag may ask.
func (t *Terminal) Plain() { t.Ink, t.ErrInk = false, false }

// Is says whether a stream is a terminal.
func Is(stream any) bool {
	file, isFile := stream.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

// The widths of what is no terminal, and of a terminal that does not say.
const usualWidth = 100

// Width is how many characters fit into a line of a stream.
func Width(stream any) int {
	file, isFile := stream.(*os.File)
	if !isFile {
		return usualWidth
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil || width <= 0 {
		return usualWidth
	}
	return width
}

// Coloured decides about colours by what the environment says and whether the
// stream is a terminal: NO_COLOR (https://no-color.org) wins, then
// CLICOLOR_FORCE (https://bixense.com/clicolors), then a TERM that has none.
func Coloured(getenv func(string) string, terminal bool) bool {
	switch force := getenv("CLICOLOR_FORCE"); {
	case getenv("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	case getenv("CLICOLOR") == "0" || getenv("TERM") == "dumb":
		return false
	}
	return terminal
}
