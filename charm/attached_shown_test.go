package charm_test

// What is shown of the secret that option connectors-secrets names: nothing,
// whoever quotes it.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

const (
	hushed = "Tr0ub4dor" // what nobody may see
	quoted = "java.sql.SQLException: refused k = 'Tr0ub4dor'\n\tat Sink.put"
	shown  = "java.sql.SQLException: refused k = '****'"
)

// hushedFolder has a sink that takes the secret under a key that looks harmless.
func hushedFolder(topics string) map[string]string {
	return map[string]string{"connectors/prod/a.jsonnet": `local secrets = std.extVar('secrets');
{ 'connector.class': 'FileStreamSink', topics: '` + topics + `', file: '/dev/null', query: "k = '" + secrets.key + "'" }`}
}

// hush grants the application a secret for its attached folder.
func (l *life) hush(content map[string]string) (uri string) {
	l.t.Helper()
	uri, err := l.AddSecret("connectors", content)
	l.Must(err)
	l.Must(l.GrantSecret(uri, "connect"))
	l.configure(map[string]any{"connectors-secrets": uri})
	return uri
}

// breaks makes the task of connector a fail now and whenever it starts.
func (l *life) breaks(trace string) {
	l.t.Helper()
	if !l.Group("connect").Fail("a", 0, trace, true) {
		l.t.Fatal("the task cannot be made to fail")
	}
}

// update runs an update-status until the unit has this status.
func (l *life) update(want string) {
	l.t.Helper()
	l.eventually(func() string {
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
		return differ(l.status("connect/0"), want)
	})
}

// tells runs an action, however it ends, and gives all it says. That has to hold
// want, and must not hold what is hushed.
func (l *life) tells(action string, params map[string]any, want string) {
	l.t.Helper()
	result, err := l.RunAction(l.t.Context(), "connect/0", action, params)
	l.Must(err)
	said := fmt.Sprintf("%s %s %v", result.Status, result.Message, result.Results)
	if strings.Contains(said, hushed) || !strings.Contains(said, want) {
		l.t.Errorf("%s says %s\nwant %q in it, and no secret", action, said, want)
	}
}

// wantHushed: neither the log, nor what hooks print, nor what they hand to Juju
// holds the secret.
func (l *life) wantHushed() {
	l.t.Helper()
	l.wantNotLogged(hushed)
	for _, h := range l.Journal() {
		if strings.Contains(h.Stdout+h.Stderr, hushed) {
			l.t.Errorf("%s prints the secret:\n%s%s", h.Name, h.Stdout, h.Stderr)
		}
		for _, call := range h.Calls {
			if strings.Contains(strings.Join(call.Args, " "), hushed) {
				l.t.Errorf("%s calls %s %q", h.Name, call.Tool, call.Args)
			}
		}
	}
}

