package charm_test

// Connectors that an operator attaches as a folder, through the binary that would be
// deployed.

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// TestAttached is the life of an attached folder.
func TestAttached(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	l.step("attached, it runs", func() {
		l.wantWrites("the folder", l.writes(func() { l.attach(folderOf("a", "b")) }), "PUT /connectors/a/config", "PUT /connectors/b/config")
		l.wantStatus(leader, runningStatus+"; prod: 2 of 2 connectors run")
		l.wantConnectors("a running", "b running", "connect-sink running", "connect-source running")
		if owner := l.MustSnapshot().Connectors["a"].Config["connectors.owner"]; owner != "test.connect/prod" {
			t.Errorf("its owner is %q", owner)
		}
	})
	l.step("nothing changes, nothing is written or evaluated", func() {
		l.wantSteady()
		l.wantWrites("the same folder", l.writes(func() { l.attach(folderOf("a", "b")) }))
	})
	l.step("what differs is written", func() {
		changed := folderOf("a", "b", "c")
		changed["connectors/prod/b.jsonnet"] += " + { 'connectors.state': 'paused', file: '/dev/zero' }"
		l.wantWrites("the change", l.writes(func() { l.attach(changed) }),
			"PUT /connectors/b/config", "PUT /connectors/b/pause", "PUT /connectors/c/config")
		l.wantStatus(leader, runningStatus+"; prod: 2 of 3 connectors run, 1 paused or stopped")
	})
	l.step("what was done past the charm is mended", func() {
		l.past("DELETE", "/connectors/a", "")
		l.wantWrites("update-status", l.writes(func() {
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
		}), "PUT /connectors/a/config")
		l.wantSteady()
	})
	l.step("the next leader finds all as it should be", func() {
		l.wantWrites("the next leader", l.writes(func() {
			l.Must(l.KillUnit(leader))
			l.MustSettle()
		}))
		leader = l.Leader("connect")
		l.wantStatus(leader, runningStatus+"; prod: 2 of 3 connectors run, 1 paused or stopped")
	})
	l.step("what no file describes stays, until it is to be pruned", func() {
		l.wantWrites("the smaller folder", l.writes(func() { l.attach(folderOf("a", "c")) }))
		l.wantConnectors("a running", "b paused", "c running", "connect-sink running", "connect-source running")
		l.wantWrites("pruning", l.writes(func() { l.configure(map[string]any{"connectors-policy": "apply-and-prune"}) }), "DELETE /connectors/b")
		l.wantStatus(leader, runningStatus+"; prod: 2 of 2 connectors run")
		l.wantSteady()
	})
	l.step("an empty file lets go", func() {
		l.Must(l.AttachResource("connect", "connectors", l.archive(nil)))
		l.wantWrites("letting go", l.writes(l.MustSettle))
		l.wantStatus(leader, runningStatus)
		l.run(leader, "unregister-connector", map[string]any{"name": "a"})
	})
}

// A folder that is wrong blocks, with the first mistake and their number, and
// changes nothing; the workers and their connectors go on.
func TestAttachedWrong(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.attach(folderOf("a"))
	broken := folderOf("a", "b")
	broken["connectors/prod/b.jsonnet"] = "{ 'connector.class': }"
	broken["connectors/prod/c.json"] = `{"connector.class": "X", "empty": null, "db.password": "hunter2"}`
	deep := folderOf("a")
	deep["connectors/prod/deep.jsonnet"] = "local loop(n) = loop(n + 1) tailstrict; loop(0)"
	several := folderOf("a")
	several["connectors/staging/a.jsonnet"] = several["connectors/prod/a.jsonnet"]
	refers := folderOf("a")
	refers["connectors.yaml"] = "defaults: {variables: {secrets: {env: JUJU_AGENT_TOKEN}}}"
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"mistakes":             {packed(t, broken), `connectors/prod/b.jsonnet:1:22: `},
		"no archive":           {[]byte("just a text"), "cannot unpack the archive: it is neither a tar, nor a tar.gz, nor a zip"},
		"a cut one":            {packed(t, folderOf("a"))[:100], "cannot unpack the archive: it is damaged"},
		"another folder":       {packed(t, map[string]string{"prod/a.json": "{}", "README.md": ""}), "the archive holds no connectors/ with a folder for each environment; at its top there is README.md, prod"},
		"out of the folder":    {packed(t, map[string]string{"../a": ""}), `cannot unpack the archive: it holds "../a", which leads out of the folder`},
		"several environments": {packed(t, several), "the folder has the environments prod, staging: set option connectors-env to one of them"},
		"a reference":          {packed(t, refers), `connectors.yaml:1: variable "secrets": cannot read the environment variable JUJU_AGENT_TOKEN: an attached folder comes without it`},
		"a loop":               {packed(t, deep), "connectors/prod/deep.jsonnet: "},
	} {
		l.step(name, func() {
			l.Must(l.AttachResource("connect", "connectors", l.archive(test.content)))
			l.wantWrites("a wrong folder", l.writes(l.MustSettle))
			got := l.status("connect/0")
			if !strings.HasPrefix(got, "blocked: attached connectors: "+test.want) {
				t.Errorf("status is %q, want %q", got, test.want)
			}
			if name == "mistakes" && !strings.HasSuffix(got, "(and 2 more)") {
				t.Errorf("status does not count the mistakes: %q", got)
			}
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			if again := l.status("connect/0"); again != got {
				t.Errorf("the next hook says %q, after %q", again, got)
			}
			l.wantConnectors("a running", "connect-sink running", "connect-source running")
		})
	}
	l.wantNotLogged("hunter2")
	l.step("mended", func() {
		l.wantWrites("the mended folder", l.writes(func() { l.attach(folderOf("a", "b")) }), "PUT /connectors/b/config")
		l.wantStatus("connect/0", runningStatus+"; prod: 2 of 2 connectors run")
	})
}

