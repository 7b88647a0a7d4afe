package connectors_test

// What an apply can be told, and what it takes care of by itself.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

func TestAPlanThatNoLongerHoldsIsNotApplied(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, pruning, source("changed"), source("removed"), source("same"), source("pruned"), source("lost"))
	wanted := []connectors.Connector{source("changed", "batch.size", "1"), source("removed", "batch.size", "1"), source("same", "batch.size", "1"),
		source("new"), source("new-too")}
	p := plan(t, c, pruning, wanted...)

	change := func(of connectors.Connector, owner string) { // what somebody else does meanwhile
		config := map[string]any{}
		for key, value := range owned(of, owner) {
			config[key] = value
		}
		if _, err := c.PutConfig(t.Context(), of.Name, config); err != nil {
			t.Fatal(err)
		}
	}
	change(source("changed", "batch.size", "99"), ours)
	change(source("same", "batch.size", "1"), ours)
	change(source("pruned"), "them/prod")
	change(source("new", "batch.size", "98"), "")
	change(source("new-too"), ours)
	for _, name := range []string{"removed", "lost"} {
		if _, err := c.Delete(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	before := len(writes(cluster))
	report, err := connectors.Apply(t.Context(), c, p, quick())
	var got []string
	for _, o := range report.Outcomes {
		got = append(got, fmt.Sprintf("%s %s", o.Name, o.Result))
	}
	want := []string{"changed not done", "lost done", "new not done", "new-too done", "pruned not done", "removed not done", "same done"}
	if !slices.Equal(got, want) || !strings.Contains(fmt.Sprint(err), "it has changed since the plan was made") {
		t.Errorf("the outcomes are %v, want %v; %v", got, want, err)
	}
	if more := writes(cluster)[before:]; len(more) > 0 {
		t.Errorf("it wrote %v", more)
	}
}

func TestStatesOnEveryVersion(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"4.3.1": "POST /connectors, POST /connectors",
		"3.6.2": "PUT /connectors/p/config, PUT /connectors/p/pause, PUT /connectors/s/config, PUT /connectors/s/stop",
		"3.4.1": "PUT /connectors/p/config, PUT /connectors/p/pause",
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			cluster, c := start(t, connecttest.Options{Version: version})
			report, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, in(connectors.Paused, source("p")), in(connectors.Stopped, source("s"))), quick())
			got := writes(cluster)
			slices.Sort(got)
			if strings.Join(got, ", ") != want {
				t.Errorf("it wrote %v, want %s", got, want)
			}
			if version != "3.4.1" {
				if err != nil || report.Count(connectors.Done) != 2 {
					t.Errorf("%s %v", report.Summary(), err)
				}
			} else if !strings.Contains(fmt.Sprint(err), `cannot create connector "s" (connectors/prod/s.jsonnet): the workers are of Kafka 3.4.1, and connectors can be stopped from 3.5 on`) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestASteadyApplyAsksNothing(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, pruning, many(5)...)
	before := len(cluster.Journal())
	report := apply(t, c, pruning, many(5)...)
	if n := len(cluster.Journal()) - before; n != 1 || report.Sent() != 0 {
		t.Errorf("it took %d requests, want the plan's one", n)
	}
}

func TestMaxUnavailable(t *testing.T) {
	t.Parallel()
	var broken bool
	var mu sync.Mutex
	sometimes := connecttest.Plugin{Class: "Sometimes", Type: "source", Version: "1", Start: func(config map[string]string) error {
		mu.Lock()
		defer mu.Unlock()
		if broken && config["batch.size"] != "" {
			return errors.New("broken by the change")
		}
		return nil
	}}
	for name, breaks := range map[string]bool{"a change that breaks": true, "one that does not": false} {
		mu.Lock()
		broken = breaks
		mu.Unlock()
		cluster, c := start(t, connecttest.Options{Plugins: []connecttest.Plugin{sometimes}, Timing: connecttest.Timing{Status: 10 * time.Millisecond, Tasks: -1, Join: -1}})
		as := func(all []connectors.Connector) []connectors.Connector {
			for i := range all {
				all[i].Config["connector.class"] = "Sometimes"
			}
			return all
		}
		apply(t, c, pruning, as(many(8))...)
		policy := pruning
		policy.MaxUnavailable = 2
		wanted := append(as(many(8, "batch.size", "1")), source("new"))
		away, most := map[string]bool{}, 0
		options := quick()
		options.NoWait = true // of the others
		options.Settle = 30 * time.Millisecond
		options.Progress = func(e connectors.Event) {
			switch {
			case e.Action != connectors.Update:
			case e.Phase == connectors.Writing && e.Err == nil:
				away[e.Name] = true
			case e.Phase == connectors.Waiting && e.Result == connectors.Done:
				delete(away, e.Name)
			}
			most = max(most, len(away))
		}
		before := len(writes(cluster))
		report, err := connectors.Apply(t.Context(), c, plan(t, c, policy, wanted...), options)
		n := len(writes(cluster)) - before
		switch {
		case breaks && (report.Count(connectors.Failed) != 2 || report.Count(connectors.NotDone) != 6 || n != 3 || !strings.Contains(fmt.Sprint(err), "as many changed connectors as may be unavailable")):
			t.Errorf("%s: %d writes, %s %v", name, n, report.Summary(), err)
		case !breaks && (err != nil || report.Count(connectors.Done) != 8 || report.Count(connectors.Written) != 1 || n != 9):
			t.Errorf("%s: %d writes, %s %v", name, n, report.Summary(), err)
		}
		if most > 3 { // an event may come a moment after what it is about
			t.Errorf("%s: %d were away at once", name, most)
		}
	}
}

