package juju_test

// Relations: several on an endpoint, both sides' data, going away, peers.

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

func TestRelations(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Relations = map[string]*jujutest.Relation{
		"db:10": {App: "pg", Units: []string{"pg/10", "pg/9"}, Data: map[string]map[string]string{"pg/9": {"a": "1"}, "pg": {"b": "2"}}},
		"db:9":  {App: "my"},
		"web:1": {App: "nginx"},
	}
	unit := install(t, agent)
	for range 2 {
		var seen []string
		for _, r := range must[[]*juju.Relation](t)(unit.Relations(t.Context(), "db")) {
			app := must[string](t)(r.App(t.Context()))
			units := must[[]string](t)(r.Units(t.Context()))
			seen = append(seen, r.ID(), r.Endpoint(), app, strings.Join(units, " "))
			for _, name := range units {
				must[map[string]string](t)(r.Get(t.Context(), name))["a"] = "mine to change"
			}
		}
		if diff := cmp.Diff([]string{"db:9", "db", "my", "", "db:10", "db", "pg", "pg/9 pg/10"}, seen); diff != "" {
			t.Error(diff)
		}
	}
	last := must[[]*juju.Relation](t)(unit.Relations(t.Context(), "db"))[1]
	if got := must[map[string]string](t)(last.Get(t.Context(), "pg/9")); got["a"] != "1" {
		t.Errorf("unit data %v", got)
	}
	if got := must[map[string]string](t)(last.AppData(t.Context())); got["b"] != "2" {
		t.Errorf("application data %v", got)
	}
	if none := must[[]*juju.Relation](t)(unit.Relations(t.Context(), "none")); len(none) != 0 || unit.HookRelation() != nil {
		t.Errorf("found %v", none)
	}
	calls := agent.Calls()
	slices.Sort(calls)
	if twice := slices.Compact(slices.Clone(calls)); len(twice) != len(calls) {
		t.Errorf("asked twice: %q", calls)
	}
}

func TestRelationWrites(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Leader = true
	agent.Relations["db:1"] = &jujutest.Relation{App: "pg", Data: map[string]map[string]string{
		"kc/0": {"same": "1", "old": "1", "ingress-address": "10.0.0.1"}, "kc": {"same": "1"}}}
	unit := install(t, agent)
	r := must[[]*juju.Relation](t)(unit.Relations(t.Context(), "db"))[0]
	r.Set("same", "1")
	r.Set("old", "")
	r.Set("absent", "")
	r.Set("new", "2")
	r.SetApp("same", "1")
	want := map[string]string{"same": "1", "new": "2", "ingress-address": "10.0.0.1"}
	if diff := cmp.Diff(want, must[map[string]string](t)(r.Own(t.Context()))); diff != "" {
		t.Error(diff)
	}
	for range 2 {
		if err := unit.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]map[string]string{"kc/0": want, "kc": {"same": "1"}}, agent.Relations["db:1"].Data); diff != "" {
		t.Error(diff)
	}
	var sets []string
	for _, call := range agent.Calls() {
		if strings.HasPrefix(call, "relation-set") {
			sets = append(sets, call)
		}
	}
	if diff := cmp.Diff([]string{"relation-set -r db:1 --file -"}, sets); diff != "" {
		t.Error(diff)
	}
}

func TestFollower(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Relations["cluster:0"] = &jujutest.Relation{App: "kc", Units: []string{"kc/1"}}
	unit := install(t, agent)
	peers := must[[]*juju.Relation](t)(unit.Relations(t.Context(), "cluster"))[0]
	if _, err := peers.AppData(t.Context()); !errors.Is(err, juju.ErrPermission) {
		t.Errorf("reading: %v", err)
	}
	peers.SetApp("k", "v")
	if err := unit.Commit(t.Context()); !errors.Is(err, juju.ErrNotLeader) {
		t.Errorf("writing: %v", err)
	}
}

func TestBrokenAndDeparted(t *testing.T) {
	t.Parallel()
	agent := start(t)
	agent.Relations["db:1"] = &jujutest.Relation{App: "pg", Data: map[string]map[string]string{"pg/0": {"a": "1"}}}
	departed := unitOf(t, agent.RelationEnviron("db-relation-departed", "db:1", "pg", "pg/0"), juju.Options{})
	r := must[[]*juju.Relation](t)(departed.Relations(t.Context(), "db"))[0]
	if units := must[[]string](t)(r.Units(t.Context())); len(units) != 0 || r != departed.HookRelation() {
		t.Errorf("still there: %v", units)
	}
	if got := must[map[string]string](t)(r.Get(t.Context(), "pg/0")); got["a"] != "1" {
		t.Errorf("its data: %v", got)
	}
	for _, hidden := range []bool{true, false} { // Juju 3 hides it, Juju 2.9 does not
		agent.Relations["db:1"].Broken = hidden
		broken := unitOf(t, agent.RelationEnviron("db-relation-broken", "db:1", "pg", ""), juju.Options{})
		if left := must[[]*juju.Relation](t)(broken.Relations(t.Context(), "db")); len(left) != 0 {
			t.Errorf("still related: %v", left[0].ID())
		}
		if got := must[map[string]string](t)(broken.HookRelation().Get(t.Context(), "pg/0")); got["a"] != "1" {
			t.Errorf("its data: %v", got)
		}
	}
}
