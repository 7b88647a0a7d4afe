package charm

// The life of a folder of connectors that an operator attaches, on real workers.

import (
	"net/http"
	"strings"
	"testing"
)

// TestAttached is the life of an attached folder, on every release of KAFKA_VERSIONS.
func TestAttached(t *testing.T) {
	eachRelease(t, func(w *world) { (&folder{world: w, configs: map[string]map[string]string{}}).live() })
}

// folder is a world whose charm has a folder of connectors.
type folder struct {
	*world
	configs map[string]map[string]string // what every connector's should be
}

const (
	itsOwn = "connect-sink RUNNING, connect-source RUNNING" // connectors, which stay as they are
	runs   = "active: 1 worker, 2 connectors"
)

func (f *folder) live() {
	f.Scene("deploy two units, one worker, two connectors", func() {
		f.deploy(2)
		for name, one := range f.Connectors(f.url()) {
			f.configs[name] = one.Info.Config
		}
		f.wantRest(itsOwn, runs)
	})
	f.planned()
	f.kept()
	f.Scene("one file changes, one connector is written", func() {
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt", "b", "b2.txt")) }, "PUT /connectors/b/config")
		f.configs["b"] = f.sink("b", "b2.txt")
		f.wantRest("a RUNNING, b RUNNING, "+itsOwn, runs+"; prod: 2 of 2 connectors run")
		f.wantBytes("two")
		f.WantOnly(f.path("a.txt"), "one", "two")
		f.WantOnly(f.path("b2.txt"), "two") // it goes on where it was
		f.WantOnly(f.path("b.txt"), "one")
	})
	f.Scene("an action would change what a file describes", f.refused)
	f.pruned()
	f.Scene("the next leader finds all as it should be", func() {
		f.wantWrites(func() {
			f.Must(f.KillUnit(f.Leader("connect")))
			f.MustSettle()
		})
		f.wantRest("a RUNNING, "+itsOwn+", hand RUNNING, theirs RUNNING", runs+"; prod: 1 of 1 connectors run")
		f.wantBytes("three")
		for _, file := range []string{"a.txt", "theirs.txt", "hand.txt"} {
			f.WantOnly(f.path(file), "one", "two", "three")
		}
	})
}

// planned: what differs is told, and written when an operator says so, once.
func (f *folder) planned() {
	f.Scene("plan: what differs is told, and nothing is written", func() {
		f.MustConfigure(map[string]any{"connectors-policy": "plan"})
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt", "b", "b.txt")) })
		f.wantPlan("create a by connectors/prod/a.jsonnet", "create b by connectors/prod/b.jsonnet")
		f.wantRest(itsOwn, runs+"; prod: 0 of 2 connectors run, 2 planned, see plan-connectors")
	})
	f.Scene("apply-connectors", func() {
		f.wantWrites(func() { f.Run(f.Leader("connect"), "apply-connectors", nil) }, "PUT /connectors/a/config", "PUT /connectors/b/config")
		f.configs["a"], f.configs["b"] = f.sink("a", "a.txt"), f.sink("b", "b.txt")
		f.wantRest("a RUNNING, b RUNNING, "+itsOwn, runs+"; prod: 2 of 2 connectors run")
		f.wantPlan()
		f.wantBytes("one")
		f.WantOnly(f.path("a.txt"), "one")
		f.WantOnly(f.path("b.txt"), "one")
	})
	f.Scene("somebody deletes one: planned only, it stays away", func() {
		f.past(http.MethodDelete, "/connectors/a", "")
		delete(f.configs, "a")
		f.wantRest("b RUNNING, "+itsOwn, runs+"; prod: 1 of 2 connectors run, 1 planned, see plan-connectors")
		f.wantPlan("create a by connectors/prod/a.jsonnet")
	})
}

