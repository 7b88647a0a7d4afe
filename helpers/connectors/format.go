package connectors

// What all texts of a plan have in common: values that may be shown, marks, and the sentence at the end.

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// hiddenValue stands for a secret.
const hiddenValue = "(secret)"

// longestValue is how many characters of a value are shown.
const longestValue = 300

// A keyChange is a change that may be shown.
type keyChange struct {
	key      string
	old, new *string // nil where the key is missing, and where the value is secret
	secret   bool
	mark     string // "+", "~" or "-"
}

// shownChanges are a step's changes without secrets: neither values under keys
// that look secret, nor those that hold such a value, a password in an address,
// or what a secret variable says. References to secrets kept elsewhere are
// shown.
func shownChanges(s Step) []keyChange {
	const before, after = "before.", "after." // one look at both, as either may tell a secret of the other
	all := make(map[string]string, 2*len(s.Changes))
	for _, c := range s.Changes {
		if c.Old != nil {
			all[before+c.Key] = *c.Old
		}
		if c.New != nil {
			all[after+c.Key] = *c.New
		}
	}
	safe := connect.Hide(all)
	for key, value := range all {
		if value != "" && value != "true" && value != "false" && holdsSecret(value, s.hide) {
			safe[key] = hiddenValue
		}
	}
	changes := make([]keyChange, 0, len(s.Changes))
	for _, c := range s.Changes {
		one := keyChange{key: c.Key, old: c.Old, new: c.New, mark: "~"}
		one.secret = c.Old != nil && safe[before+c.Key] != *c.Old || c.New != nil && safe[after+c.Key] != *c.New
		switch {
		case c.Old == nil:
			one.mark = "+"
		case c.New == nil:
			one.mark = "-"
		}
		if one.secret {
			one.old, one.new = nil, nil
		}
		changes = append(changes, one)
	}
	return changes
}

// value gives a change as text: `"a"`, `"a" → "b"`, `(secret)`.
func (c keyChange) value() string {
	switch {
	case c.secret:
		return hiddenValue
	case c.old == nil:
		return quoted(*c.new)
	case c.new == nil:
		return quoted(*c.old)
	}
	return quoted(*c.old) + " → " + quoted(*c.new)
}

// quoted shows a value on one line. What Go would escape although it can be
// read stays.
func quoted(value string) string {
	text := terminal.Cut(value, longestValue)
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 || r == '"' }) {
		return strconv.Quote(text)
	}
	return `"` + terminal.Clean(text) + `"`
}

// mark is the sign in front of a step.
func (s Step) mark() string {
	switch s.Action {
	case Create:
		return "+"
	case Update, Adopt:
		return "~"
	case Delete:
		return "-"
	case Pause:
		return "‖"
	case Stop:
		return "■"
	case Resume:
		return "▶"
	case Conflict:
		return "!"
	}
	return " "
}

// what says what a step does, for people: "update and pause".
func (s Step) what() string {
	switch {
	case s.Action == Create && s.To != Running:
		return "create " + string(s.To)
	case s.move != "" && s.Action != s.move:
		return string(s.Action) + " and " + string(s.move)
	}
	return string(s.Action)
}

// Summary is the sentence at the end of a plan.
func (p *Plan) Summary() string {
	var parts []string
	for _, of := range []struct {
		action Action
		text   string
	}{
		{Create, "to create"}, {Update, "to update"}, {Delete, "to delete"}, {Pause, "to pause"}, {Resume, "to resume"},
		{Stop, "to stop"}, {Adopt, "to adopt"},
	} {
		if n := p.Count(of.action); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, of.text))
		}
	}
	conflicts := p.Count(Conflict)
	if conflicts > 0 {
		parts = append(parts, plural(conflicts, "conflict"))
	}
	rest := fmt.Sprintf("%d unchanged", p.Count(Unchanged))
	if n := p.Count(LeftAlone); n > 0 {
		rest += fmt.Sprintf(", %d left alone", n)
	}
	if parts == nil {
		return "No changes: " + rest + "."
	}
	return "Plan: " + strings.Join(parts, ", ") + "; " + rest + "."
}
