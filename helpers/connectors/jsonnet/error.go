package jsonnet

import (
	"fmt"
	"strings"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"
)

// An Error says why one file gives no result.
type Error struct {
	// File is the file that was to be evaluated.
	File string
	// Line and Column, both from 1, are the place in File; 0 where there is
	// none.
	Line, Column int
	// Message is Jsonnet's, or says which limit the file met.
	Message string
	// Stack is the way to the place where it went wrong, innermost first,
	// without Jsonnet's own library, and no longer than a reader can use. It
	// is empty where File, Line and Column already say all.
	Stack []Frame
	// Variable is the external variable that is not defined, if that is what
	// is wrong.
	Variable string
	// Died says that the file ended its evaluator: it met a limit.
	Died bool
	// Skipped says that the file was not looked at, because too many others
	// had ended theirs.
	Skipped bool
}

// A Frame is one place on the way to an error.
type Frame struct {
	File         string
	Line, Column int
	// In is what is defined there: "function <topic>", "object <anonymous>".
	In string
}

// String gives "file:line:column (in)".
func (f Frame) String() string {
	place := fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
	if f.In == "" {
		return place
	}
	return place + " (" + f.In + ")"
}

// Error gives "file:line:column: message" and a line for each frame.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	b.WriteString(e.Message)
	for _, frame := range e.Stack {
		b.WriteString("\n\tat ")
		b.WriteString(frame.String())
	}
	return b.String()
}

const (
	maxFrames  = 6
	maxMessage = 2000 // bytes; a file can make its own messages
)

// explain makes an Error of what the library said about a file.
func explain(file string, err error) *Error {
	e := &Error{File: file}
	switch err := err.(type) {
	case *Error:
		return err
	case jsonnet.RuntimeError:
		e.Message = shorten(err.Msg)
		e.place(err.StackTrace)
		e.Variable, _ = strings.CutPrefix(err.Msg, "Undefined external variable: ")
		if e.Variable == err.Msg {
			e.Variable = ""
		}
	case interface{ Loc() ast.LocationRange }: // a static error
		loc := err.Loc()
		e.Line, e.Column = loc.Begin.Line, loc.Begin.Column
		e.Message = shorten(strings.TrimSpace(strings.TrimPrefix(err.(error).Error(), loc.String())))
	default:
		first, _, _ := strings.Cut(err.Error(), "\n")
		e.Message = shorten(first)
	}
	return e
}

// place takes from a trace what lies in the folder's own files.
func (e *Error) place(trace []jsonnet.TraceFrame) {
	var frames []Frame
	for i := len(trace) - 1; i >= 0; i-- { // the innermost is the last
		loc := trace[i].Loc
		if loc.FileName == "" || !loc.IsSet() {
			continue
		}
		frame := Frame{File: loc.FileName, Line: loc.Begin.Line, Column: loc.Begin.Column, In: trace[i].Name}
		if n := len(frames); n == 0 || frames[n-1] != frame {
			frames = append(frames, frame)
		}
		if e.Line == 0 && loc.FileName == e.File {
			e.Line, e.Column = frame.Line, frame.Column
		}
	}
	if len(frames) > 0 && frames[0].File != e.File {
		e.Stack = frames[:min(len(frames), maxFrames)]
	}
}

func shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}
