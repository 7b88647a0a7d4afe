// Check: what compiles and is nevertheless wrong. It is for a charm's tests.

package reactive

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
)

// Check reports, one a line, every mistake that [Compile] would report, and then whatever can hardly be meant:
//
//   - a rule waits for a flag, or for its absence, or clears it, or a trigger fires on it, and no rule or trigger sets it.
//     The error suggests the flag that may have been meant. External flags are those that something else sets: an upper
//     layer's, when a base layer is checked by itself;
//   - a flag bears the name of a fact or a change: "leadership.is_leader" for [flags.Leader];
//   - a rule can never run, because it needs a flag set and not set, or a change gone that only its own run can end.
//
// A flag that is set and that nobody waits for is no mistake: it may be there for others to see.
func Check(rules Rules, external ...flags.Flag) error {
	if _, err := Compile(rules); err != nil {
		return err
	}
	c := &checker{set: map[flags.Flag]bool{}, told: map[string]bool{}}
	for _, f := range external {
		c.set[f] = true
	}
	for _, entry := range rules {
		sets, _ := entry.Effects()
		for _, f := range sets {
			c.set[f] = true
		}
	}
	for f := range c.set {
		c.known = append(c.known, f.Name())
	}
	slices.Sort(c.known)
	for _, entry := range rules {
		c.entry(entry)
	}
	return errors.Join(c.mistakes...)
}

type checker struct {
	set      map[flags.Flag]bool
	known    []string // the names of set, sorted
	told     map[string]bool
	mistakes []error
}

func (c *checker) mistake(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	if !c.told[text] {
		c.told[text] = true
		c.mistakes = append(c.mistakes, errors.New(text))
	}
}

func (c *checker) entry(entry Entry) {
	sets, clears := entry.Effects()
	switch e := entry.(type) {
	case Rule:
		place := fmt.Sprintf("rule %q", e.name)
		for _, g := range e.when.Groups() {
			for _, t := range g.Terms {
				c.watched(place, "waits for", t)
			}
		}
		c.possible(e)
		c.done(place, sets, clears)
	case Trigger:
		place := fmt.Sprintf("trigger %q", e)
		c.watched(place, "fires on", e.term)
		c.done(place, sets, clears)
	}
}

// done checks what a rule or trigger does.
func (c *checker) done(place string, sets, clears []flags.Flag) {
	for _, f := range sets {
		c.automatic(place, f)
	}
	for _, f := range clears {
		c.watched(place, "clears", f)
	}
}

// watched checks a term that somebody has to set.
func (c *checker) watched(place, verb string, t flags.Term) {
	f, ok := t.(flags.Flag)
	if !ok || c.automatic(place, f) || c.set[f] {
		return
	}
	hint := ""
	if near, ok := nearest(f.Name(), c.known); ok {
		hint = fmt.Sprintf(": did you mean %q?", near)
	}
	c.mistake("cannot be meant: %s %s flag %q, which nobody sets%s", place, verb, f.Name(), hint)
}

// automatic reports a flag that looks like a fact or change, and says whether it does.
func (c *checker) automatic(place string, f flags.Flag) bool {
	instead := instead(f.Name())
	if instead != "" {
		c.mistake("cannot be meant: %s has a stored flag %q, which only looks like an automatic one: use %s",
			place, f.Name(), instead)
	}
	return instead != ""
}

// instead is what to write for a flag that has the name of a fact or a change.
func instead(name string) string {
	subject, word, _ := strings.Cut(strings.TrimPrefix(name, "endpoint."), ".")
	switch {
	case name == flags.Leader.Name():
		return "flags.Leader"
	case name == flags.ConfigChanged.Name():
		return "flags.ConfigChanged"
	case name == flags.UpgradeCharm.Name():
		return "flags.UpgradeCharm"
	case strings.HasPrefix(name, "config.changed."):
		return fmt.Sprintf("flags.ConfigOptionChanged(%q)", strings.TrimPrefix(name, "config.changed."))
	case strings.HasPrefix(name, "config.set."):
		return fmt.Sprintf("flags.ConfigSet(%q)", strings.TrimPrefix(name, "config.set."))
	case strings.HasPrefix(name, "config.default."):
		return fmt.Sprintf("flags.ConfigDefault(%q)", strings.TrimPrefix(name, "config.default."))
	case strings.HasPrefix(name, "hook."):
		return fmt.Sprintf("flags.Hook(%q)", strings.TrimPrefix(name, "hook."))
	case strings.HasPrefix(name, "action."):
		return fmt.Sprintf("flags.Action(%q)", strings.TrimPrefix(name, "action."))
	case !strings.HasPrefix(name, "endpoint."):
		return ""
	case strings.HasPrefix(word, "changed."):
		return fmt.Sprintf("flags.Endpoint(%q).KeyChanged(%q)", subject, strings.TrimPrefix(word, "changed."))
	}
	field := map[string]string{"joined": "Joined", "available": "Available", "changed": "Changed", "departed": "Departed"}[word]
	if field == "" {
		return ""
	}
	return fmt.Sprintf("flags.Endpoint(%q).%s", subject, field)
}

// possible reports a rule whose condition can never be true.
func (c *checker) possible(r Rule) {
	must := map[flags.Term]bool{}
	for _, g := range r.when.Groups() {
		if g.Op == flags.OpAll || g.Op == flags.OpAny && len(g.Terms) == 1 {
			for _, t := range g.Terms {
				must[t] = true
			}
		}
	}
	for _, g := range r.when.Groups() {
		if g.Op != flags.OpNot && (g.Op != flags.OpNotAll || len(g.Terms) > 1) {
			continue
		}
		for _, t := range g.Terms {
			if must[t] {
				c.mistake("cannot be meant: rule %q can never run: it needs %s both to hold and not to", r.name, t.Name())
			}
			if change, ok := t.(flags.Change); ok && change.NeverRan() == flags.Holds {
				c.mistake("cannot be meant: rule %q can never run: it waits until %s is no longer there, "+
					"which only its own run can bring about", r.name, t.Name())
			}
		}
	}
}

// Undeclared reports, one a line, every endpoint and option that is watched and that the charm's metadata.yaml and
// config.yaml do not have. What waits for one would wait for ever, and nobody would say why.
func (w Watches) Undeclared(endpoints, options []string) error {
	c := &checker{told: map[string]bool{}}
	declared := func(what, file, name string, among []string) {
		if name == "" || slices.Contains(among, name) {
			return
		}
		hint := "declare it there"
		if near, ok := nearest(name, among); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.mistake("cannot be meant: a rule waits for %s %q, which %s does not have: %s", what, name, file, hint)
	}
	for _, f := range w.Facts {
		switch f.Kind() {
		case flags.FactJoined, flags.FactAvailable:
			declared("endpoint", "metadata.yaml", f.Subject(), endpoints)
		case flags.FactConfigSet, flags.FactConfigDefault:
			declared("option", "config.yaml", f.Subject(), options)
		}
	}
	for _, change := range w.Changes {
		switch change.Kind() {
		case flags.ChangeEndpoint, flags.ChangeDeparted:
			declared("endpoint", "metadata.yaml", change.Subject(), endpoints)
		case flags.ChangeConfig:
			declared("option", "config.yaml", change.Key(), options)
		}
	}
	return errors.Join(c.mistakes...)
}
