package charm

// What a folder of connectors holds, and what is looked at: the worker's log says
// what it was asked to change, its REST API what came of it.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	charmworld "github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// sinks has a file for each sink, given as its name and the file that it writes.
// They share a library.
func (f *folder) sinks(pairs ...string) map[string]string {
	files := map[string]string{
		"connectors/sink.libsonnet": "function(file) { 'connector.class': 'FileStreamSink', topics: 'lines', file: '" + f.pods.dir + "/' + file }\n",
	}
	for pair := range slices.Chunk(pairs, 2) {
		files["connectors/prod/"+pair[0]+".jsonnet"] = "(import '../sink.libsonnet')('" + pair[1] + "')\n"
	}
	return files
}

// sink is the configuration that the workers should have of one.
func (f *folder) sink(name, file string) map[string]string {
	return map[string]string{
		"name": name, "connector.class": "FileStreamSink", "topics": "lines", "file": f.path(file),
		"connectors.owner": "real.connect/prod",
	}
}

// path is a file that a sink writes.
func (f *folder) path(file string) string { return filepath.Join(f.pods.dir, file) }

// past asks the worker for something, past the charm.
func (f *folder) past(method, path, body string) {
	f.T.Helper()
	f.Eventually(func() string { // 409 while a rebalance is due
		if code, text := f.Ask(method, f.url()+path, body); code/100 != 2 {
			return fmt.Sprintf("%s %s is answered %d: %s", method, path, code, text)
		}
		return ""
	})
}

// put registers a connector past the charm, which is to stay.
func (f *folder) put(name string, config map[string]string) {
	f.T.Helper()
	body, err := json.Marshal(config)
	f.Must(err)
	f.past(http.MethodPut, "/connectors/"+name+"/config", string(body))
	f.configs[name] = maps.Clone(config)
	f.configs[name]["name"] = name
}

func (f *folder) updateStatus() {
	f.T.Helper()
	f.Must(f.UpdateStatus("connect"))
	f.MustSettle()
}

// wantPlan compares what the action plan-connectors would do: "create a by connectors/prod/a.jsonnet".
// What stays as it is, is not told here.
func (f *folder) wantPlan(want ...string) {
	f.T.Helper()
	var plan struct {
		Changes    int
		Connectors []struct{ Name, Action, File string }
	}
	f.wantWrites(func() {
		results := f.Run(f.Leader("connect"), "plan-connectors", nil)
		f.Must(json.Unmarshal([]byte(fmt.Sprint(results["json"])), &plan))
	})
	var got []string
	for _, one := range plan.Connectors {
		if one.Action != "unchanged" && one.Action != "left alone" {
			got = append(got, one.Action+" "+one.Name+" by "+one.File)
		}
	}
	if !slices.Equal(got, want) || plan.Changes != len(want) {
		f.T.Errorf("%d changes are planned: %q, want %q", plan.Changes, got, want)
	}
}

// wantStates waits until connectors and tasks are in them.
func (f *folder) wantStates(want string) {
	f.T.Helper()
	f.Eventually(func() string {
		if got := charmworld.Tell(f.Connectors(f.url())); got != want {
			return fmt.Sprintf("the worker has %s, want %s", got, want)
		}
		return ""
	})
}

// wantRest waits for the states and compares every configuration. Then the charm
// finds nothing to do, and has this status.
func (f *folder) wantRest(states, status string) {
	f.T.Helper()
	f.wantStates(states)
	live := f.Connectors(f.url())
	for name, one := range live {
		if !maps.Equal(one.Info.Config, f.configs[name]) {
			f.T.Errorf("the worker has connector %s with %v, want %v", name, one.Info.Config, f.configs[name])
		}
	}
	if len(live) != len(f.configs) {
		f.T.Errorf("the worker has %d connectors, want %d", len(live), len(f.configs))
	}
	f.wantWrites(f.updateStatus)
	f.WantStatus(status)
}

// wantWrites does something and compares what the worker was asked to change.
func (f *folder) wantWrites(do func(), want ...string) {
	f.T.Helper()
	before := len(f.writes())
	do()
	if got := f.writes()[before:]; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		f.T.Errorf("the worker was asked for %q, want %q", got, want)
	}
}

// written are requests that change something, as Connect logs what it has answered.
var written = regexp.MustCompile(`"((?:POST|PUT|PATCH|DELETE) /\S+) HTTP/1.1" 2`)

// writes are all that the worker was asked to change and did, in their order.
func (f *folder) writes() (all []string) {
	f.T.Helper()
	f.looks++
	look := fmt.Sprintf("/?look=%d", f.looks)
	if code, text := f.Ask(http.MethodGet, f.url()+look, ""); code != http.StatusOK {
		f.T.Fatalf("the worker answers %d: %s", code, text)
	}
	var log string
	f.Eventually(func() string { // what came before has been logged before
		var err error
		log, err = f.worker().Log()
		f.Must(err)
		if !strings.Contains(log, look+" ") {
			return "the worker does not log what it is asked"
		}
		return ""
	})
	for _, found := range written.FindAllStringSubmatch(log, -1) {
		if !strings.HasSuffix(found[1], "/validate") { // which asks
			all = append(all, found[1])
		}
	}
	return all
}

func (f *folder) url() string {
	f.T.Helper()
	return f.worker().URL
}

// worker is the only one.
func (f *folder) worker() *realkafka.Worker {
	f.T.Helper()
	f.pods.mu.Lock()
	defer f.pods.mu.Unlock()
	if len(f.pods.running) != 1 {
		f.T.Fatalf("there are %d workers, want one", len(f.pods.running))
	}
	for _, p := range f.pods.running {
		return p.worker
	}
	return nil
}
