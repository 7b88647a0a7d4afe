package charm_test

// What an operator does by hand, through the binary that would be deployed.

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// fails runs an action that has to fail, and wants its message to hold a text.
func (l *life) fails(unit, action string, params map[string]any, want string) {
	l.t.Helper()
	result, err := l.RunAction(context.Background(), unit, action, params)
	l.Must(err)
	if result.Status != "failed" || !strings.Contains(result.Message, want) {
		l.t.Errorf("%s %v is %s with %q, want a failure with %q", action, params, result.Status, result.Message, want)
	}
}

// other is a unit that does not lead.
func (l *life) other() string {
	l.t.Helper()
	for _, unit := range l.Units("connect") {
		if unit != l.Leader("connect") {
			return unit
		}
	}
	l.t.Fatal("the leader is alone")
	return ""
}

const spare = `{"connector.class": "FileStreamSink", "topics": "lines", "file": "/dev/null", "tasks.max": 1, "db.password": "hunter2hunter2"}`

// TestRegisterByAction: what an operator registers lives as long as what the charm registers.
func TestRegisterByAction(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	got := l.run(leader, "register-connector", map[string]any{"name": "spare", "config": spare})
	if got.Results["result"] != "connector spare is created" {
		t.Errorf("results are %v", got.Results)
	}
	l.wantStatus(leader, "active: 1 worker, 3 connectors")
	writes := len(l.Group("connect").Writes())
	same := map[string]any{"name": "spare", "config": map[string]any{ // as juju run hands it over: it parses what looks like a map
		"connector.class": "FileStreamSink", "topics": "lines", "file": "/dev/null", "tasks.max": 1, "db.password": "hunter2hunter2"}}
	l.run(leader, "register-connector", same)
	if again := l.Group("connect").Writes()[writes:]; len(again) > 0 {
		t.Errorf("the same configuration was written again: %v", again)
	}
	l.step("it is remembered", func() {
		l.run(leader, "stop-connector", map[string]any{"name": "spare"})
		l.Must(l.KillUnit(leader))
		l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
		l.MustSettle()
		l.wantConnectors()
		l.Must(l.Integrate("connect:kafka", "kafka:client"))
		l.MustSettle()
		leader = l.Leader("connect")
		l.wantConnectors("connect-sink running", "connect-source running", "spare stopped")
		l.run(leader, "resume-connector", map[string]any{"name": "spare"})
		l.wantConnectors("connect-sink running", "connect-source running", "spare running")
	})
	l.step("unregistered it is forgotten", func() {
		l.run(leader, "unregister-connector", map[string]any{"name": "spare"})
		if again := l.run(leader, "unregister-connector", map[string]any{"name": "spare"}); again.Results["result"] != "connector spare was not there" {
			t.Errorf("unregistering twice gives %v", again.Results)
		}
		l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
		l.MustSettle()
		l.Must(l.Integrate("connect:kafka", "kafka:client"))
		l.MustSettle()
		l.wantConnectors("connect-sink running", "connect-source running")
	})
	for _, hook := range l.Journal() {
		for _, line := range hook.Log {
			if strings.Contains(line.Message, "hunter2") {
				t.Errorf("%s logged a password: %s", hook.Name, line.Message)
			}
		}
	}
}

// TestConfigForms: each way to write a configuration, and each that is refused.
func TestConfigForms(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	leader := l.Leader("connect")
	const class = `"connector.class": "FileStreamSink"`
	for form, want := range map[string]string{ // of the name one, unless it says another
		`{` + class + `, "topics": "lines", "big": 12345678901234567890123, "share": 2.50}`: `12345678901234567890123`,
		"connector.class: FileStreamSink\ntopics: lines\nfile: /tmp/out\n":                  `"file":"/tmp/out"`,
		`{"name": "one", "config": {` + class + `, "topics": "lines", "x": true}}`:          `"x":"true"`,
		`{"name": "one", ` + class + `, "topics": "lines", "n": 1e3}`:                       `"n":"1000"`,
	} {
		params := map[string]any{"config": form}
		if !strings.Contains(form, `"name"`) {
			params["name"] = "one"
		}
		l.run(leader, "register-connector", params)
		live, err := json.Marshal(l.MustSnapshot().Connectors["one"].Config)
		l.Must(err)
		if !strings.Contains(string(live), want) {
			t.Errorf("%s became %s, want %s", form, live, want)
		}
	}
	writes := len(l.Group("connect").Writes())
	for form, want := range map[string]string{
		`{` + class + `}`:               "has no name",
		`{"name": "one"}`:               `no "connector.class"`,
		`[1, 2]`:                        "not a map",
		`just words`:                    "not a map",
		"name: one\na: b: c":            "neither JSON nor YAML: look at line 2",
		"name: one\npassword: *hunter2": "neither JSON nor YAML",
		"name: one\nname: two":          "a key twice",
		`{"name": "one", "config": {` + class + `}, "other":1}`: `"other"`,
		`{"name": "two", ` + class + `}`:                        `name="two"`,
		`{"name": "one", ` + class + `, "a": {"b": 1}}`:         `"a" is an object`,
		`{"name": "one", ` + class + `, "a": null, "b": []}`:    `"a" is null; "b" is an array`,
	} {
		params := map[string]any{"config": form}
		if strings.HasPrefix(form, `{"name": "two"`) {
			params["name"] = "one"
		}
		l.fails(leader, "register-connector", params, want)
	}
	for _, name := range []string{"a/b", "a;b", `a\b`, "50%", "{x}", "..", " x", "x\n"} {
		for _, action := range []string{"connector-status", "list-tasks", "pause-connector", "resume-connector", "stop-connector", "restart-connector", "unregister-connector"} {
			l.fails(leader, action, map[string]any{"name": name}, "as a connector's name")
		}
		l.fails(leader, "register-connector", map[string]any{"name": name, "config": spare}, "as a connector's name")
	}
	if again := l.Group("connect").Writes()[writes:]; len(again) > 0 {
		t.Errorf("what was refused was written: %v", again)
	}
}

