package juju

// What `kcb new` writes, packed and deployed as its author would, and then changed
// and refreshed.

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// buildScaffold packs a new layer, outside the repository, and once more after its
// author has changed it. What it stands on has been fetched for the examples.
func buildScaffold(dir, kcb string) error {
	layer, file := filepath.Join(dir, "x"), "x_"+runtime.GOARCH+".charm"
	built.scaffold, built.changed = filepath.Join(dir, file), filepath.Join(dir, "changed", file)
	if err := produce([]string{kcb, "new", "x", "--replace", root, "--dir", layer}, "GOPROXY=off"); err != nil {
		return err
	}
	pack := []string{kcb, "build", "--arch", runtime.GOARCH, "--out", dir, layer}
	if err := produce(pack, "GOPROXY=off"); err != nil {
		return err
	}
	for name, change := range map[string][2]string{
		"config.yaml": {"default: /tmp/records.txt", "default: /tmp/changed.txt"},
		"x.go": {`"value.converter": "org.apache.kafka.connect.storage.StringConverter"`,
			`"value.converter": "org.apache.kafka.connect.converters.ByteArrayConverter"`},
	} {
		path := filepath.Join(layer, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), change[0]); n != 1 {
			return fmt.Errorf("cannot change the new layer: %s has %q %d times", name, change[0], n)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), change[0], change[1], 1)), 0o644); err != nil {
			return err
		}
	}
	pack[len(pack)-2] = filepath.Dir(built.changed)
	return produce(pack, "GOPROXY=off")
}

// TestStoryScaffold is the life of a charm whose author has typed no more than
// `kcb new` and `kcb build`: two units, its own option, endpoint and action, an
// upgrade to what the author changed, and its end.
func TestStoryScaffold(t *testing.T) { onEach(t, scaffoldLife) }

func scaffoldLife(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	s.step(step{Do: "remote", App: "reader", One: "records", Interface: "file-records", Data: []map[string]string{{}}})
	a := s.step(step{Do: "deploy", App: "connect", Charm: built.scaffold, Units: 2, Config: map[string]any{"topics": "orders"}})
	s.wantStatus(a, "connect/0", "blocked", "Kafka is missing")
	s.showsFile("/tmp/records.txt")
	s.step(step{Do: "configure", App: "connect", Config: map[string]any{"kubeconfig": ""}})
	a = s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantStatus(a, "connect/1", "active", "standing by")
	s.wantFlag(a, "connect/0", "x.running")
	s.wantFile(a, "/tmp/records.txt", false)
	a = s.step(step{Do: "integrate", One: "connect:records", Two: "reader:records"})
	s.wantFile(a, "/tmp/records.txt", true)
	s.scaffoldRefreshed()
	s.scaffoldConfigured()

	a = s.step(step{Do: "lead", App: "connect", Unit: "connect/1"})
	s.wantStatus(a, "connect/1", "active", "1 worker, 1 connector")
	s.wantFile(a, "/tmp/other.txt", true)
	a = s.step(step{Do: "remove-unit", Unit: "connect/0"})
	s.wantFile(a, "/tmp/other.txt", true)
	a = s.step(step{Do: "remove-relation", One: "connect:records", Two: "reader:records"})
	s.wantFile(a, "/tmp/other.txt", false)
	a = s.step(step{Do: "remove-relation", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/1", "blocked", "Kafka is missing")
	a = s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantFile(a, "/tmp/other.txt", false)
	a = s.step(step{Do: "remove-application", App: "connect"})
	if len(a.Units) != 0 || len(a.World.Objects) != 0 || len(a.World.Topics) == 0 || len(a.World.Connectors) != 0 {
		t.Errorf("left: units %v, objects %q, topics %v, connectors %v", a.Units, a.World.Objects, a.World.Topics, a.World.Connectors)
	}
	if n := s.processes(); n > 0 {
		t.Errorf("%d hook tools were run as processes, want none: the charm speaks to the agent's socket", n)
	}
}

// scaffoldRefreshed brings what the author changed: a default, and what the
// workers need.
func (s *story) scaffoldRefreshed() {
	s.t.Helper()
	s.wantConverter("StringConverter")
	a := s.step(step{Do: "refresh", App: "connect", Charm: built.changed})
	s.wantFirst(a, "connect/0", "ok upgrade-charm", "ok config-changed")
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantFile(a, "/tmp/changed.txt", true)
	s.wantConverter("ByteArrayConverter")
}

// scaffoldConfigured changes the layer's own option, with a mistake among it.
func (s *story) scaffoldConfigured() {
	s.t.Helper()
	a := s.step(step{Do: "configure", App: "connect", Config: map[string]any{"file": "/tmp/other.txt"}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantFile(a, "/tmp/other.txt", true)
	s.showsFile("/tmp/other.txt")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"file": ""}})
	s.wantStatus(a, "connect/0", "blocked", "option file is empty: juju config connect file=/tmp/records.txt")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"file": "/tmp/other.txt"}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantFile(a, "/tmp/other.txt", true)
}

// showsFile asks both units, of which only one leads.
func (s *story) showsFile(want string) {
	s.t.Helper()
	for _, unit := range []string{"connect/0", "connect/1"} {
		a := s.step(step{Do: "action", Unit: unit, Action: "show-file"})
		s.wantAction(a, "completed")
		if got := a.Action.Results["file"]; got != want {
			s.t.Errorf("%s shows the file %q, want %q", unit, got, want)
		}
	}
}

// wantFile wants the one connector with this file, and the reader told of it if
// it is related.
func (s *story) wantFile(a controller.Answer, file string, related bool) {
	s.t.Helper()
	if got := a.World.Configs["connect"]; len(a.World.Connectors) != 1 || got["file"] != file || got["topics"] != "orders" {
		s.t.Errorf("connectors %v, want one that writes orders to %s", a.World.Configs, file)
	}
	told, is := a.Relations["connect:records reader:records"]
	if is != related || related && told["connect"]["file"] != file {
		s.t.Errorf("the reader is told %v, want %q (related: %v)", told, file, related)
	}
}

func (s *story) wantConverter(class string) {
	s.t.Helper()
	a := s.step(step{Do: "action", Unit: "connect/0", Action: "worker-config", Params: map[string]any{"key": "value.converter"}})
	s.wantAction(a, "completed")
	if text := fmt.Sprint(a.Action.Results); !strings.Contains(text, class) {
		s.t.Errorf("the workers have %s, want %s", text, class)
	}
}
