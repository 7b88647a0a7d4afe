package juju

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// What Juju promises of the order of a unit's hooks. Its agent looks through the
// relations as a Go map has them, peers last (NextOp in
// internal/worker/uniter/relation/resolver.go of 3.6), and each relation's changes are
// told by a watcher of its own, so that between relations nothing is promised but this:
// what is created comes before all else. Within a relation the order is fixed.
// It asks for secrets before relations, of what its watchers have told it so far: of
// a secret and a relation that one hook changed, either may be told first.

// inOrder puts hooks that Juju may run in any order into one: secrets first, then
// relations by their names, wherever hooks that may change places follow each other.
func inOrder(hooks []string) []string {
	hooks = arrange(hooks, func(hook string) string {
		switch kindOf(hook) {
		case "secret", "others":
			return "told"
		}
		return ""
	}, func(hook string) string {
		if kindOf(hook) == "secret" {
			return "first"
		}
		return "later"
	})
	return arrange(hooks, kindOf, func(hook string) string { return hook[strings.LastIndex(hook, " ")+1:] })
}

// arrange sorts each run of hooks of one kind, but for those without a kind.
func arrange(hooks []string, kind, by func(string) string) []string {
	var out []string
	for len(hooks) > 0 {
		n := 1
		for kind(hooks[0]) != "" && n < len(hooks) && kind(hooks[n]) == kind(hooks[0]) {
			n++
		}
		run := slices.Clone(hooks[:n])
		slices.SortStableFunc(run, func(one, two string) int { return cmp.Compare(by(one), by(two)) })
		out, hooks = append(out, run...), hooks[n:]
	}
	return out
}

// kindOf tells what a hook may change places with: "ok kafka-relation-joined kafka/0 kafka:1"
// with other hooks of relations to other applications. Empty stands for nothing.
func kindOf(hook string) string {
	words := strings.Fields(hook)
	switch {
	case len(words) > 1 && strings.HasPrefix(words[1], "secret-"):
		return "secret"
	case len(words) < 2 || !strings.Contains(words[1], "-relation-"):
		return ""
	case strings.HasSuffix(words[1], "-relation-created"):
		return "created"
	}
	return "others"
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, hooks, want string }{
		{"created in any order", "ok install, ok kafka-relation-created kafka kafka:1, ok cluster-relation-created connect cluster:0, ok start",
			"ok install, ok cluster-relation-created connect cluster:0, ok kafka-relation-created kafka kafka:1, ok start"},
		{"a relation's own order stays", "ok mongodb-relation-joined mongo/0 mongodb:2, ok kafka-relation-joined kafka/0 kafka:1, FAIL mongodb-relation-changed mongo/0 mongodb:2, ok mongodb-relation-changed mongo/0 mongodb:2, ok kafka-relation-changed kafka/0 kafka:1",
			"ok kafka-relation-joined kafka/0 kafka:1, ok kafka-relation-changed kafka/0 kafka:1, ok mongodb-relation-joined mongo/0 mongodb:2, FAIL mongodb-relation-changed mongo/0 mongodb:2, ok mongodb-relation-changed mongo/0 mongodb:2"},
		{"peers before or after", "ok kafka-relation-joined kafka/0 kafka:1, ok cluster-relation-joined connect/1 cluster:0, ok kafka-relation-changed kafka/0 kafka:1",
			"ok cluster-relation-joined connect/1 cluster:0, ok kafka-relation-joined kafka/0 kafka:1, ok kafka-relation-changed kafka/0 kafka:1"},
		{"a secret before or after", "ok kafka-relation-changed kafka/0 kafka:1, ok cluster-relation-changed connect cluster:0, ok secret-remove",
			"ok secret-remove, ok cluster-relation-changed connect cluster:0, ok kafka-relation-changed kafka/0 kafka:1"},
		{"other hooks between", "ok mongodb-relation-joined mongo/0 mongodb:2, ok config-changed, ok kafka-relation-joined kafka/0 kafka:1",
			"ok mongodb-relation-joined mongo/0 mongodb:2, ok config-changed, ok kafka-relation-joined kafka/0 kafka:1"},
	} {
		if got := strings.Join(inOrder(strings.Split(test.hooks, ", ")), ", "); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
}