func TestActionsOnOneConnector(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	leader := l.Leader("connect")
	l.wantBytes("once")
	group := l.Group("connect")
	if !group.Fail("connect-sink", 0, "java.io.IOException: no space left for password=hunter2hunter2\n\tat Sink.put", true) {
		t.Fatal("the task cannot be made to fail")
	}
	status := l.run(leader, "connector-status", map[string]any{"name": "connect-sink"}).Results
	trace, _ := deep(status, "tasks", "0", "trace").(string)
	if deep(status, "state") != "RUNNING" || deep(status, "tasks", "0", "state") != "FAILED" ||
		!strings.Contains(trace, "no space left") || strings.Contains(trace, "hunter2") {
		t.Errorf("connector-status gives %v", status)
	}
	if failed := l.run(leader, "list-connectors", map[string]any{"state": "failed"}).Results; failed["count"] != "1" ||
		!strings.HasPrefix(failed["connectors"].(string), "connect-sink: RUNNING, 0 of 1 tasks running") {
		t.Errorf("list-connectors state=failed gives %v", failed)
	}
	group.Mend("connect-sink")
	l.run(leader, "restart-connector", map[string]any{"name": "connect-sink", "only-failed": true})
	l.wantBytes("again")
	for _, step := range [][2]string{{"pause-connector", "paused"}, {"stop-connector", "stopped"}, {"resume-connector", "running"}} {
		l.run(leader, step[0], map[string]any{"name": "connect-source"})
		l.wantConnectors("connect-sink running", "connect-source "+step[1])
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
		l.wantConnectors("connect-sink running", "connect-source "+step[1])
	}
	for _, action := range []string{"pause-connector", "stop-connector", "connector-status", "list-tasks", "restart-connector"} {
		l.fails(leader, action, map[string]any{"name": "nobody"}, "404")
	}
}

// Workers before 3.5 cannot stop a connector; their 404 says otherwise.
func TestStopOnOldWorkers(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Group("connect").Inject(connecttest.Fault{Method: "PUT", Path: "/connectors/*/stop", Status: 404, Times: -1,
		Body: `{"error_code": 404, "message": "HTTP 404 Not Found"}`})
	l.fails("connect/0", "stop-connector", map[string]any{"name": "connect-sink"}, `these workers cannot stop connector "connect-sink", Kafka 3.5 can: pause it instead`)
}

// TestActionsOffTheLeader: only the leader speaks for the cluster; what explain says is of the unit.
func TestActionsOffTheLeader(t *testing.T) {
	t.Parallel()
	for version, command := range map[string]string{"3.6.11": "juju run connect/leader", "2.9.42": "juju run-action --wait connect/leader"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{Model: charmtest.Options{JujuVersion: version}})
			l.deploy(2)
			unit := l.other()
			for action, params := range map[string]map[string]any{
				"list-connectors": nil, "list-plugins": nil, "worker-config": nil, "list-tasks": {"name": "connect-sink"},
				"register-connector": {"name": "x", "config": spare}, "unregister-connector": {"name": "connect-sink"},
			} {
				l.fails(unit, action, params, unit+" does not lead: "+command+" "+action)
			}
			got := l.run(unit, "explain", map[string]any{"rule": "stand by"})
			if got.Results["rules"] != "stand by: due" {
				t.Errorf("explain says %v", got.Results)
			}
			l.wantConnectors("connect-sink running", "connect-source running")
		})
	}
}

// Juju 2 with the relation has no place for what an operator registers, and says so.
func TestRegisterWithoutMemory(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm, charmtest.Options{JujuVersion: "2.9.42"})
	k.register("connect-0", "theirs", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.Must(k.Refresh("connect", fileCharm))
	k.MustSettle()
	k.applyAll()
	k.wantStatus("connect/0", runningStatus) // theirs is left alone: it could not come back
	got := k.run("connect/0", "register-connector", map[string]any{"name": "spare", "config": spare}).Results["result"]
	if text, _ := got.(string); !strings.HasPrefix(text, "connector spare is created; it is not remembered") {
		t.Errorf("result is %q", got)
	}
	k.wantConnectors("connect-sink running", "connect-source running", "spare running", "theirs running")
}

func deep(results map[string]any, path ...string) any {
	var at any = results
	for _, key := range path {
		inner, _ := at.(map[string]any)
		at = inner[key]
	}
	return at
}