// kept: under the policy apply, update-status mends what was done past the charm.
func (f *folder) kept() {
	all, counted := "a RUNNING, b RUNNING, "+itsOwn, runs+"; prod: 2 of 2 connectors run"
	f.Scene("apply: the deleted one comes back", func() {
		f.wantWrites(func() { f.MustConfigure(map[string]any{"connectors-policy": "apply"}) }, "PUT /connectors/a/config")
		f.configs["a"] = f.sink("a", "a.txt")
		f.wantRest(all, counted)
	})
	f.Scene("somebody deletes, pauses and changes connectors: update-status puts it right", func() {
		f.past(http.MethodDelete, "/connectors/a", "")
		f.wantWrites(f.updateStatus, "PUT /connectors/a/config")
		f.wantRest(all, counted)
		f.past(http.MethodPut, "/connectors/b/pause", "")
		f.wantStates("a RUNNING, b PAUSED, " + itsOwn)
		f.wantWrites(f.updateStatus, "PUT /connectors/b/resume")
		f.wantRest(all, counted)
		f.past(http.MethodPut, "/connectors/b/config", `{"connector.class": "FileStreamSink", "topics": "others", "connectors.owner": "real.connect/prod"}`)
		f.wantWrites(f.updateStatus, "PUT /connectors/b/config")
		f.wantRest(all, counted)
	})
}

// pruned: what the folder made and describes no more is deleted, and nothing else.
func (f *folder) pruned() {
	all := "a RUNNING, b RUNNING, " + itsOwn + ", hand RUNNING, theirs RUNNING"
	f.Scene("connectors of others", func() {
		f.put("theirs", map[string]string{"connector.class": "FileStreamSink", "topics": "lines", "file": f.path("theirs.txt"), "connectors.owner": "others/prod"})
		f.put("hand", map[string]string{"connector.class": "FileStreamSink", "topics": "lines", "file": f.path("hand.txt")})
		f.wantRest(all, runs+"; prod: 2 of 2 connectors run")
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt", "b", "b2.txt", "theirs", "c.txt")) })
		f.wantRest(all, `blocked: connector "theirs" of connectors/prod/theirs.jsonnet: it carries the owner "others/prod"`)
	})
	f.Scene("what no file describes stays, until it is to be pruned", func() {
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt")) })
		f.wantRest(all, runs+"; prod: 1 of 1 connectors run")
		f.wantWrites(func() { f.MustConfigure(map[string]any{"connectors-policy": "apply-and-prune"}) }, "DELETE /connectors/b")
		delete(f.configs, "b")
		f.wantRest("a RUNNING, "+itsOwn+", hand RUNNING, theirs RUNNING", runs+"; prod: 1 of 1 connectors run")
	})
	f.Scene("a file comes and goes, and its connector with it", func() {
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt", "c", "c.txt")) }, "PUT /connectors/c/config")
		f.configs["c"] = f.sink("c", "c.txt")
		f.wantRest("a RUNNING, c RUNNING, "+itsOwn+", hand RUNNING, theirs RUNNING", runs+"; prod: 2 of 2 connectors run")
		f.wantWrites(func() { f.Attach(f.sinks("a", "a.txt")) }, "DELETE /connectors/c")
		delete(f.configs, "c")
		f.wantRest("a RUNNING, "+itsOwn+", hand RUNNING, theirs RUNNING", runs+"; prod: 1 of 1 connectors run")
	})
}

// refused: actions are told which file to change, and restarting one is no change.
func (f *folder) refused() {
	leader := f.Leader("connect")
	f.wantWrites(func() {
		for _, action := range []string{"pause-connector", "stop-connector", "resume-connector", "unregister-connector", "register-connector"} {
			params := map[string]any{"name": "a"}
			if action == "register-connector" {
				params["config"] = `{"connector.class": "FileStreamSink", "topics": "others"}`
			}
			result, err := f.RunAction(f.T.Context(), leader, action, params)
			f.Must(err)
			if want := `connector "a" is described by connectors/prod/a.jsonnet of the attached folder`; result.Status != "failed" || !strings.Contains(result.Message, want) {
				f.T.Errorf("action %s: %s, %q, want it to fail with %q", action, result.Status, result.Message, want)
			}
		}
	})
	f.wantWrites(func() { f.Run(leader, "restart-connector", map[string]any{"name": "a"}) }, "POST /connectors/a/restart?includeTasks=true&onlyFailed=false")
	f.wantRest("a RUNNING, b RUNNING, "+itsOwn, runs+"; prod: 2 of 2 connectors run")
}
