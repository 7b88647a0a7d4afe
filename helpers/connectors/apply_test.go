package connectors_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

func TestApplyMakesItSo(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	register(t, c, source("gone"), ours)
	register(t, c, source("theirs"), "")
	register(t, c, source("changed", "batch.size", "1"), ours)
	register(t, c, source("equal"), "")
	register(t, c, source("halt"), ours)
	register(t, c, in(connectors.Stopped, source("go")), ours)
	before := len(cluster.Journal())

	wanted := []connectors.Connector{
		source("changed", "batch.size", "2"), source("equal"), source("new"), in(connectors.Stopped, source("new-stopped")),
		in(connectors.Paused, source("new-paused")), in(connectors.Paused, source("halt")), source("go"),
	}
	policy := connectors.Policy{Owner: ours, Prune: true}
	p := plan(t, c, policy, wanted...)
	if got, want := actions(p), "update changed, resume go, delete gone, pause halt, create new, create new-paused, create new-stopped"; got != want {
		t.Errorf("the plan is\n%s\nwant\n%s", got, want)
	}
	if n := len(cluster.Journal()) - before; n != 1 {
		t.Errorf("a plan took %d requests, want one", n)
	}
	report, err := connectors.Apply(t.Context(), c, p, quick())
	if err != nil {
		t.Fatal(err)
	}
	if n := report.Count(connectors.Done); n != 7 {
		t.Errorf("%d are done, want 7: %v", n, report.Outcomes)
	}
	again := plan(t, c, policy, wanted...)
	if !again.Empty() {
		t.Errorf("a second plan is %s", actions(again))
	}
	want := map[string]map[string]string{"theirs": owned(source("theirs"), ""), "equal": owned(source("equal"), "")}
	for _, w := range wanted {
		if w.Name != "equal" {
			want[w.Name] = owned(w, ours)
		}
	}
	if got := configs(observe(t, c)); !reflect.DeepEqual(got, want) {
		t.Errorf("the cluster has\n%v\nwant\n%v", got, want)
	}
	all := writes(cluster)
	if last := all[len(all)-1]; last != "DELETE /connectors/gone" {
		t.Errorf("the last write is %s, want the deletion", last)
	}
	if slices.Contains(all, "PUT /connectors/equal/config") {
		t.Error("what is equal was written")
	}
}
