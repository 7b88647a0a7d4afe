// What people read: the table, the picture, and the explanations.

package reactive_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
)

// sample is a layer with one of everything.
func sample() reactive.Rules {
	ready, created, stale := flags.New("app.ready"), flags.New("app.topic-created"), flags.New("app.stale")
	kafka := flags.Endpoint("kafka", "hosts")
	return reactive.Rules{
		reactive.When(flags.Not(kafka.Available)).Do("wait for kafka", nothing).Clears(ready),
		reactive.When(flags.All(kafka.Available).And(flags.Not(ready))).Do("be ready", nothing).Sets(ready),
		reactive.When(flags.All(ready, flags.Leader).And(flags.Not(created))).
			Do(`create "topics"`, nothing).Sets(created).Once(),
		reactive.When(flags.Any(kafka.Changed, stale).And(flags.All(ready), flags.NotAll(stale, flags.Action("restart")))).
			Do("configure", nothing).Clears(stale),
		reactive.When(flags.All()).Do("say what it is", nothing),
		reactive.OnSet(flags.ConfigChanged).Sets(stale),
		reactive.OnCleared(ready).Clears(created, stale),
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	var sentences []string
	for _, entry := range sample() {
		sentences = append(sentences, entry.String()+"\n")
	}
	for name, got := range map[string]string{
		"table.txt":     sample().String(),
		"graph.mmd":     sample().Graph(),
		"sentences.txt": strings.Join(sentences, ""),
	} {
		file := filepath.Join("testdata", name)
		testfile.Golden(t, file, got)
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	d := flags.New("d")
	u := newUnit(t,
		on(a).Do("due", nothing),
		on().Do("once", nothing).Once(),
		on(a, b, flags.Leader).Do("missing", nothing),
		on(flags.ConfigChanged).Do("saw it", nothing),
		on(db.Changed, db.Departed).Do("never saw it", nothing),
		reactive.When(flags.Not(b, a)).Do("in the way", nothing),
		reactive.When(flags.Any(b, c).And(flags.NotAll(a, d))).Do("choices", nothing),
		reactive.When(flags.All(b).And(flags.Not(a, d), flags.NotAll(a))).Do("everything", nothing),
		on(flags.New("by trigger")).Do("triggered", nothing),
		reactive.OnSet(flags.ConfigSet("k")).Sets(flags.New("by trigger")),
	)
	u.state.Flags = []string{"a", "d"}
	u.hook(versions("config.changed", "1"), "due", "once", "saw it")
	w := versions("config.changed", "1")
	w.Facts = map[string]bool{"config.set.k": true}
	var got []string
	for _, e := range u.engine.Explain(u.state, w) {
		got = append(got, e.String())
	}
	want := []string{
		"due: due",
		"once: has run once and for all",
		"missing: waits for b, leadership.is_leader",
		"saw it: has seen config.changed as it is",
		"never saw it: has seen endpoint.db.changed, endpoint.db.departed as they are",
		"in the way: a is in the way",
		"choices: waits for b or c; a and d are in the way together",
		"everything: waits for b; a, d are in the way; a is in the way",
		"triggered: due",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if result := u.hook(w, "due", "triggered"); result.Before.Set == nil {
		t.Error("the trigger did not fire")
	}
}
