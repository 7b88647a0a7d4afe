// Conditions: terms joined into what a rule waits for.

package flags

import (
	"slices"
	"strings"
)

// Op is how the terms of a [Group] are joined.
type Op uint8

// The four ways to join terms.
const (
	OpAll    Op = iota + 1 // every term holds
	OpAny                  // at least one holds; none given: true
	OpNot                  // none holds
	OpNotAll               // at least one does not hold; none given: true
)

// Group is one call of [All], [Any], [Not] or [NotAll].
type Group struct {
	Op    Op
	Terms []Term
}

// Condition is groups of terms, all of which must be true. It does not alter once made. The zero
// Condition is always true.
type Condition struct{ groups []Group }

// All is true when every term holds. Without terms it is true.
func All(terms ...Term) Condition { return group(OpAll, terms) }

// Any is true when at least one term holds. Without terms it is true.
func Any(terms ...Term) Condition { return group(OpAny, terms) }

// Not is true when none of the terms holds. Without terms it is true.
func Not(terms ...Term) Condition { return group(OpNot, terms) }

// NotAll is true when at least one term does not hold. Without terms it is true.
func NotAll(terms ...Term) Condition { return group(OpNotAll, terms) }

func group(op Op, terms []Term) Condition {
	if len(terms) == 0 {
		return Condition{}
	}
	return Condition{[]Group{{op, slices.Clone(terms)}}}
}

// And is true when c and every other condition is true.
func (c Condition) And(others ...Condition) Condition {
	groups := slices.Clip(c.groups)
	for _, other := range others {
		groups = append(groups, other.groups...)
	}
	return Condition{groups}
}

// Groups are the parts of the condition, as they were joined. They are the condition's own: read only.
func (c Condition) Groups() []Group { return c.groups }

// String writes the condition with &, | and !, or as "always": "a & !b & (c | d) & !(e & f)".
func (c Condition) String() string {
	var parts []string
	for _, g := range c.groups {
		switch g.Op {
		case OpAll:
			parts = append(parts, names(g.Terms, "")...)
		case OpNot:
			parts = append(parts, names(g.Terms, "!")...)
		case OpAny:
			parts = append(parts, "("+strings.Join(names(g.Terms, ""), " | ")+")")
		case OpNotAll:
			parts = append(parts, "!("+strings.Join(names(g.Terms, ""), " & ")+")")
		}
	}
	if len(parts) == 0 {
		return "always"
	}
	return strings.Join(parts, " & ")
}

func names(terms []Term, before string) []string {
	list := make([]string, len(terms))
	for i, t := range terms {
		if t == nil || t.Name() == "" {
			list[i] = before + "?"
			continue
		}
		list[i] = before + t.Name()
	}
	return list
}
