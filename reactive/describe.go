// Rules as data, for programs that read them without the charm's own code.

package reactive

import (
	"errors"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Description is a list of rules as data that another program can read: the same list gives the same description,
// apart from what its handlers do.
type Description struct {
	// Rules are the rules and triggers in the order in which they run.
	Rules []DescribedRule `json:"rules"`
	// Mistakes are what [Check] finds, one a line.
	Mistakes []Mistake `json:"mistakes,omitempty"`
	// Actions are those that the charm's process answers by itself, without a rule.
	Actions []string `json:"actions,omitempty"`
	// Graph is the picture of [Rules.Graph], a Mermaid flowchart.
	Graph string `json:"graph"`
}

// DescribedRule is a rule, which has a name, or a trigger, which says on what it fires.
type DescribedRule struct {
	Name   string           `json:"name,omitempty"`
	On     string           `json:"on,omitempty"`   // of a trigger: "set" or "cleared"
	When   string           `json:"when,omitempty"` // the condition in words
	Groups []DescribedGroup `json:"groups,omitempty"`
	Sets   []string         `json:"sets,omitempty"`
	Clears []string         `json:"clears,omitempty"`
	Once   bool             `json:"once,omitempty"`
}

// DescribedGroup is one part of a condition; all parts must hold. A trigger has one, with one term.
type DescribedGroup struct {
	Op    string          `json:"op"` // all, any, not or notall
	Terms []DescribedTerm `json:"terms"`
}

// DescribedTerm is a flag, fact or change.
type DescribedTerm struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // flag, leader, config, endpoint, hook, action or upgrade
	// Subject is the option, endpoint, hook or action that the term is about.
	Subject string `json:"subject,omitempty"`
}

// Mistake is one that [Check] found. Names are the rules and flags it is about, as they are quoted in the text.
type Mistake struct {
	Text  string   `json:"text"`
	Names []string `json:"names,omitempty"`
}

// Describe gives the rules as data.
func (rules Rules) Describe() Description {
	d := Description{Rules: []DescribedRule{}, Graph: rules.Graph()}
	for _, entry := range rules {
		sets, clears := entry.Effects()
		r := DescribedRule{Sets: flagNames(sets), Clears: flagNames(clears)}
		switch e := entry.(type) {
		case Rule:
			r.Name, r.When, r.Once = e.name, e.when.String(), e.once
			for _, g := range e.when.Groups() {
				r.Groups = append(r.Groups, DescribedGroup{Op: opName(g.Op), Terms: describeTerms(g.Terms)})
			}
		case Trigger:
			r.On = "cleared"
			if e.on {
				r.On = "set"
			}
			if e.term != nil {
				r.When = e.term.Name()
				r.Groups = []DescribedGroup{{Op: opName(flags.OpAll), Terms: describeTerms([]flags.Term{e.term})}}
			}
		}
		d.Rules = append(d.Rules, r)
	}
	if err := Check(rules); err != nil {
		d.Mistakes = mistakes(err)
	}
	return d
}

// mistakes takes a joined error apart.
func mistakes(err error) []Mistake {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []Mistake
		for _, one := range joined.Unwrap() {
			all = append(all, mistakes(one)...)
		}
		return all
	}
	m := Mistake{Text: err.Error()}
	for i, part := range strings.Split(m.Text, `"`) {
		if i%2 == 1 {
			m.Names = append(m.Names, part)
		}
	}
	return []Mistake{m}
}

func flagNames(list []flags.Flag) []string {
	var names []string
	for _, f := range list {
		names = append(names, f.Name())
	}
	return names
}

func opName(op flags.Op) string {
	switch op {
	case flags.OpAny:
		return "any"
	case flags.OpNot:
		return "not"
	case flags.OpNotAll:
		return "notall"
	default:
		return "all"
	}
}

func describeTerms(terms []flags.Term) []DescribedTerm {
	var all []DescribedTerm
	for _, t := range terms {
		if t == nil {
			continue
		}
		d := DescribedTerm{Name: t.Name(), Kind: "flag"}
		switch t := t.(type) {
		case flags.Fact:
			d.Kind, d.Subject = factKind(t.Kind()), t.Subject()
		case flags.Change:
			d.Kind, d.Subject = changeKind(t)
		}
		all = append(all, d)
	}
	return all
}

func factKind(kind flags.FactKind) string {
	switch kind {
	case flags.FactConfigSet, flags.FactConfigDefault:
		return "config"
	case flags.FactJoined, flags.FactAvailable:
		return "endpoint"
	case flags.FactHook:
		return "hook"
	case flags.FactAction:
		return "action"
	default:
		return "leader"
	}
}

func changeKind(c flags.Change) (kind, subject string) {
	switch c.Kind() {
	case flags.ChangeConfig:
		return "config", c.Key()
	case flags.ChangeUpgrade:
		return "upgrade", ""
	default:
		return "endpoint", c.Subject()
	}
}
