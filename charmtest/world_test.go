// Relations, leadership and the other things between units, and the worlds Juju could never produce.

package charmtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// lines are the hooks of a journal as "unit hook about".
func lines(j charmtest.Journal) []string {
	var out []string
	for _, h := range j {
		out = append(out, strings.Join(strings.Fields(strings.Replace(h.String(), " ok ", " ", 1)), " "))
	}
	return out
}

func wantHooks(t *testing.T, j charmtest.Journal, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(j)); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
}

func TestUnitsOfOneApplication(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 2, "")
	wantHooks(t, m.Journal(),
		"app/0 install", "app/1 install",
		"app/0 cluster-relation-created app cluster:0", "app/1 cluster-relation-created app cluster:0",
		"app/0 leader-elected", "app/1 leader-settings-changed",
		"app/0 config-changed", "app/1 config-changed", "app/0 start", "app/1 start",
		"app/0 cluster-relation-joined app/1 cluster:0", "app/1 cluster-relation-joined app/0 cluster:0",
		"app/0 cluster-relation-changed app/1 cluster:0", "app/1 cluster-relation-changed app/0 cluster:0")
	rescript(t, m, "app/0", "update-status relation-set -r cluster:0 a=1\nupdate-status relation-set --app -r cluster:0 b=2\n")
	rescript(t, m, "app/1", "* relation-get -r cluster:0 - app/0\n* relation-get -r cluster:0 --app b app\n")
	m.Must(m.UpdateStatus("app/0"))
	j := m.MustSettle()
	wantHooks(t, j, "app/0 update-status", "app/1 cluster-relation-changed app cluster:0",
		"app/0 cluster-relation-changed app cluster:0", // Juju tells the leader of its own writing
		"app/1 cluster-relation-changed app/0 cluster:0")
	if got := j[1].Stdout; !strings.Contains(got, "a: \"1\"") || !strings.HasSuffix(got, "\n2\n") {
		t.Errorf("the follower read %q", got)
	}
	m.Must(m.RemoveApplication("app"))
	wantHooks(t, m.MustSettle(),
		"app/0 cluster-relation-departed app/1 cluster:0", "app/1 cluster-relation-departed app/0 cluster:0",
		"app/0 stop", "app/1 stop", "app/0 remove", "app/1 remove")
	if len(m.Relations()) != 0 || len(m.Status().Apps) != 0 {
		t.Errorf("left over: %v %v", m.Relations(), m.Status())
	}
}

func TestConfigChangesCoalesce(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 1, "config-changed config-get\n")
	for _, v := range []string{"a", "b", "c"} {
		m.Must(m.Configure("app", map[string]any{"mode": v, "port": "80"}))
	}
	j := m.MustSettle()
	wantHooks(t, j, "app/0 config-changed")
	if j[0].Stdout != "mode: c\nport: 80\n" {
		t.Errorf("it read %q", j[0].Stdout)
	}
	m.Must(m.Configure("app", map[string]any{"mode": "d"}))
	m.Must(m.Configure("app", map[string]any{"mode": "c"}))
	wantHooks(t, m.MustSettle())
	m.Must(m.Reset("app", "mode", "port"))
	if j := m.MustSettle(); len(j) != 1 || j[0].Stdout != "mode: ok\n" {
		t.Errorf("after the reset: %s", j.Detail())
	}
	m.Must(m.Trust("app", true))
	wantHooks(t, m.MustSettle(), "app/0 config-changed")
}

