package juju

// A folder of connectors, attached as a Juju resource: the agent's own resource-get
// fetches it from the controller.

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// TestStoryAttachedConnectors attaches folders, one after another, to an application of
// two units: planned, applied, changed, pruned, by option and by action.
func TestStoryAttachedConnectors(t *testing.T) { onEach(t, attachedConnectors) }

func attachedConnectors(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	deploy := s.deploy(built.charm)
	deploy.Units = 2
	deploy.Config["kubeconfig"], deploy.Config["connectors-policy"] = "", "plan"
	s.step(deploy)
	a := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors")
	s.refuses(step{Do: "attach", App: "connect", Resource: "connectors", File: s.folder("connectors.zip", nil)}, "incorrect extension")
	s.refuses(step{Do: "attach", App: "connect", Resource: "jar", File: s.folder("a.jar", nil)}, `resource#connect/jar not found`)

	if strings.Contains(s.log.String(), "nothing is known to be attached") {
		t.Error("before anything was attached, the charm was told something else than that it is not found")
	}
	s.attachedPlanned()
	s.attachedChanged()
	s.attachedByAction()

	// Another leader finds in Connect what this one made.
	a = s.step(step{Do: "lead", App: "connect", Unit: "connect/1"})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors; prod: 2 of 2 connectors run")
	a = s.attach(map[string]string{"b": "9", "c": "3"})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors; prod: 2 of 2 connectors run")
	s.wantTasks(a, "b 9", "c 3")
	s.fetched("connect/1")

	a = s.step(step{Do: "attach", App: "connect", Resource: "connectors", File: s.folder("connectors.tgz", nil)})
	s.wantStatus(a, "connect/1", "active", "1 worker, 2 connectors")
	s.wantTasks(a, "b 9", "c 3") // they belong to nobody now
	a = s.step(step{Do: "remove-application", App: "connect"})
	if len(a.Units) != 0 || len(a.World.Objects) != 0 {
		t.Errorf("left: units %v, objects %q", a.Units, a.World.Objects)
	}
	if n := s.processes(); n > 0 {
		t.Errorf("%d hook tools were run as processes, want none: the charm speaks to the agent's socket", n)
	}
}

// TestStoryAttachedSecrets hands a user's secret to the files of a folder, and another
// revision of it, which the unit is told of.
func TestStoryAttachedSecrets(t *testing.T) { onEach(t, attachedSecrets) }

func attachedSecrets(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	deploy := s.deploy(built.charm)
	deploy.Config["kubeconfig"] = ""
	s.step(deploy)
	s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	a := s.step(step{Do: "attach", App: "connect", Resource: "connectors", File: s.pack("connectors.tgz", map[string]string{
		"connectors/prod/a.jsonnet": `{ 'connector.class': 'FileStreamSink', topics: 'lines', file: '/dev/null', 'db.password': std.extVar('secrets')['db-password'] }`})})
	s.wantStatus(a, "connect/0", "blocked", "attached connectors: connectors/prod/a.jsonnet:")
	for _, password := range []string{"first-one", "second-one"} {
		a = s.step(step{Do: "secret", App: "connect", One: "connectors-secrets", Two: "passwords", Data: []map[string]string{{"db-password": password}}})
		s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors; prod: 1 of 1 connectors run")
		if got := a.World.Configs["a"]["db.password"]; got != password {
			t.Errorf("the connector has the password %q, want %q", got, password)
		}
		if strings.Contains(s.log.String(), password) {
			t.Errorf("the password %s is in the log", password)
		}
	}
	s.wantFirst(a, "connect/0", "ok secret-changed")
}

// attachedPlanned attaches the first folder: what would be done is said, then done.
func (s *story) attachedPlanned() {
	s.t.Helper()
	a := s.attach(map[string]string{"a": "1", "b": "1"})
	for _, unit := range []string{"connect/0", "connect/1"} {
		s.wantFirst(a, unit, "ok upgrade-charm", "ok config-changed")
	}
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors; prod: 0 of 2 connectors run, 2 planned, see plan-connectors")
	s.wantTasks(a)
	s.fetched("connect/0")
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "plan-connectors"})
	s.wantAction(a, "completed")
	if plan := fmt.Sprint(a.Action.Results["plan"]); !strings.Contains(plan, "+ a") || !strings.Contains(plan, "+ b") {
		s.t.Errorf("the plan is %q", plan)
	}
	s.wantTasks(a)
	a = s.step(step{Do: "action", Unit: "connect/1", Action: "plan-connectors"})
	s.wantAction(a, "failed")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"connectors-policy": "apply"}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors; prod: 2 of 2 connectors run")
	s.wantTasks(a, "a 1", "b 1")
}

