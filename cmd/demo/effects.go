package main

// What a hook did outside of Juju, and which of it changed anything.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/hooks"
)

// effect is one effect of a hook's record, taken apart.
type effect struct {
	system string // juju, kafka, kube, connect
	verb   string // "create topic", "apply", "PUT"
	object string
	failed bool
	took   time.Duration
}

func effectOf(e hooks.Effect) effect {
	system, rest, _ := strings.Cut(e.Effect, ": ")
	verb, object, _ := strings.Cut(rest, " ")
	if kind, name, two := strings.Cut(object, " "); two && system == "kafka" {
		verb, object = verb+" "+kind, name
	}
	return effect{system, verb, object, e.Error != "", time.Duration(e.Duration * float64(time.Millisecond))}
}

// writes says whether the effect is more than a look.
func (e effect) writes() bool {
	switch e.system {
	case "kafka":
		return strings.HasPrefix(e.verb, "create")
	case "kube":
		return e.verb == "apply" || e.verb == "create" || e.verb == "delete" || e.verb == "scale"
	case "connect":
		return e.verb != "GET"
	}
	return false
}

// written gives what a hook changed in one system, equal verbs together: "apply a, b; create c".
// What was asked at once ends in no order, so each verb's objects are sorted.
func written(effects []hooks.Effect, system string) string {
	var verbs []string
	var objects [][]string
	for _, one := range effects {
		e := effectOf(one)
		if e.system != system || !e.writes() {
			continue
		}
		if e.failed {
			e.verb += " (refused)"
		}
		if len(verbs) == 0 || verbs[len(verbs)-1] != e.verb {
			verbs, objects = append(verbs, e.verb), append(objects, nil)
		}
		objects[len(objects)-1] = append(objects[len(objects)-1], e.object)
	}
	for i, verb := range verbs {
		if system == "connect" {
			slices.Sort(objects[i])
		}
		verbs[i] = stick(verb) + " " + strings.Join(objects[i], ", ")
	}
	return strings.Join(verbs, "; ")
}

// changedFlags gives the flags a hook set and cleared, in order, each once: what was
// cleared and set again within the hook stands with both signs.
func changedFlags(r hooks.Record) string {
	var all []string
	note := func(sign string, flags []string) {
		for _, flag := range flags {
			if text := sign + flag; !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	if r.Before != nil {
		note("+", r.Before.Set)
		note("-", r.Before.Cleared)
	}
	for _, rule := range r.Rules {
		note("+", rule.Set)
		note("-", rule.Cleared)
	}
	return strings.Join(all, " ")
}

// ranRules gives the rules that ran, in order; what ran several times says how often.
func ranRules(r hooks.Record) string {
	var names []string
	times := map[string]int{}
	for _, rule := range r.Rules {
		name := rule.Rule
		if rule.Outcome != "done" {
			name += " (" + rule.Outcome + ")"
		}
		if times[name]++; times[name] == 1 {
			names = append(names, name)
		}
	}
	for i, name := range names {
		if times[name] > 1 {
			name = fmt.Sprintf("%s ×%d", name, times[name])
		}
		names[i] = stick(name)
	}
	return strings.Join(names, ", ")
}