func TestDeparting(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 1, "")
	pg := m.MustRemote("pg", "db", "pgsql", 2)
	m.Must(pg.SetUnitData("pg/0", map[string]string{"host": "h0"}))
	m.Must(m.Integrate("app:db", "pg:db"))
	m.MustSettle()
	rescript(t, m, "app/0", "* relation-list\n* relation-ids db\n* relation-get -r db:1 host pg/0\n")
	m.Must(m.RemoveUnit("pg/0"))
	j := m.MustSettle()
	wantHooks(t, j, "app/0 db-relation-departed pg/0 db:1")
	if j[0].Departing != "pg/0" || j[0].Stdout != "pg/1\ndb:1\nh0\n" {
		t.Errorf("departing %q, read %q: the departed unit is off the list and its data is still there", j[0].Departing, j[0].Stdout)
	}
	m.Must(m.RemoveRelation("app", "pg"))
	j = m.MustSettle()
	wantHooks(t, j, "app/0 db-relation-departed pg/1 db:1", "app/0 db-relation-broken pg db:1")
	if j[1].Stdout != "h0\n" {
		t.Errorf("in broken: %q; relation-ids hides the broken relation, relation-get still reads it", j[1].Stdout)
	}
	rescript(t, m, "app/0", "")
	m.Must(m.Integrate("app:db", "pg:db"))
	m.MustSettle()
	m.Must(m.RemoveUnit("app/0"))
	if j := m.MustSettle(); j[0].Departing != "app/0" || j[0].RemoteUnit != "pg/1" {
		t.Errorf("the local unit departs: %+v", j[0])
	}
}

func TestLeadership(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 3, "")
	if m.Leader("app") != "app/0" {
		t.Fatalf("leader %q", m.Leader("app"))
	}
	m.Must(m.KillUnit("app/0"))
	wantHooks(t, m.MustSettle(), "app/1 leader-elected",
		"app/2 cluster-relation-departed app/0 cluster:0", "app/1 cluster-relation-departed app/0 cluster:0")
	m.Must(m.SetLeader("app", "app/2"))
	m.MustSettle()
	rescript(t, m, "app/1", "update-status is-leader\nupdate-status leader-set a=1\n")
	rescript(t, m, "app/2", "update-status is-leader\nupdate-status leader-set a=1\n")
	m.Must(m.UpdateStatus("app/2"))
	wantHooks(t, m.MustSettle(), "app/2 update-status", "app/1 leader-settings-changed")
	j := m.Journal()
	m.Must(m.UpdateStatus("app/1"))
	if err := failing(t, m); !strings.Contains(err.Error(), "cannot write leadership settings") {
		t.Error(err)
	}
	if got := m.JournalSince(len(j))[0].Stdout; got != "False\n" {
		t.Errorf("is-leader on a follower: %q", got)
	}
}

func TestLeadershipLostInAHook(t *testing.T) {
	t.Parallel()
	var m *charmtest.Running
	move := func(to, at string) func(charmtest.ToolCall) charmtest.Verdict {
		return func(tc charmtest.ToolCall) charmtest.Verdict {
			if tc.Hook == "update-status" && tc.Tool == at && tc.Unit == "app/0" {
				if err := m.SetLeader("app", to); err != nil {
					panic(err)
				}
			}
			return charmtest.Proceed
		}
	}
	m = charmtest.Start(t, charmtest.Options{Retries: -1, Before: move("app/1", charmtest.Flush)})
	m.MustDeploy("app", scripted(t, "update-status relation-set --app -r cluster:0 a=1\n"), charmtest.DeployOptions{Units: 2})
	m.MustSettle()
	m.Must(m.UpdateStatus("app/0"))
	err := failing(t, m)
	if !strings.Contains(err.Error(), `"app/0" is not leader of "app"`) {
		t.Errorf("writing as a former leader: %v", err)
	}
	if d := m.RelationData("cluster", "app"); len(d) != 0 {
		t.Errorf("it was written: %v", d)
	}
}

