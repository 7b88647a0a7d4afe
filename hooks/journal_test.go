package hooks_test

// The journal's lines, and an example of a charm.

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestJournal(t *testing.T) {
	t.Parallel()
	ready := flags.New("ready")
	c := newCharm(t, fixed(
		reactive.When(flags.All(flags.Leader)).Do("get ready", func(_ context.Context, change *reactive.Changes) error {
			change.Set(ready)
			return nil
		}).Sets(ready),
		reactive.When(flags.All(ready)).Do("wait", func(context.Context, *reactive.Changes) error {
			return reactive.Waiting("for more")
		}),
	))
	c.agent.Leader = true
	c.agent.Relations["db:1"] = &jujutest.Relation{App: "pg"}
	journal := filepath.Join(t.TempDir(), "journal")
	environ := c.agent.RelationEnviron("db-relation-joined", "db:1", "pg", "pg/0")
	environ[hooks.JournalVariable] = journal
	for range 2 {
		if code := c.runIn(t.Context(), environ); code != 0 {
			t.Fatal(c.record.Error)
		}
	}
	text, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	var got hooks.Record
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	want := hooks.Record{
		Version: 1, Unit: "kc/0", Model: "test", Hook: "db-relation-joined", Relation: "db:1", Remote: "pg/0",
		Committed: true, Facts: []string{"leadership.is_leader"}, Passes: 2, Flags: []string{"ready"},
		Rules: []hooks.Ran{
			{Rule: "get ready", Outcome: "done", Changed: hooks.Changed{Set: []string{"ready"}}},
			{Rule: "wait", Pass: 1, Outcome: "waiting", Message: "for more"},
		},
		Outcomes: []hooks.Outcome{{Rule: "wait", Outcome: "waiting", Message: "for more"}},
		Status:   &hooks.Status{Kind: "waiting", Message: "for more"},
		Effects: []hooks.Effect{{Effect: "juju: state-get"}, {Effect: "juju: is-leader"}, {Effect: "juju: juju-log"},
			{Effect: "juju: state-set"}, {Effect: "juju: status-set"}},
		Calls: 5,
	}
	ignore := cmp.Options{
		cmpopts.IgnoreFields(hooks.Record{}, "Time", "Duration"), cmpopts.IgnoreFields(hooks.Ran{}, "Duration"),
		cmpopts.IgnoreFields(hooks.Effect{}, "Duration"),
	}
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Error(diff)
	}
	if got.Time.IsZero() || got.Duration <= 0 {
		t.Errorf("began %s, took %v ms", got.Time, got.Duration)
	}
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	c := newCharm(t, fixed(reactive.When(flags.All()).Do("rule", note)))
	environ := c.agent.Environ("start", map[string]string{hooks.JournalVariable: t.TempDir()})
	if code := c.runIn(t.Context(), environ); code != 0 || !strings.Contains(c.stderr.String(), "cannot write the journal") {
		t.Errorf("exit code %d, %s", code, c.stderr.String())
	}
}