// TestAttachedSecretsAreShownNowhere: a failed task quotes the secret.
func TestAttachedSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	uri := l.hush(map[string]string{"key": hushed})
	l.attach(hushedFolder("lines"))
	l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
	if got := l.MustSnapshot().Connectors["a"].Config["query"]; got != "k = '"+hushed+"'" {
		t.Fatalf("the connector's query is %q", got)
	}
	l.breaks(quoted)
	const blocked = "blocked: prod: 0 of 1 connectors run; a: task 0 failed: " + shown
	l.step("in the status", func() { l.update(blocked) })
	l.step("in what actions say", func() {
		l.tells("connector-status", map[string]any{"name": "a"}, shown)
		l.tells("list-connectors", nil, shown)
		l.tells("list-tasks", map[string]any{"name": "a"}, shown)
		l.tells("plan-connectors", nil, shown)
		l.tells("explain", nil, shown)
	})
	l.step("when another option is wrong", func() {
		l.configure(map[string]any{"memory": "plenty"})
		l.tells("connector-status", map[string]any{"name": "a"}, shown)
		l.configure(map[string]any{"memory": "1G"})
	})
	l.step("when it cannot be read any more", func() {
		other, err := l.AddSecret("others", map[string]string{"key": "not granted"})
		l.Must(err)
		l.configure(map[string]any{"connectors-secrets": other})
		l.wantStatus("connect/0", "blocked: cannot read the secret that option connectors-secrets names: juju grant-secret "+other+" connect")
		const why = "**** (hidden: what option connectors-secrets names cannot be read)"
		l.tells("connector-status", map[string]any{"name": "a"}, why)
		l.tells("list-connectors", nil, why)
		l.tells("list-tasks", map[string]any{"name": "a"}, `"query":"`+why)
		l.configure(map[string]any{"connectors-secrets": uri})
	})
	l.step("in what a hook says that wrote, and saw it fail", func() {
		l.attach(hushedFolder("others"))
		l.wantStatus("connect/0", blocked)
	})
	l.step("in what is planned and applied by hand", func() {
		l.configure(map[string]any{"connectors-policy": "plan"})
		l.attach(hushedFolder("lines"))
		l.tells("plan-connectors", nil, shown)
		l.tells("apply-connectors", nil, "refused k")
	})
	l.step("by an action that restarts", func() {
		l.tells("restart-connector", map[string]any{"name": "a", "only-failed": true}, "restart")
	})
	l.wantHushed()
}

// A file hands the secret to something that quotes it, and the plugin complains with it.
func TestAttachedMistakesShowNoSecret(t *testing.T) {
	t.Parallel()
	talker := connecttest.Plugin{Class: "org.example.TalkerConnector", Type: "sink", Validate: func(config map[string]string) map[string][]string {
		return map[string][]string{"query": {"cannot do " + config["query"]}}
	}}
	l := newLife(t, world.Options{Connect: connecttest.Options{Plugins: []connecttest.Plugin{talker}}})
	l.deploy(1)
	l.hush(map[string]string{"key": hushed})
	l.step("a mistake", func() {
		l.attach(map[string]string{"connectors/prod/a.jsonnet": "{ 'connector.class': 'X', port: std.parseInt(std.extVar('secrets').key) }"})
		l.wantStatus("connect/0", "blocked: attached connectors: connectors/prod/a.jsonnet:1:33: (secret) is not a base 10 integer")
		l.tells("plan-connectors", nil, "(secret) is not")
	})
	l.step("a complaint", func() {
		l.attach(map[string]string{"connectors/prod/a.jsonnet": "{ 'connector.class': 'Talker', topics: 'lines', query: std.extVar('secrets').key }"})
		l.wantStatus("connect/0", `blocked: cannot create connector "a" (connectors/prod/a.jsonnet): it is not valid: query: cannot do ****`)
		l.tells("apply-connectors", nil, "cannot do ****")
	})
	l.wantHushed()
}

// A hook looks at all that runs, finds nothing to hide, and only then writes what fails.
func TestAttachedSecretShownLateInAHook(t *testing.T) {
	t.Parallel()
	var breaks atomic.Bool
	talker := connecttest.Plugin{Class: "org.example.TalkerConnector", Type: "sink", Start: func(config map[string]string) error {
		if breaks.Load() {
			return errors.New("cannot do " + config["query"])
		}
		return nil
	}}
	l := newLife(t, world.Options{Connect: connecttest.Options{Plugins: []connecttest.Plugin{talker}}})
	l.deploy(1)
	l.hush(map[string]string{"key": hushed})
	l.attach(map[string]string{"connectors/prod/a.jsonnet": "{ 'connector.class': 'Talker', topics: 'lines', query: std.extVar('secrets').key }"})
	l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
	l.past("PUT", "/connectors/a/config", `{"connector.class":"Talker","topics":"others","query":"nothing","connectors.owner":"test.connect/prod"}`)
	breaks.Store(true)
	l.update("blocked: prod: 0 of 1 connectors run; a: task 0 failed: org.apache.kafka.connect.errors.ConnectException: cannot do ****")
	l.wantHushed()
}