// TestAttachedPolicies: what each policy does, and what the actions do by hand.
func TestAttachedPolicies(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.configure(map[string]any{"connectors-policy": "off"})
	l.step("off", func() {
		l.wantWrites("off", l.writes(func() { l.attach(folderOf("a", "b")) }))
		l.wantStatus("connect/0", runningStatus)
	})
	l.step("plan", func() {
		l.wantWrites("plan", l.writes(func() { l.configure(map[string]any{"connectors-policy": "plan"}) }))
		l.wantStatus("connect/0", runningStatus+"; prod: 0 of 2 connectors run, 2 planned, see plan-connectors")
		l.wantSteady()
		got := l.run("connect/0", "plan-connectors", nil).Results
		if plan := fmt.Sprint(got["plan"]); !strings.Contains(plan, "a") || !strings.Contains(fmt.Sprint(got["json"]), `"changes":2`) {
			t.Errorf("plan-connectors gives %v", got)
		}
	})
	l.step("apply by hand", func() {
		got := l.writes(func() { l.run("connect/0", "apply-connectors", nil) })
		l.wantWrites("apply-connectors", got, "PUT /connectors/a/config", "PUT /connectors/b/config")
		l.wantStatus("connect/0", runningStatus+"; prod: 2 of 2 connectors run")
	})
	l.step("a mass deletion has to be allowed", func() {
		l.configure(map[string]any{"connectors-policy": "apply-and-prune"})
		l.attach(folderOf("c"))
		l.wantConnectors("a running", "b running", "connect-sink running", "connect-source running")
		l.wantStatus("connect/0", `blocked: the attached folder is not applied: it would delete 2 of the 2 connectors that carry the owner "test.connect/prod", and 1 may be deleted at once (20 %); juju run connect/leader apply-connectors allow-deletes=true does it`)
		l.fails("connect/0", "apply-connectors", nil, "it would delete 2 of the 2")
		l.run("connect/0", "apply-connectors", map[string]any{"allow-deletes": true})
		l.wantConnectors("c running", "connect-sink running", "connect-source running")
		l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
	})
	l.step("nothing attached", func() {
		l.Must(l.AttachResource("connect", "connectors", l.archive(nil)))
		l.MustSettle()
		l.fails("connect/0", "plan-connectors", nil, "no connectors are attached: juju attach-resource connect connectors=connectors.tgz")
	})
	l.step("a policy that is none", func() {
		l.configure(map[string]any{"connectors-policy": "aply"})
		l.wantStatus("connect/0", `blocked: option connectors-policy is "aply": set it to off, plan, apply or apply-and-prune, did you mean "apply"?`)
	})
}

// TestAttachedAndRegistered: what a layer or an action registers, and what a folder
// describes, do not fight.
func TestAttachedAndRegistered(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.step("a file describes what the charm registers", func() {
		got := l.writes(func() { l.attach(folderOf("a", "connect-sink")) })
		l.wantWrites("the folder", got, "PUT /connectors/a/config")
		l.wantStatus("connect/0", `blocked: connectors/prod/connect-sink.jsonnet describes connector "connect-sink", which is registered by this charm or an action: unregister it, or take it out of the folder`)
		l.wantSteady()
	})
	l.step("an action would change what a file describes", func() {
		got := l.writes(func() {
			for _, action := range []string{"pause-connector", "stop-connector", "resume-connector", "unregister-connector"} {
				l.fails("connect/0", action, map[string]any{"name": "a"}, `connector "a" is described by connectors/prod/a.jsonnet of the attached folder`)
			}
			l.fails("connect/0", "register-connector", map[string]any{"name": "a", "config": spare}, `connectors/prod/a.jsonnet`)
		})
		l.wantWrites("refused actions", got)
		l.run("connect/0", "restart-connector", map[string]any{"name": "a"})
		l.run("connect/0", "pause-connector", map[string]any{"name": "connect-sink"})
		l.run("connect/0", "resume-connector", map[string]any{"name": "connect-sink"})
	})
	l.step("somebody else's", func() {
		l.past("PUT", "/connectors/b/config", `{"connector.class":"FileStreamSink","topics":"lines","connectors.owner":"others/prod"}`)
		l.attach(folderOf("a", "b"))
		l.wantStatus("connect/0", `blocked: connector "b" of connectors/prod/b.jsonnet: it carries the owner "others/prod"`)
		l.wantSteady()
		l.run("connect/0", "apply-connectors", map[string]any{"take-over": true})
		l.wantStatus("connect/0", runningStatus+"; prod: 2 of 2 connectors run")
	})
}