func TestNoStaysNoForTheHook(t *testing.T) {
	t.Parallel()
	var m *charmtest.Running
	calls := 0
	m = charmtest.Start(t, charmtest.Options{After: func(tc charmtest.ToolCall) charmtest.Verdict {
		if tc.Tool == "is-leader" {
			if calls++; calls == 1 {
				if err := m.SetLeader("app", tc.Unit); err != nil {
					panic(err)
				}
			}
		}
		return charmtest.Proceed
	}})
	m.MustDeploy("app", scripted(t, "update-status is-leader\nupdate-status is-leader\n"), charmtest.DeployOptions{Units: 2})
	m.MustSettle()
	m.Must(m.UpdateStatus("app/1"))
	if j := m.MustSettle(); j[0].Stdout != "False\nFalse\n" {
		t.Errorf("it was told %q", j[0].Stdout)
	}
}

func TestRemoteDataIsOneSnapshotInAHook(t *testing.T) {
	t.Parallel()
	var pg *charmtest.RemoteApp
	m := charmtest.Start(t, charmtest.Options{After: func(tc charmtest.ToolCall) charmtest.Verdict {
		if tc.Tool == "relation-get" {
			if err := pg.SetUnitData("pg/0", map[string]string{"n": "2"}); err != nil {
				panic(err)
			}
		}
		return charmtest.Proceed
	}})
	m.MustDeploy("app", scripted(t, "db-relation-changed relation-get n\ndb-relation-changed relation-get n\n"), charmtest.DeployOptions{})
	pg = m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(pg.SetUnitData("pg/0", map[string]string{"n": "1"}))
	m.Must(m.Integrate("app:db", "pg"))
	m.MustSettle()
	var read []string
	for _, h := range m.Journal() {
		if h.Name == "db-relation-changed" {
			read = append(read, h.Stdout)
		}
	}
	if diff := cmp.Diff([]string{"1\n1\n", "2\n2\n"}, read); diff != "" {
		t.Error(diff)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 1, "install state-set v=1\n")
	local := filepath.Join(m.CharmDir("app/0"), "written-by-the-charm")
	m.Must(os.WriteFile(local, []byte("x"), 0o644))
	m.Must(m.Refresh("app", scripted(t, "upgrade-charm state-set v=2\n")))
	wantHooks(t, m.MustSettle(), "app/0 upgrade-charm", "app/0 config-changed")
	if m.State("app/0")["v"] != "2" {
		t.Errorf("state %v", m.State("app/0"))
	}
	if _, err := os.Stat(local); err != nil {
		t.Errorf("a file the charm wrote: %v", err)
	}
	m.Must(m.Reboot("app/0"))
	wantHooks(t, m.MustSettle(), "app/0 start")
}

