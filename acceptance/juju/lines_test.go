package juju

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// forget drops what two worlds with the same story differ in: the ports of Kafka's
// brokers, the hashes of configurations that name them, for how long and how often an
// apply asked Connect, and whether the agent knows the other application's name in
// relation-broken: it does not where it was started again before that hook.
func forget(text []byte) []byte {
	text = regexp.MustCompile(`(-relation-broken) \S+( [^" ]+:[0-9]+)`).ReplaceAll(text, []byte("$1$2"))
	text = regexp.MustCompile(`\\"seconds\\":[0-9.]+|\\"requests\\":\{[^}]*\}| in [0-9.]+m?s, [0-9]+ requests`).ReplaceAll(text, []byte("TIME"))
	text = regexp.MustCompile(`127\.0\.0\.1:[0-9]+`).ReplaceAll(text, []byte("BROKER"))
	return regexp.MustCompile(`(connect-connect-|deployed\\":\\")[0-9a-f]{16}`).ReplaceAll(text, []byte("${1}HASH"))
}

// coalesced says whether Juju may run two hooks or one: a change that is told
// while the one before it still waits becomes one with it, which is a matter of
// milliseconds.
func coalesced(one, two string) bool {
	return one == two && strings.Contains(one, "-relation-changed ")
}

// lines flattens an answer into sorted lines "Units.connect/0.Workload = …". The
// hooks of a unit are numbered, so that their order counts as far as Juju promises one;
// secrets have no order.
func lines(a controller.Answer) []string {
	a.Hooks = maps.Clone(a.Hooks)
	for unit, hooks := range a.Hooks {
		a.Hooks[unit] = slices.CompactFunc(inOrder(hooks), coalesced)
	}
	a.Secrets = slices.SortedFunc(slices.Values(a.Secrets), func(one, two controller.Secret) int {
		return strings.Compare(one.Owner+" "+one.Label, two.Owner+" "+two.Label)
	})
	text, err := json.Marshal(a)
	text = forget(text)
	if err != nil {
		return []string{err.Error()}
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return []string{err.Error()}
	}
	var out []string
	flatten("", tree, func(line string) { out = append(out, line) })
	slices.Sort(out)
	return out
}

func flatten(path string, value any, emit func(string)) {
	switch v := value.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			flatten(path+"."+k, v[k], emit)
		}
		if len(v) == 0 && path != ".Hooks" {
			emit(path + " = {}")
		}
	case []any:
		for i, one := range v {
			flatten(fmt.Sprintf("%s[%02d]", path, i), one, emit)
		}
	case nil: // the same as an empty list
	default:
		emit(fmt.Sprintf("%s = %q", path, fmt.Sprint(v)))
	}
}

// What tells two answers apart has to be able to.
func TestDifference(t *testing.T) {
	t.Parallel()
	one := controller.Answer{Hooks: map[string][]string{"a/0": {"ok start", "ok stop"}}, Units: map[string]controller.Unit{"a/0": {}}}
	two := controller.Answer{Hooks: map[string][]string{"a/0": {"ok stop", "ok start"}}, Units: map[string]controller.Unit{"a/0": {}}}
	if d := difference(one, one); d != "" {
		t.Errorf("an answer differs from itself:\n%s", d)
	}
	want := "- .Hooks.a/0[00] = \"ok start\"\n+ .Hooks.a/0[00] = \"ok stop\"\n+ .Hooks.a/0[01] = \"ok start\"\n- .Hooks.a/0[01] = \"ok stop\""
	if d := difference(one, two); d != want {
		t.Errorf("the order of hooks was told as\n%s\nwant\n%s", d, want)
	}
}
