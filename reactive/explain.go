// Explain: for every rule why it is due, or what is missing.

package reactive

import (
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Explanation says where one rule stands. What stands in the way of a rule is in the lists, by name; a rule with
// empty lists is due, unless it has run once and for all.
type Explanation struct {
	Rule string
	// Due: the rule would be in the first pass of a hook.
	Due bool
	// RanOnce: it is a once rule and has run.
	RanOnce bool
	// Missing are flags and facts that must hold and do not.
	Missing []string
	// Unchanged are changes that must be there and are not: the rule has seen these inputs as they are, or
	// there is nothing.
	Unchanged []string
	// InTheWay are terms that must not hold, and do.
	InTheWay []string
	// NoneOf are terms of which at least one must hold, a list for each Any.
	NoneOf [][]string
	// AllOf are terms of which at least one must not hold, a list for each NotAll.
	AllOf [][]string
}

// String is the explanation in words: "create topics: waits for kafka.ready; topics.created is in the way".
func (e Explanation) String() string {
	if e.RanOnce {
		return e.Rule + ": has run once and for all"
	}
	if e.Due {
		return e.Rule + ": due"
	}
	var parts []string
	add := func(list []string, between, before, one, many string) {
		switch len(list) {
		case 0:
		case 1:
			parts = append(parts, before+list[0]+one)
		default:
			parts = append(parts, before+strings.Join(list, between)+many)
		}
	}
	add(e.Missing, ", ", "waits for ", "", "")
	add(e.Unchanged, ", ", "has seen ", " as it is", " as they are")
	for _, list := range e.NoneOf {
		add(list, " or ", "waits for ", "", "")
	}
	add(e.InTheWay, ", ", "", " is in the way", " are in the way")
	for _, list := range e.AllOf {
		add(list, " and ", "", " is in the way", " are in the way together")
	}
	return e.Rule + ": " + strings.Join(parts, "; ")
}

// Explain says for every rule, in written order, where it stands at the beginning of a hook from that state in that
// world, after the triggers on facts and changes have fired. It runs nothing.
func (e *Engine) Explain(st State, w World) []Explanation {
	r := e.begin(st, w)
	// Triggers that go round are an error of Run. What they did until then is as good an answer as any.
	_ = r.fireInputs()
	list := make([]Explanation, 0, len(e.rules))
	for _, entry := range e.source {
		if rule, ok := entry.(Rule); ok {
			list = append(list, r.explain(int32(len(list)), rule))
		}
	}
	return list
}

func (r *run) explain(i int32, rule Rule) Explanation {
	e := Explanation{Rule: rule.name, Due: r.missing[i] == 0, RanOnce: r.ranOnce(i)}
	if e.Due || e.RanOnce {
		return e
	}
	for _, g := range rule.when.Groups() {
		holding := slices.DeleteFunc(slices.Clone(g.Terms), func(t flags.Term) bool { return !r.holds(i, t) })
		lacking := slices.DeleteFunc(slices.Clone(g.Terms), func(t flags.Term) bool { return r.holds(i, t) })
		switch {
		case g.Op == flags.OpAll:
			for _, t := range lacking {
				if _, ok := t.(flags.Change); ok {
					e.Unchanged = append(e.Unchanged, t.Name())
				} else {
					e.Missing = append(e.Missing, t.Name())
				}
			}
		case g.Op == flags.OpNot:
			e.InTheWay = append(e.InTheWay, termNames(holding)...)
		case g.Op == flags.OpAny && len(holding) == 0:
			e.NoneOf = append(e.NoneOf, termNames(lacking))
		case g.Op == flags.OpNotAll && len(lacking) == 0:
			e.AllOf = append(e.AllOf, termNames(holding))
		}
	}
	return e
}

// holds says whether a term holds for a rule.
func (r *run) holds(rule int32, t flags.Term) bool {
	if change, ok := t.(flags.Change); ok {
		v, _ := r.input(rule, change)
		return r.on[v]
	}
	v, _ := r.vars.find(t.Name())
	return r.on[v]
}

func termNames(terms []flags.Term) []string {
	list := make([]string, len(terms))
	for i, t := range terms {
		list[i] = t.Name()
	}
	return list
}