// A connector that a layer or an action registered quotes its own password.
func TestRegisteredSecretsAreShownNowhere(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.run("connect/0", "register-connector", map[string]any{"name": "a", "config": map[string]any{
		"connector.class": "FileStreamSink", "topics": "lines", "file": "/dev/null", "db.password": hushed,
	}})
	l.breaks(quoted)
	l.update("blocked: connector a failed: " + shown)
	l.tells("connector-status", map[string]any{"name": "a"}, shown)
	l.tells("list-connectors", nil, shown)
	l.tells("list-tasks", map[string]any{"name": "a"}, shown)
	for _, h := range l.Journal() {
		for _, call := range h.Calls {
			if call.Tool != "secret-set" && call.Tool != "secret-add" && strings.Contains(strings.Join(call.Args, " "), hushed) {
				t.Errorf("%s calls %s %q", h.Name, call.Tool, call.Args)
			}
		}
	}
	l.wantNotLogged(hushed)
}

// TestAttachedPausedAfterFailure: a pause does not mend a task that had failed.
func TestAttachedPausedAfterFailure(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.attach(folderOf("a", "b"))
	l.breaks("java.io.IOException: no space left")
	paused := folderOf("a", "b")
	for _, name := range []string{"a", "b"} {
		paused["connectors/prod/"+name+".jsonnet"] += " + { 'connectors.state': 'paused' }"
	}
	l.attach(paused)
	l.wantConnectors("a paused", "b paused", "connect-sink running", "connect-source running")
	l.update("blocked: prod: 0 of 2 connectors run, 1 paused or stopped; a: task 0 failed: java.io.IOException: no space left")
	l.Group("connect").Mend("a")
	l.run("connect/0", "restart-connector", map[string]any{"name": "a", "only-failed": true})
	l.update(runningStatus + "; prod: 0 of 2 connectors run, 2 paused or stopped")
}

// TestAttachedSecretIsReadOnce: an update-status reads the secret to see whether it
// is another one, and not again to hide it; where nothing is done about the folder
// and nothing is shown, not at all.
func TestAttachedSecretIsReadOnce(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	uri := l.hush(map[string]string{"key": hushed})
	l.attach(hushedFolder("lines"))
	l.wantSteady()
	reads := func(do func()) (n int) {
		before := len(l.Journal())
		do()
		for _, h := range l.JournalSince(before) {
			for _, call := range h.Calls {
				if call.Tool == "secret-get" && slices.Contains(call.Args, uri) {
					n++
				}
			}
		}
		return n
	}
	l.step("steady", func() {
		if n := reads(l.wantSteady); n != 1 {
			t.Errorf("the secret is read %d times, want once", n)
		}
	})
	l.step("failed", func() {
		l.breaks(quoted)
		l.update("blocked: prod: 0 of 1 connectors run; a: task 0 failed: " + shown)
		if n := reads(l.wantSteady); n != 1 {
			t.Errorf("the secret is read %d times, want once", n)
		}
		l.Group("connect").Mend("a")
		l.run("connect/0", "restart-connector", map[string]any{"name": "a", "only-failed": true})
		l.update(runningStatus + "; prod: 1 of 1 connectors run")
	})
	l.step("off", func() {
		l.configure(map[string]any{"connectors-policy": "off"})
		if n := reads(l.wantSteady); n != 0 {
			t.Errorf("the secret is read %d times, want never", n)
		}
	})
}

// Hook tools by their programs too.
func TestAttachedSecretsByPrograms(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Model: charmtest.Options{Exec: true}})
	l.deploy(1)
	l.hush(map[string]string{"key": hushed})
	l.attach(hushedFolder("lines"))
	l.breaks(quoted)
	l.update("blocked: prod: 0 of 1 connectors run; a: task 0 failed: " + shown)
}
