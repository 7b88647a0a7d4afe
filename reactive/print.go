// Rules in print: one in a sentence, all in a table.

package reactive

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

// String is the rule in words: "create topics: when a & !b, may set b, once".
func (r Rule) String() string {
	parts := []string{"when " + r.when.String()}
	if len(r.sets) > 0 {
		parts = append(parts, "may set "+join(r.sets))
	}
	if len(r.clears) > 0 {
		parts = append(parts, "may clear "+join(r.clears))
	}
	if r.once {
		parts = append(parts, "once")
	}
	return r.name + ": " + strings.Join(parts, ", ")
}

// String is a table of the rules and triggers in written order, a line each: equal lists of rules give equal
// tables, apart from their handlers.
func (rules Rules) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tWHEN\tSETS\tCLEARS")
	for _, entry := range rules {
		switch e := entry.(type) {
		case Rule:
			name := e.name
			if e.once {
				name += " (once)"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", name, e.when, join(e.sets), join(e.clears))
		case Trigger:
			fmt.Fprintf(w, "-\t%s\t%s\t%s\n", e.event(), join(e.sets), join(e.clears))
		}
	}
	w.Flush() // into memory: it cannot fail
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