// Attached before the charm's layer has registered anything, a file comes first: the layer is
// refused, until the file is gone.
func TestAttachedBeforeRegistered(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deployAttached(1, folderOf("a", "connect-sink"))
	l.wantStatus("connect/0", `blocked: connector "connect-sink" is described by connectors/prod/connect-sink.jsonnet of the attached folder: change it there and attach that, or set option connectors-policy to off`)
	l.attach(folderOf("a"))
	l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
	if sink := l.MustSnapshot().Connectors["connect-sink"].Config; sink["file"] != l.to || sink["connectors.owner"] != "" {
		t.Errorf("the sink is %v", sink)
	}
	l.wantSteady()
}

// TestAttachedComesAndGoes: with Kafka, and with the application.
func TestAttachedComesAndGoes(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deployAttached(2, folderOf("a"))
	all := []string{"a running", "connect-sink running", "connect-source running"}
	l.wantConnectors(all...)
	l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors()
	l.Must(l.KillUnit(l.Leader("connect")))
	l.Must(l.Integrate("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors(all...)
	l.wantStatus(l.Leader("connect"), runningStatus+"; prod: 1 of 1 connectors run")
	l.Must(l.RemoveApplication("connect"))
	l.MustSettle()
	l.wantConnectors()
}

// TestAttachedSecrets: a Juju secret becomes std.extVar("secrets").
func TestAttachedSecrets(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	files := map[string]string{
		"connectors.yaml": "environments: {prod: {variables: {secrets: {file: secrets.prod.json}}}}",
		"connectors/prod/a.jsonnet": `local secrets = std.extVar('secrets');
{ 'connector.class': 'FileStreamSink', topics: 'lines', 'db.password': secrets.a.password, 'other.password': secrets['other-password'] }`,
	}
	uri, err := l.AddSecret("connectors", map[string]string{"json": `{"a": {"password": "hunter2"}}`, "other-password": "hunter3"})
	l.Must(err)
	l.Must(l.GrantSecret(uri, "connect"))
	l.configure(map[string]any{"connectors-secrets": uri})
	l.attach(files)
	l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
	if got := l.MustSnapshot().Connectors["a"].Config; got["db.password"] != "hunter2" || got["other.password"] != "hunter3" {
		t.Errorf("the connector got %v", got)
	}
	l.wantSteady()
	l.step("no file on the unit holds them", func() {
		l.Must(filepath.WalkDir(l.Dir(), func(path string, entry os.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() || !strings.Contains(path, ".connectors") {
				return err
			}
			if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte("hunter")) {
				t.Errorf("%s holds a secret (%v)", path, err)
			}
			return nil
		}))
	})
	l.wantNotLogged("hunter")
	l.configure(map[string]any{"connectors-secrets": "words"})
	l.wantStatus("connect/0", "blocked: option connectors-secrets is not the URI of a Juju secret: juju add-secret prints one (secret:…)")
}

// TestAttachedTrouble: what Connect refuses, and what fails when it runs, is said, and
// the rest goes on.
func TestAttachedTrouble(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	group := l.Group("connect")
	l.step("Connect refuses one", func() {
		files := folderOf("a", "b")
		files["connectors/prod/b.jsonnet"] = "{ 'connector.class': 'no.such.Class' }"
		l.attach(files)
		l.wantConnectors("a running", "connect-sink running", "connect-source running")
		l.wantStatus("connect/0", `blocked: cannot create connector "b" (connectors/prod/b.jsonnet): it is not valid: the workers have no connector class "no.such.Class"`)
		result, err := l.RunAction(t.Context(), "connect/0", "apply-connectors", nil)
		l.Must(err)
		if report := fmt.Sprint(result.Results["report"]); result.Status != "failed" || !strings.Contains(report, "no.such.Class") {
			t.Errorf("apply-connectors is %s with %v", result.Status, result.Results)
		}
	})
	l.step("a task fails", func() {
		l.attach(folderOf("a", "b"))
		l.wantStatus("connect/0", runningStatus+"; prod: 2 of 2 connectors run")
		if !group.Fail("a", 0, "java.io.IOException: no space left\n\tat Sink.put", true) {
			t.Fatal("the task cannot be made to fail")
		}
		l.eventually(func() string {
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			return differ(l.status("connect/0"), "blocked: prod: 1 of 2 connectors run; a: task 0 failed: java.io.IOException: no space left")
		})
		group.Mend("a")
		l.run("connect/0", "restart-connector", map[string]any{"name": "a", "only-failed": true})
		l.eventually(func() string {
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			return differ(l.status("connect/0"), runningStatus+"; prod: 2 of 2 connectors run")
		})
	})
}

// Hook tools by their programs, the charm's other way, hand out the same file.
func TestAttachedByPrograms(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Model: charmtest.Options{Exec: true}})
	l.deploy(1)
	l.attach(folderOf("a"))
	l.wantStatus("connect/0", runningStatus+"; prod: 1 of 1 connectors run")
}
