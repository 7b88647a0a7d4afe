package juju

// The hook tools, asked by a script instead of by the charm.

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/juju/charm/v12"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// TestStoryToolsAnswerAsRecorded runs the scripts that charmtest's own test runs, as
// actions of units of Juju's agent, and wants the recordings that charmtest is
// held to.
func TestStoryToolsAnswerAsRecorded(t *testing.T) { onEach(t, toolsAnswerAsRecorded) }

func toolsAnswerAsRecorded(t *testing.T, on place) {
	m := newModel(t, on)
	steps := []step{{Do: "deploy", App: "kc", Charm: pack(t, root+"/charmtest/testdata/probe"), Units: 2}}
	for _, name := range []string{"a", "b", "c"} { // so that the next relation has number 3
		steps = append(steps, step{Do: "remote", App: name}, step{Do: "integrate", One: "kc:other", Two: name + ":other"})
	}
	for _, one := range append(steps, step{Do: "remote", App: "pg", Data: []map[string]string{{"host": "10.0.0.2"}}},
		step{Do: "integrate", One: "kc:db", Two: "pg:db"}) {
		_, err := m.Play(one)
		must(t, err)
	}
	must(t, m.SetAppData("kc:db", "pg", map[string]string{"database": "x"}))
	look(t, m, "", func(a controller.Answer) bool { return len(a.Hooks["kc/0"]) > 0 && len(a.Hooks["kc/1"]) > 0 })
	for _, test := range []struct{ unit, script string }{{"kc/0", "tools"}, {"kc/1", "follower"}} {
		number, err := m.Play(step{Do: "action", Unit: test.unit, Action: test.script})
		must(t, err)
		a := look(t, m, number, func(a controller.Answer) bool { return a.Action != nil })
		said, _ := a.Action.Results["stdout"].(string)
		said = modelUUID.ReplaceAllString(said, agent.ModelUUID)
		recording := root + "/charmtest/testdata/" + test.script + ".txt"
		if *update {
			must(t, os.WriteFile(recording, []byte(said), 0o644))
		}
		compare(t, recording, said)
	}
}

// modelUUID is what a model of Juju's own controller has another one of each time.
var modelUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

var update = flag.Bool("update", false, "write what Juju's tools said to the recordings")

// compare tells each command of a script that was answered otherwise.
func compare(t *testing.T, recording, said string) {
	t.Helper()
	want, err := os.ReadFile(recording)
	must(t, err)
	wanted, given := strings.Split(string(want), "\n$ "), strings.Split(said, "\n$ ")
	if len(wanted) != len(given) || len(wanted) < 10 {
		t.Fatalf("%d commands were answered, and the recording has %d:\n%s", len(given), len(wanted), said)
	}
	for i := range wanted {
		if strings.TrimSpace(wanted[i]) != strings.TrimSpace(given[i]) {
			t.Errorf("answered:\n%s\nrecorded:\n%s", given[i], wanted[i])
		}
	}
}

// newModel is a model without a charmtest beside it.
func newModel(t *testing.T, on place) juju {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "jj")
	must(t, err)
	m, err := on(controller.Options{Dir: dir, Jujuc: built.jujuc, NoRetry: true})
	must(t, err)
	t.Cleanup(func() {
		must(t, m.Close())
		must(t, os.RemoveAll(dir))
	})
	return m
}

// look waits until the agents rest and a thing is so.
func look(t *testing.T, m juju, action string, so func(controller.Answer) bool) controller.Answer {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		idle := m.Idle()
		if a := m.Look(action); idle && so(a) {
			return a
		}
		if trouble := m.Trouble(); len(trouble) > 0 || time.Now().After(end) {
			t.Fatalf("the agents do not get there (idle: %v): %q", idle, trouble)
		}
	}
}

// pack makes an archive of a charm's folder.
func pack(t *testing.T, folder string) string {
	t.Helper()
	from, err := charm.ReadCharmDir(folder)
	must(t, err)
	archive := filepath.Join(t.TempDir(), filepath.Base(folder)+".charm")
	to, err := os.Create(archive)
	must(t, err)
	must(t, from.ArchiveTo(to))
	must(t, to.Close())
	return archive
}
