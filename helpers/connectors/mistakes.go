package connectors

import (
	"fmt"
	"strings"
)

// A Mistake is something that is wrong with a folder, and where.
type Mistake struct {
	// File is relative to the folder, with slashes.
	File string
	// Line and Column, from 1, are in File; 0 where they are not known. What
	// a Jsonnet file evaluates to has no line.
	Line, Column int
	// Connector is the connector's key or index in a file that gives several.
	Connector string
	// Key is the key of its configuration.
	Key string
	// Message says what is wrong and what to do about it.
	Message string
}

// String gives `file:line:column: connector "x": key "y": message`.
func (m Mistake) String() string {
	var b strings.Builder
	b.WriteString(m.File)
	if m.Line > 0 {
		fmt.Fprintf(&b, ":%d", m.Line)
		if m.Column > 0 {
			fmt.Fprintf(&b, ":%d", m.Column)
		}
	}
	b.WriteString(": ")
	if m.Connector != "" {
		fmt.Fprintf(&b, "connector %q: ", m.Connector)
	}
	if m.Key != "" {
		fmt.Fprintf(&b, "key %q ", m.Key)
	}
	b.WriteString(m.Message)
	return b.String()
}

// Mistakes are all that is wrong with a folder, or with what is asked of it.
type Mistakes struct {
	// What could not be done: "read connectors.yaml".
	What string
	// Each is one of them; there is at least one.
	Each []Mistake
}

// Error gives a line for each mistake, and their number where there are
// several.
func (m *Mistakes) Error() string {
	if len(m.Each) == 1 {
		return fmt.Sprintf("cannot %s: %s", m.What, m.Each[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s: %d mistakes", m.What, len(m.Each))
	for _, mistake := range m.Each {
		b.WriteString("\n  ")
		b.WriteString(strings.ReplaceAll(mistake.String(), "\n", "\n  "))
	}
	return b.String()
}

// orNil gives the mistakes as an error, and nil when there are none.
func orNil(what string, each []Mistake) error {
	if len(each) == 0 {
		return nil
	}
	return &Mistakes{What: what, Each: each}
}
