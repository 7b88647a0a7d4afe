package connectors_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// live is a cluster with one connector "x" of this state, with tasks as many
// as there are states for them.
func live(config map[string]string, state string, tasks ...string) *connectors.Live {
	one := connect.Expanded{Info: connect.Info{Name: "x", Config: config, Type: "source"}}
	one.Status = connect.Status{Name: "x", Connector: connect.State{State: state, WorkerID: "w:8083"}}
	for i, task := range tasks {
		one.Status.Tasks = append(one.Status.Tasks, connect.State{ID: i, State: task, WorkerID: "w:8083"})
	}
	return &connectors.Live{Connectors: map[string]connect.Expanded{"x": one}}
}

func with(config map[string]string, more ...string) map[string]string {
	config = maps.Clone(config)
	for i := 0; i+1 < len(more); i += 2 {
		config[more[i]] = more[i+1]
	}
	return config
}

func TestPlanOfOneConnector(t *testing.T) {
	t.Parallel()
	base := map[string]string{"name": "x", "connector.class": "FileStreamSource", "topic": "lines"}
	const key = connectors.OwnerKey
	policy := connectors.Policy{Owner: ours}
	tests := []struct {
		name   string
		config map[string]string
		state  string
		tasks  []string
		wanted connectors.Connector
		policy connectors.Policy
		want   string // action, and the changed keys
	}{
		{name: "equal and ours", config: with(base, key, ours), want: "unchanged"},
		{name: "equal without a key", config: base, want: "unchanged"},
		{name: "equal, adopted", config: base, policy: connectors.Policy{Owner: ours, Adopt: true}, want: "adopt: connectors.owner"},
		{name: "different without a key", config: with(base, "topic", "other"), want: "update: connectors.owner topic"},
		{name: "different and ours", config: with(base, key, ours, "topic", "other"), want: "update: topic"},
		{name: "another owner", config: with(base, key, "them/prod"), want: "conflict"},
		{name: "another owner, taken over", config: with(base, key, "them/prod"), policy: connectors.Policy{Owner: ours, TakeOver: true}, want: "adopt: connectors.owner"},
		{name: "another owner, without one of ours", config: with(base, key, "them/prod"), policy: connectors.Policy{}, want: "conflict"},
		{name: "no owner is written", config: with(base, "topic", "other"), policy: connectors.Policy{}, want: "update: topic"},
		{name: "a class that refuses the key", config: base, policy: connectors.Policy{Owner: ours, Adopt: true, WithoutOwner: []string{"FileStreamSource"}}, want: "unchanged"},
		{name: "a key removed and one added", config: with(base, key, ours, "gone", "1"), wanted: source("x", "come", "2"), want: "update: come gone"},
		{name: "a masked value", config: with(base, key, ours, "password", "********"), wanted: source("x", "password", "${env:P}"), want: "unchanged"},
		{name: "bullets", config: with(base, key, ours, "password", "••••••••"), wanted: source("x", "password", "literal"), want: "unchanged"},
		{name: "internal keys", config: with(base, key, ours, "__internal.partition.key", "7"), want: "unchanged"},
		{name: "ignored keys", config: with(base, key, ours, "cloud.zone", "a"), wanted: source("x", "cloud.zone", "b"),
			policy: connectors.Policy{Owner: ours, IgnoreKeys: []string{"cloud.*"}}, want: "unchanged"},
		{name: "a reference", config: with(base, key, ours, "password", "${file:/a:b}"), wanted: source("x", "password", "${file:/a:c}"), want: "update: password"},
		{name: "paused, to run", config: with(base, key, ours), state: connect.Paused, want: "resume"},
		{name: "stopped, to run", config: with(base, key, ours), state: connect.Stopped, want: "resume"},
		{name: "to be paused", config: with(base, key, ours), wanted: in(connectors.Paused, source("x")), want: "pause"},
		{name: "to be stopped", config: with(base, key, ours), wanted: in(connectors.Stopped, source("x")), want: "stop"},
		{name: "failed, to be stopped", config: with(base, key, ours), state: connect.FailedNow, wanted: in(connectors.Stopped, source("x")), want: "stop"},
		{name: "failed, to be paused", config: with(base, key, ours), state: connect.FailedNow, wanted: in(connectors.Paused, source("x")), want: "conflict"},
		{name: "failed, changed and to be paused", config: with(base, key, ours, "topic", "other"), state: connect.FailedNow, wanted: in(connectors.Paused, source("x")), want: "update and pause: topic"},
		{name: "failed, to run", config: with(base, key, ours), state: connect.FailedNow, want: "unchanged"},
		{name: "unassigned, to run", config: with(base, key, ours), state: connect.Unassigned, want: "unchanged"},
		{name: "changed and to run", config: with(base, key, ours, "topic", "other"), state: connect.Stopped, want: "update and resume: topic"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.state == "" {
				test.state = connect.Running
			}
			if test.wanted.Name == "" {
				test.wanted = source("x")
			}
			if test.policy.Owner == "" && !strings.Contains(test.name, "no owner") && !strings.Contains(test.name, "without one of ours") {
				test.policy = policy
			}
			p, err := connectors.NewPlan([]connectors.Connector{test.wanted}, live(test.config, test.state, connect.Running), test.policy)
			if err != nil {
				t.Fatal(err)
			}
			if got := stepOf(t, p); got != test.want {
				t.Errorf("the plan is %q, want %q", got, test.want)
			}
		})
	}
}

