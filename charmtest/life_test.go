// A whole life of two applications, told twice: by the real unit agent of Juju 3.6.11 (realLife) and here.

package charmtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// realLife is the order of hooks each unit's real agent ran, recorded with the same two charms (without the peer
// relation kc has here). A hook with "?" need not come here: two agents that run at the same time can hear of one
// another in one hook or in two, and the recording's controller took writing the same value for a change.
var realLife = map[string][]string{
	"kc/0": {"install", "leader-elected", "config-changed", "start",
		"db-relation-created pg", "db-relation-joined pg/0", "db-relation-changed pg/0",
		"FAIL config-changed", "FAIL config-changed", "config-changed", "db-relation-changed pg/0 ?",
		"db-relation-departed pg/0", "db-relation-broken pg", "stop", "remove"},
	"pg/0": {"install", "leader-elected", "config-changed", "start",
		"db-relation-created kc", "db-relation-joined kc/0", "db-relation-changed kc/0", "db-relation-changed kc", "db-relation-changed kc/0",
		"db-relation-changed kc/0 ?", "db-relation-departed kc/0", "db-relation-broken kc"},
}

func TestLife(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t, charmtest.Options{Retries: 1})
	var story strings.Builder
	tell := func(title string) {
		before := len(m.Journal())
		err := m.Settle(t.Context())
		story.WriteString("== " + title + "\n" + m.JournalSince(before).String())
		if err != nil {
			story.WriteString(err.Error() + "\n")
		}
		story.WriteString(m.Status().String())
		for _, r := range m.Relations() {
			story.WriteString("relation " + r.String() + " " + flat(r.Units) + " " + flat(r.Apps) + "\n")
		}
		story.WriteString("kc/0 state " + flatOne(m.State("kc/0")) + "\n\n")
	}
	m.MustDeploy("pg", "testdata/pg", charmtest.DeployOptions{})
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{})
	tell("deploy")
	m.Must(m.Integrate("kc:db", "pg:db"))
	tell("integrate")
	m.Must(m.Configure("kc", map[string]any{"mode": "fail"}))
	tell("configure: mode=fail makes config-changed fail")
	m.Must(m.Configure("kc", map[string]any{"mode": "good"}))
	m.Must(m.Resolve("kc/0"))
	tell("configure: mode=good, resolve")
	pong := m.MustRun("kc/0", "ping", map[string]any{"who": "me"})
	story.WriteString("run ping: " + pong.Status + " " + strings.Join(pong.Log, ",") + "\n\n")
	m.Must(m.RemoveRelation("kc:db", "pg:db"))
	tell("remove-relation")
	m.Must(m.RemoveUnit("kc/0"))
	tell("remove-unit")

	testfile.Golden(t, "testdata/life.golden", story.String())
	for unit, want := range realLife {
		got := hooksOf(m.Journal().Of(unit))
		if diff := cmp.Diff(leaveOut(want, got), got); diff != "" {
			t.Errorf("%s: hooks differ from the real agent's (-real +here):\n%s", unit, diff)
		}
	}
}

// hooksOf writes hooks as in realLife.
func hooksOf(j charmtest.Journal) []string {
	var out []string
	for _, h := range j {
		if h.Action || strings.HasPrefix(h.Name, "cluster-") {
			continue
		}
		about := h.RemoteUnit
		if about == "" {
			about = h.RemoteApp
		}
		line := strings.TrimSpace(h.Name + " " + about)
		if !h.OK() {
			line = "FAIL " + line
		}
		out = append(out, line)
	}
	return out
}

// leaveOut drops from want what need not come and did not.
func leaveOut(want, got []string) []string {
	var out []string
	for _, line := range want {
		name, maybe := strings.CutSuffix(line, " ?")
		if i := len(out); maybe && (i >= len(got) || got[i] != name) {
			continue
		}
		out = append(out, name)
	}
	return out
}

func flat(m map[string]map[string]string) string {
	var out []string
	for _, k := range keys(m) {
		out = append(out, k+"="+flatOne(m[k]))
	}
	return strings.Join(out, " ")
}

func flatOne(m map[string]string) string {
	var out []string
	for _, k := range keys(m) {
		out = append(out, k+":"+m[k])
	}
	return "{" + strings.Join(out, " ") + "}"
}

func keys[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
