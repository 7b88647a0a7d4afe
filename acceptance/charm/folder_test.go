package charm

// What a folder of connectors holds, and what the worker has of it.

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"

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