// stepOf is the only step of a plan: what its text says, and its keys.
func stepOf(t *testing.T, p *connectors.Plan) string {
	t.Helper()
	var keys []string
	for _, c := range p.Steps[0].Changes {
		keys = append(keys, c.Key)
	}
	what := string(p.Steps[0].Action)
	var text bytes.Buffer
	if err := p.Text(&text, connectors.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, move := range []string{" and pause", " and resume", " and stop"} {
		if strings.Contains(text.String(), what+move) {
			what += move
		}
	}
	if keys == nil {
		return what
	}
	return what + ": " + strings.Join(keys, " ")
}

func TestPlanMistakes(t *testing.T) {
	t.Parallel()
	twice := source("x")
	twice.Source.File = "connectors/prod/other.yaml"
	wanted := []connectors.Connector{source("x"), twice, source("a/b"), in("sleeping", source("s"))}
	_, err := connectors.NewPlan(wanted, &connectors.Live{}, connectors.Policy{Prune: true, IgnoreKeys: []string{"["}, MaxDelete: 2})
	if err == nil {
		t.Fatal("all of it was accepted")
	}
	for _, want := range []string{
		`two files want it, connectors/prod/x.jsonnet and connectors/prod/other.yaml`, `"a/b"`, `"sleeping"`, `"["`,
		"cannot prune without an owner", "cannot use 2 as the share",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the mistakes do not say %q:\n%v", want, err)
		}
	}
}

// owning is a cluster with so many connectors that carry our owner.
func owning(n int) *connectors.Live {
	all := &connectors.Live{Connectors: map[string]connect.Expanded{}}
	for i := range n {
		name := fmt.Sprintf("c%03d", i)
		one := live(owned(source(name), ours), connect.Running, connect.Running).Connectors["x"]
		all.Connectors[name] = one
	}
	return all
}

func TestMassDeletionIsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		there, wanted int
		share         float64
		refused       bool
	}{{10, 8, 0, false}, {10, 7, 0, true}, {3, 2, 0, false}, {3, 1, 0, true}, {1, 0, 0, false}, {10, 0, 1, false}, {10, 4, 0.5, true}, {10, 5, 0.5, false}} {
		var wanted []connectors.Connector
		for i := range test.wanted {
			wanted = append(wanted, source(fmt.Sprintf("c%03d", i)))
		}
		p, err := connectors.NewPlan(wanted, owning(test.there), connectors.Policy{Owner: ours, Prune: true, MaxDelete: test.share})
		if err != nil {
			t.Fatal(err)
		}
		if (p.Refused != "") != test.refused {
			t.Errorf("%+v: refused is %q", test, p.Refused)
		}
		if !test.refused {
			continue
		}
		if _, err := connectors.Apply(t.Context(), nowhere(t), p, quick()); err == nil {
			t.Errorf("%+v: the plan was applied", test)
		}
		one := p.Only(func(name string) bool { return name == fmt.Sprintf("c%03d", test.there-1) })
		if one.Refused != "" || one.Count(connectors.Delete) != 1 {
			t.Errorf("%+v: one of them is %d deletions, refused %q", test, one.Count(connectors.Delete), one.Refused)
		}
	}
}

// nowhere is a client that reaches nobody: what uses it fails otherwise.
func nowhere(t *testing.T) *connect.Client { return client(t, "http://127.0.0.1:1") }

// secretive is a plan that touches passwords in every way.
func secretive(t *testing.T) *connectors.Plan {
	t.Helper()
	now := live(map[string]string{
		"connector.class": "FileStreamSource", connectors.OwnerKey: ours, "topic": "lines", "password": "old-hunter2", "same.token": "kept-hunter2",
		"connection.uri": "mongodb://u:uri-hunter2@host", "copy": "prefix old-hunter2", "removed.secret": "gone-hunter2", "ref.password": "${env:A}",
	}, connect.Running, connect.FailedNow)
	one := now.Connectors["x"]
	one.Status.Tasks[0].Trace = "java.lang.Exception: cannot log in with old-hunter2\n\tat x"
	now.Connectors["x"] = one
	odd := source("with`ticks```<b>*", "value", "```\n</details>|@team", "blank", "a\x1b[31mb")
	odd.Source = connectors.Source{File: "connectors/prod/all.yaml", Key: "odd"}
	p, err := connectors.NewPlan([]connectors.Connector{
		source("x", "password", "new-hunter2", "same.token", "kept-hunter2", "connection.uri", "mongodb://u:other-hunter2@host", "copy", "prefix new-hunter2", "ref.password", "${env:B}"),
		odd, in(connectors.Stopped, source("y", "password", "made-hunter2")),
	}, now, connectors.Policy{Owner: ours})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNoTextOfAPlanHoldsASecret(t *testing.T) {
	t.Parallel()
	p := secretive(t)
	var text, coloured, markdown bytes.Buffer
	raw, err := json.MarshalIndent(p, "", "  ")
	for _, err := range []error{err, p.Text(&text, connectors.TextOptions{All: true}), p.Text(&coloured, connectors.TextOptions{Colour: true}), p.Markdown(&markdown)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range []string{text.String(), coloured.String(), markdown.String(), string(raw)} {
		if strings.Contains(one, "hunter2") {
			t.Errorf("a secret is told:\n%s", one)
		}
	}
	if strings.Contains(text.String(), "\x1b") {
		t.Errorf("a value can move the cursor: %q", &text)
	}
	testfile.Golden(t, "testdata/plan.txt", text.String())
	testfile.Golden(t, "testdata/plan.md", markdown.String())
	testfile.Golden(t, "testdata/plan.json", string(raw)+"\n")
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	t.Parallel()
	var wanted []connectors.Connector
	for i := range 1000 {
		wanted = append(wanted, source(fmt.Sprintf("connector-%04d", i), "value", strings.Repeat("v", 300)))
	}
	p, err := connectors.NewPlan(wanted, &connectors.Live{}, connectors.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65_000 || !strings.Contains(b.String(), "1000 to create") || !strings.Contains(b.String(), "more, of which there is no room") {
		t.Errorf("the comment has %d bytes, and ends %q", b.Len(), b.String()[b.Len()-100:])
	}
}
