// Graph: the flags and rules as a picture.

package reactive

import (
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Graph draws the rules as a Mermaid flowchart, in written order. Boxes are rules, rounded nodes are stored flags,
// hexagons are facts and boxes with a notch are changes. An arrow into a rule is what it waits for, a dotted one what must not hold; the
// arrows of one Any, or of one NotAll, bear one number. A thick arrow out of a rule is what it sets, a dotted one
// what it clears. Triggers are arrows from flag to flag.
func (rules Rules) Graph() string {
	g := &graph{ids: map[string]string{}}
	for _, entry := range rules {
		switch e := entry.(type) {
		case Rule:
			g.rule(e)
		case Trigger:
			g.trigger(e)
		}
	}
	return "flowchart LR\n" + g.nodes.String() + g.edges.String()
}

// graph is a picture in the making.
type graph struct {
	ids          map[string]string // of terms, by name
	rules        int
	choices      int
	nodes, edges strings.Builder
}

func (g *graph) rule(r Rule) {
	g.rules++
	id := fmt.Sprintf("r%d", g.rules)
	label := r.name
	if r.once {
		label += " (once)"
	}
	fmt.Fprintf(&g.nodes, "  %s[%s]\n", id, mermaid(label))
	for _, group := range r.when.Groups() {
		arrow := g.arrow(group)
		for _, t := range group.Terms {
			fmt.Fprintf(&g.edges, "  %s %s %s\n", g.term(t), arrow, id)
		}
	}
	for _, f := range r.sets {
		fmt.Fprintf(&g.edges, "  %s ==> %s\n", id, g.term(f))
	}
	for _, f := range r.clears {
		fmt.Fprintf(&g.edges, "  %s -. clears .-> %s\n", id, g.term(f))
	}
}

// arrow is how the terms of a group point to their rule.
func (g *graph) arrow(group flags.Group) string {
	switch group.Op {
	case flags.OpNot:
		return "-. not .->"
	case flags.OpAny:
		g.choices++
		return fmt.Sprintf("-- any %d -->", g.choices)
	case flags.OpNotAll:
		g.choices++
		return fmt.Sprintf("-. not all %d .->", g.choices)
	default:
		return "-->"
	}
}

func (g *graph) trigger(t Trigger) {
	on := "cleared"
	if t.on {
		on = "set"
	}
	for _, f := range t.sets {
		fmt.Fprintf(&g.edges, "  %s -- when %s: set --> %s\n", g.term(t.term), on, g.term(f))
	}
	for _, f := range t.clears {
		fmt.Fprintf(&g.edges, "  %s -. when %s: clear .-> %s\n", g.term(t.term), on, g.term(f))
	}
}

// term gives the node of a term, and draws it the first time.
func (g *graph) term(t flags.Term) string {
	name := "?"
	if t != nil {
		name = t.Name()
	}
	if id, drawn := g.ids[name]; drawn {
		return id
	}
	id := fmt.Sprintf("f%d", len(g.ids)+1)
	g.ids[name] = id
	shape := "([%s])"
	switch t.(type) {
	case flags.Fact:
		shape = "{{%s}}"
	case flags.Change:
		shape = ">%s]"
	}
	fmt.Fprintf(&g.nodes, "  %s"+shape+"\n", id, mermaid(name))
	return id
}

// mermaid quotes a label.
func mermaid(text string) string { return `"` + strings.ReplaceAll(text, `"`, "#quot;") + `"` }