// attachedChanged attaches the same again, which Juju takes for another and the charm
// does not, another one, and one that has a mistake.
func (s *story) attachedChanged() {
	s.t.Helper()
	a := s.attach(map[string]string{"a": "1", "b": "1"})
	s.wantFirst(a, "connect/0", "ok upgrade-charm", "ok config-changed")
	s.wantTasks(a, "a 1", "b 1")
	a = s.attach(map[string]string{"a": "1", "b": "2"})
	s.wantFirst(a, "connect/0", "ok upgrade-charm", "ok config-changed")
	s.wantTasks(a, "a 1", "b 2")
	s.fetched("connect/0")
	a = s.attach(map[string]string{"a": "1", "b": "[]"})
	s.wantStatus(a, "connect/0", "blocked", "attached connectors: connectors/prod/b.json:")
	s.wantTasks(a, "a 1", "b 2")
	a = s.attach(map[string]string{"b": "2", "c": "3"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors; prod: 2 of 2 connectors run")
	s.wantTasks(a, "a 1", "b 2", "c 3")
}

// attachedByAction has actions do what the option does not.
func (s *story) attachedByAction() {
	s.t.Helper()
	s.step(step{Do: "configure", App: "connect", Config: map[string]any{"connectors-policy": "off"}})
	a := s.attach(map[string]string{"b": "4", "c": "3"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors")
	s.wantTasks(a, "a 1", "b 2", "c 3")
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "apply-connectors"})
	s.wantAction(a, "completed")
	s.wantTasks(a, "a 1", "b 4", "c 3")
	a = s.step(step{Do: "action", Unit: "connect/0", Action: "apply-connectors", Params: map[string]any{"prune": true, "allow-deletes": true}})
	s.wantAction(a, "completed")
	s.wantTasks(a, "b 4", "c 3")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"connectors-policy": "apply"}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors; prod: 2 of 2 connectors run")
}

// attach attaches a folder with a file for each connector, by its tasks.max.
func (s *story) attach(tasks map[string]string) controller.Answer {
	s.t.Helper()
	return s.step(step{Do: "attach", App: "connect", Resource: "connectors", File: s.folder("connectors.tgz", tasks)})
}

// folder writes an archive; without connectors, an empty file.
func (s *story) folder(name string, tasks map[string]string) string {
	s.t.Helper()
	files := map[string]string{}
	for connector, n := range tasks {
		files["connectors/prod/"+connector+".json"] = fmt.Sprintf(`{"connector.class": "FileStreamSink", "topics": "lines", "file": "/dev/null", "tasks.max": %s}`, n)
	}
	return s.pack(name, files)
}

func (s *story) pack(name string, files map[string]string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	var text bytes.Buffer
	if len(files) > 0 {
		zipped := gzip.NewWriter(&text)
		archive := tar.NewWriter(zipped)
		for _, file := range slices.Sorted(maps.Keys(files)) {
			must(s.t, archive.WriteHeader(&tar.Header{Name: file, Mode: 0o644, Size: int64(len(files[file]))}))
			_, err := archive.Write([]byte(files[file]))
			must(s.t, err)
		}
		must(s.t, archive.Close())
		must(s.t, zipped.Close())
	}
	must(s.t, os.WriteFile(path, text.Bytes(), 0o644))
	return path
}

// fetched wants the unit to have what was attached last, where its agent keeps it.
func (s *story) fetched(unit string) {
	s.t.Helper()
	want, err := os.ReadFile(filepath.Join(s.dir, "connectors.tgz"))
	must(s.t, err)
	path := filepath.Join(s.dir, "agents", "unit-"+strings.ReplaceAll(unit, "/", "-"), "resources", "connectors.tgz")
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		s.t.Errorf("the agent of %s has %d bytes of the %d that were attached, %v", unit, len(got), len(want), err)
	}
}

// refuses wants Juju not to do a step.
func (s *story) refuses(one step, why string) {
	s.t.Helper()
	if _, err := s.real.Play(one); err == nil || !strings.Contains(err.Error(), why) {
		s.t.Errorf("%+v: %v, want %q", one, err, why)
	}
}

// wantTasks wants these connectors besides the charm's own, each with its tasks.max.
func (s *story) wantTasks(a controller.Answer, want ...string) {
	s.t.Helper()
	var got []string
	for _, name := range slices.Sorted(maps.Keys(a.World.Configs)) {
		if !strings.HasPrefix(name, "connect-") {
			got = append(got, name+" "+a.World.Configs[name]["tasks.max"])
		}
	}
	if !slices.Equal(got, want) || len(a.World.Configs) != len(want)+2 {
		s.t.Errorf("connectors %v, want %q and the charm's two", a.World.Configs, want)
	}
}