func TestIdleSources(t *testing.T) {
	t.Parallel()
	idle := connecttest.Plugin{Class: "Idle", Type: "source", Version: "1", MaxTasks: -1}
	_, c := start(t, connecttest.Options{Plugins: []connecttest.Plugin{idle}})
	wanted := source("idle", "tasks.max", "1")
	wanted.Config["connector.class"] = "Idle"
	idleNow := func() bool { return len(observe(t, c).Connectors["idle"].Status.Tasks) == 0 }
	options := quick()
	options.IdleSources = true
	if _, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, wanted), options); err != nil || !idleNow() {
		t.Errorf("a source without tasks: %v", err)
	}
	options.IdleSources, options.WaitTimeout = false, 50*time.Millisecond
	wanted.Config["batch.size"] = "1"
	_, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, wanted), options)
	if !strings.Contains(fmt.Sprint(err), "is not running after 50ms: it has no tasks") {
		t.Errorf("the error is %v", err)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	_, c := start(t, connecttest.Options{})
	register(t, c, source("theirs"), "them/prod")
	apply(t, c, pruning, source("unwanted"))
	wanted := []connectors.Connector{source("theirs"), source("good"), source("bad", "tasks.max", "none")}
	var events []connectors.Event
	options := quick()
	options.Parallel = 1
	options.Progress = func(e connectors.Event) { events = append(events, e) }
	report, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, wanted...), options)
	if err == nil || err.Error() != report.Err().Error() {
		t.Errorf("the error is %v, and the report's %v", err, report.Err())
	}
	report.Took = 1300 * time.Millisecond
	var text bytes.Buffer
	if err := report.Text(&text, connectors.TextOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	report.Requests = map[string]int{"PUT /connectors/*/config": 1}
	for i := range report.Outcomes {
		report.Outcomes[i].Took = time.Second
	}
	raw, failed := json.MarshalIndent(report, "", "  ")
	if failed != nil {
		t.Fatal(failed)
	}
	first, _, _ := strings.Cut(text.String(), "Applied")
	testfile.Golden(t, "testdata/report.txt", first+"\n"+err.Error()+"\n")
	testfile.Golden(t, "testdata/report.json", string(raw)+"\n")
	var phases []string
	for _, e := range events {
		phases = append(phases, fmt.Sprintf("%s %s %d/%d %s", e.Phase, e.Name, e.Done, e.Total, e.Result))
	}
	want := []string{"validate bad 1/2 failed", "validate good 2/2 ", "write good 1/1 ", "wait good 1/1 done"}
	if !slices.Equal(phases, want) {
		t.Errorf("the events are %q, want %q", phases, want)
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	cluster.Store().Produce("lines", "a", "b", "c")
	sink := source("sink", "topics", "lines")
	sink.Config["connector.class"] = "FileStreamSink"
	delete(sink.Config, "topic")
	offsets := func() int {
		got, err := connect.As[connect.Offsets](c.Offsets(t.Context(), "sink"))
		if err != nil {
			t.Fatal(err)
		}
		return len(got.Offsets)
	}
	until := func(n int) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); offsets() != n; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d offsets, want %d", offsets(), n)
			}
		}
	}
	apply(t, c, pruning, sink)
	until(1)
	_, err := connectors.ChangeOffsets(t.Context(), c, "sink", func() (*connect.Response, error) {
		defer func() {
			if n := offsets(); n != 0 {
				t.Errorf("%d offsets after a reset", n)
			}
		}()
		return c.ResetOffsets(t.Context(), "sink")
	})
	if err != nil {
		t.Fatal(err)
	}
	until(1) // it runs again, and reads it all once more
	if err := connectors.DeleteAndReset(t.Context(), c, "sink"); err != nil {
		t.Fatal(err)
	}
	if n := len(observe(t, c).Connectors); n != 0 {
		t.Errorf("%d connectors are left", n)
	}
	apply(t, c, pruning, in(connectors.Stopped, sink))
	if n := offsets(); n != 0 {
		t.Errorf("a new one begins with %d offsets", n)
	}
}