func TestResources(t *testing.T) {
	t.Parallel()
	jar := filepath.Join(t.TempDir(), "any.jar")
	if err := os.WriteFile(jar, []byte("jar"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := plain(t, charmtest.Options{Retries: -1}, 1, "upgrade-charm resource-get jar\nupdate-status resource-get jar\n")
	m.Must(m.UpdateStatus("app/0"))
	if err := failing(t, m); !strings.Contains(err.Error(), "could not download resource") {
		t.Error(err)
	}
	m.Must(m.ResolveSkip("app/0"))
	m.Must(m.AttachResource("app", "jar", jar))
	j := m.MustSettle()
	wantHooks(t, j, "app/0 upgrade-charm", "app/0 config-changed")
	if text, err := os.ReadFile(j[0].Stdout); err != nil || string(text) != "jar" || filepath.Base(j[0].Stdout) != "plugin.jar" {
		t.Errorf("resource at %q: %q, %v", j[0].Stdout, text, err)
	}
	m.Must(m.AttachResource("app", "jar", jar))
	wantHooks(t, m.MustSettle(), "app/0 upgrade-charm", "app/0 config-changed") // the same bytes are news to Juju
}

func TestRefusedWorlds(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	dir := scripted(t, "")
	m.MustDeploy("app", dir, charmtest.DeployOptions{})
	m.MustDeploy("twin", dir, charmtest.DeployOptions{})
	pg := m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	m.MustSettle()
	kc := charmtest.DeployOptions{}
	for want, do := range map[string]func() error{
		`application already exists: app`:                     func() error { return m.Deploy("app", dir, kc) },
		`invalid application name "App"`:                      func() error { return m.Deploy("App", dir, kc) },
		`invalid application name "app-1"`:                    func() error { return m.Deploy("app-1", dir, kc) },
		`unknown option "nope"`:                               func() error { return m.Configure("app", map[string]any{"nope": 1}) },
		`option "port" expected int, got "many"`:              func() error { return m.Configure("app", map[string]any{"port": "many"}) },
		`option "mode" expected string, got 3`:                func() error { return m.Configure("app", map[string]any{"mode": 3}) },
		`application "none" not found`:                        func() error { return m.Configure("none", nil) },
		`unknown option "gone"`:                               func() error { return m.Reset("app", "gone") },
		`application "app" has no "nope" relation`:            func() error { return m.Integrate("app:nope", "pg:db") },
		`no relations found`:                                  func() error { return m.Integrate("app:cache", "pg:db") },
		`relation already exists`:                             func() error { return m.Integrate("app:db", "pg:db") },
		`Juju makes and keeps peer relations itself`:          func() error { return m.RemoveRelation("app:cluster", "twin:cluster") },
		`relation "twin:db pg:db" not found`:                  func() error { return m.RemoveRelation("twin:db", "pg:db") },
		`unit "app/7" not found`:                              func() error { return m.RemoveUnit("app/7") },
		`unit "pg/3" not found in application "pg"`:           func() error { return pg.SetUnitData("pg/3", nil) },
		`unit "app/0" not found in application "pg"`:          func() error { return pg.SetUnitData("app/0", nil) },
		`unit "twin/0" not found`:                             func() error { return m.SetLeader("app", "twin/0") },
		`expected ".jar"`:                                     func() error { return m.AttachResource("app", "jar", "/dev/null") },
		`unrecognized resource "nope"`:                        func() error { return m.AttachResource("app", "nope", dir) },
		`unit "app/0" is not in an error state`:               func() error { return m.Resolve("app/0") },
		`action "nope" not defined on unit "app/0"`:           func() error { _, err := m.RunAction(t.Context(), "app/0", "nope", nil); return err },
		`cannot upgrade "plain" to "kc"`:                      func() error { return m.Refresh("app", "testdata/kc") },
		`cannot read charm "testdata/none"`:                   func() error { return m.Deploy("x", "testdata/none", kc) },
		`application "pg" is scripted and has no charm`:       func() error { return m.Configure("pg", nil) },
		`secret with name "s" already exists`:                 func() error { _, _ = m.AddSecret("s", nil); _, err := m.AddSecret("s", nil); return err },
		`cannot grant secret "secret:none": secret not found`: func() error { return m.GrantSecret("secret:none", "app") },
		`has no hooks nor dispatch file`:                      func() error { return m.Deploy("empty", withoutDispatch(t), kc) },
		`cannot add unit: application "none" not found`:       func() error { _, err := m.AddUnit("none"); return err },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "cannot ") {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	m.Must(m.RemoveApplication("pg"))
	if err := m.Integrate("twin:db", "pg"); err == nil || !strings.Contains(err.Error(), `application "pg" not found`) {
		t.Errorf("relating a removed application: %v", err)
	}
}

func withoutDispatch(t *testing.T) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "metadata.yaml"), []byte(plainCharm), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestActionParameters(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{})
	m.MustSettle()
	for want, params := range map[string]map[string]any{
		"validation failed: (root).who : must be of type string":    {"who": 1},
		"validation failed: (root).times : must be of type integer": {"times": "x"},
		"additional property": {"nope": 1},
	} {
		if _, err := m.RunAction(t.Context(), "kc/0", "ping", params); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("params %v: want %q, got %v", params, want, err)
		}
	}
}
