// Secrets, ports, limits, the environment and the other things a unit can see or hold.

package charmtest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestUserSecrets(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{Retries: -1}, 1, "")
	uri, err := m.AddSecret("kubeconfig", map[string]string{"text": "one"})
	m.Must(err)
	rescript(t, m, "app/0", "update-status secret-get "+uri+" text\nsecret-changed secret-get "+uri+" --refresh\n")
	m.Must(m.UpdateStatus("app/0"))
	if err := failing(t, m); !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("reading before the grant: %v", err)
	}
	m.Must(m.GrantSecret(uri, "app"))
	m.Must(m.Resolve("app/0"))
	if j := m.MustSettle(); j[0].Stdout != "one\n" {
		t.Errorf("read %q", j[0].Stdout)
	}
	m.Must(m.UpdateSecret(uri, map[string]string{"text": "two"}))
	j := m.MustSettle()
	wantHooks(t, j, "app/0 secret-changed")
	if j[0].Stdout != "text: two\n" || !contains(j[0].Env, "JUJU_SECRET_ID="+uri) {
		t.Errorf("read %q", j[0].Stdout)
	}
	wantHooks(t, m.MustSettle())
}

func contains(env []string, want string) bool {
	for _, e := range env {
		if e == want {
			return true
		}
	}
	return false
}

func TestOwnedSecrets(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	dir := scripted(t, strings.Join([]string{
		"db-relation-created secret-add --label=conf token=t1 --description=mine",
		"db-relation-created secret-get --label=conf",
		"db-relation-created secret-info-get --label=conf"}, "\n"))
	m.MustDeploy("app", dir, charmtest.DeployOptions{})
	m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	hooks := m.MustSettle()
	var made charmtest.Hook
	for _, h := range hooks {
		if h.Name == "db-relation-created" {
			made = h
		}
	}
	s := m.Secrets()[0]
	want := s.URI + "\ntoken: t1\n" + strings.TrimPrefix(s.URI, "secret:") + ":\n  revision: 1\n  label: conf\n  owner: application\n  description: mine\n"
	if made.Stdout != want {
		t.Errorf("read\n%swant\n%s", made.Stdout, want)
	}
	rescript(t, m, "app/0", "update-status secret-grant "+s.URI+" -r db:1\nupdate-status secret-set "+s.URI+" token=t2\n")
	m.Must(m.UpdateStatus("app"))
	if j := m.MustSettle(); !cmp.Equal(j[0].Flushed.Secrets, []string{"grant " + s.URI + " pg", "set " + s.URI}) {
		t.Errorf("flushed %+v", j[0].Flushed)
	}
	if s := m.Secrets()[0]; s.Revision != 2 || s.Content["token"] != "t2" || !cmp.Equal(s.Grants, []string{"pg (app:db pg:db)"}) {
		t.Errorf("secret %+v", s)
	}
	m.Must(m.RemoveRelation("app:db", "pg"))
	m.MustSettle()
	if s := m.Secrets()[0]; len(s.Grants) != 0 {
		t.Errorf("grants outlive the relation: %v", s.Grants)
	}
	m.Must(m.RemoveApplication("app"))
	m.MustSettle()
	if len(m.Secrets()) != 0 {
		t.Error("secrets outlive the application")
	}
}

func TestPorts(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 1, "start open-port 8083\nstart open-port 90-92/udp --endpoints site\nstart opened-ports\n")
	if diff := cmp.Diff([]string{"8083/tcp", "90-92/udp"}, m.Ports("app/0")); diff != "" {
		t.Error(diff)
	}
	rescript(t, m, "app/0", "update-status opened-ports --endpoints\nupdate-status close-port 8083\nupdate-status opened-ports\n")
	m.Must(m.UpdateStatus("app"))
	j := m.MustSettle()
	if want := "8083/tcp (*)\n90-92/udp (site)\n90-92/udp\n"; j[0].Stdout != want {
		t.Errorf("read %q, want %q", j[0].Stdout, want)
	}
	if diff := cmp.Diff([]string{"90-92/udp"}, m.Ports("app/0")); diff != "" {
		t.Error(diff)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	whole := ""
	for i := range 33 {
		whole += "update-status state-set k" + string(rune('A'+i)) + "=$x65000\n"
	}
	for want, script := range map[string]string{
		"max allowed key length (256) exceeded":           "update-status state-set $x257=v\n",
		"max allowed value length (65536) exceeded":       "update-status state-set k=$x65537\n",
		"max allowed charm state size (2097152) exceeded": whole,
	} {
		m := plain(t, charmtest.Options{Retries: -1}, 1, script)
		m.Must(m.UpdateStatus("app"))
		err := failing(t, m)
		last := m.Journal()[len(m.Journal())-1]
		if !strings.Contains(err.Error()+last.Stderr, want) || len(m.State("app/0")) != 0 {
			t.Errorf("want %q, got %v; state has %d keys", want, err, len(m.State("app/0")))
		}
	}
	m := plain(t, charmtest.Options{}, 1, "start state-set $x256=$x65536\n")
	if len(m.State("app/0")) != 1 {
		t.Error("the limits themselves are allowed")
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t, charmtest.Options{Name: "prod", Path: "/bin", Env: map[string]string{"KUBERNETES_PORT": "1"}})
	m.MustDeploy("app", scripted(t, ""), charmtest.DeployOptions{})
	m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	m.MustSettle()
	m.MustRun("app/0", "act", nil)
	m.Must(m.RemoveUnit("pg/0"))
	m.MustSettle()
	envs := map[string]map[string]string{}
	for _, h := range m.Journal() {
		env := map[string]string{}
		for _, line := range h.Env {
			k, v, _ := strings.Cut(line, "=")
			env[k] = strings.ReplaceAll(v, m.Dir(), "DIR")
		}
		envs[h.Name] = env
	}
	common := []string{"APT_LISTCHANGES_FRONTEND", "CHARM_DIR", "CLOUD_API_VERSION", "DEBIAN_FRONTEND",
		"JUJU_AGENT_SOCKET_ADDRESS", "JUJU_AGENT_SOCKET_NETWORK", "JUJU_API_ADDRESSES", "JUJU_AVAILABILITY_ZONE",
		"JUJU_CHARM_DIR", "JUJU_CHARM_FTP_PROXY", "JUJU_CHARM_HTTPS_PROXY", "JUJU_CHARM_HTTP_PROXY", "JUJU_CHARM_NO_PROXY",
		"JUJU_CONTEXT_ID", "JUJU_DISPATCH_PATH", "JUJU_HOOK_NAME", "JUJU_MACHINE_ID", "JUJU_MODEL_NAME", "JUJU_MODEL_UUID",
		"JUJU_PRINCIPAL_UNIT", "JUJU_SLA", "JUJU_UNIT_NAME", "JUJU_VERSION", "KUBERNETES_PORT", "LANG", "PATH", "TERM"}
	if diff := cmp.Diff(common, keys(envs["start"])); diff != "" {
		t.Errorf("start: %s", diff)
	}
	for hook, want := range map[string]map[string]string{
		"start": {"PATH": "DIR/tools:/bin", "JUJU_HOOK_NAME": "start", "JUJU_DISPATCH_PATH": "hooks/start",
			"JUJU_CHARM_DIR": "DIR/agents/unit-app-0/charm", "JUJU_MODEL_NAME": "prod"},
		"act":                  {"JUJU_HOOK_NAME": "", "JUJU_DISPATCH_PATH": "actions/act", "JUJU_ACTION_NAME": "act", "JUJU_ACTION_UUID": "1", "JUJU_ACTION_TAG": "action-1"},
		"db-relation-created":  {"JUJU_REMOTE_UNIT": "", "JUJU_REMOTE_APP": "pg", "JUJU_RELATION": "db", "JUJU_RELATION_ID": "db:1"},
		"db-relation-departed": {"JUJU_REMOTE_UNIT": "pg/0", "JUJU_DEPARTING_UNIT": "pg/0"},
	} {
		for k, v := range want {
			if got, ok := envs[hook][k]; !ok || got != v {
				t.Errorf("%s: %s=%q, want %q", hook, k, got, v)
			}
		}
	}
}

func TestGoalState(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 2, "start status-set active\n")
	m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	m.Must(m.RemoveUnit("app/1"))
	got, err := m.GoalState("app")
	m.Must(err)
	want := map[string]map[string]string{"units": {"app/0": "active", "app/1": "dying"}, "db": {"pg": "joined", "pg/0": "active"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyUnitsAtOnce(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t, charmtest.Options{Concurrent: true})
	script := "cluster-relation-created relation-set ready=yes\nstart state-set a=1\n"
	m.MustDeploy("app", scripted(t, script), charmtest.DeployOptions{Units: 6})
	m.MustSettle()
	for _, u := range m.Units("app") {
		if m.State(u)["a"] != "1" || m.RelationData("cluster", u)["ready"] != "yes" {
			t.Errorf("%s: state %v, data %v", u, m.State(u), m.RelationData("cluster", u))
		}
		joined := 0
		for _, h := range m.Journal().Of(u) {
			if h.Name == "cluster-relation-joined" {
				joined++
			}
		}
		if joined != 5 {
			t.Errorf("%s joined %d peers", u, joined)
		}
	}
	m.Must(m.RemoveApplication("app"))
	m.MustSettle()
	if len(m.Status().Units) != 0 {
		t.Error(m.Status())
	}
}

func TestACharmThatNeverRests(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t, charmtest.Options{MaxHooks: 30})
	dir := scripted(t, "cluster-relation-joined relation-set n=$JUJU_CONTEXT_ID\ncluster-relation-changed relation-set n=$JUJU_CONTEXT_ID\n")
	m.MustDeploy("app", dir, charmtest.DeployOptions{Units: 2})
	if err := m.Settle(t.Context()); err == nil || !strings.Contains(err.Error(), "30 hooks ran and the units still have work") {
		t.Errorf("Settle said %v", err)
	}
}

func TestStep(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	m.MustDeploy("app", scripted(t, ""), charmtest.DeployOptions{})
	for range 2 {
		if did, err := m.Step(t.Context(), "app/0"); !did || err != nil {
			t.Fatal(did, err)
		}
	}
	wantHooks(t, m.Journal(), "app/0 install", "app/0 cluster-relation-created app cluster:0")
}

func TestTermination(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{Retries: -1}, 1, "update-status sigterm now\n")
	m.Must(m.UpdateStatus("app"))
	if err := failing(t, m); !strings.Contains(err.Error(), "signal: terminated") {
		t.Errorf("Settle said %v", err)
	}
}

func TestWhatIsHeldBack(t *testing.T) {
	t.Parallel()
	opt := charmtest.Options{Retries: -1, HidePeerData: true, Credential: map[string]any{"name": "k8s"}}
	m := plain(t, opt, 2, "")
	for unit, c := range map[string]struct{ tool, want string }{
		"app/0": {"credential-get", "ERROR cannot access cloud credentials: permission denied\n"},
		"app/1": {"relation-get -r cluster:0 --app - app", "ERROR permission denied\n"},
	} {
		rescript(t, m, unit, "update-status "+c.tool+"\n")
		m.Must(m.UpdateStatus(unit))
		_ = failing(t, m)
		j := m.Journal().Of(unit)
		if got := j[len(j)-1].Stderr; got != c.want {
			t.Errorf("%s: %s said %q, want %q", unit, c.tool, got, c.want)
		}
		m.Must(m.ResolveSkip(unit))
	}
	rescript(t, m, "app/0", "update-status credential-get\n")
	m.Must(m.Trust("app", true))
	m.Must(m.UpdateStatus("app/0"))
	j := m.MustSettle().Of("app/0")
	if got := j[len(j)-1].Stdout; got != "name: k8s\n" {
		t.Errorf("a trusted application read %q", got)
	}
}

func TestAStrangerIsTurnedAway(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{}, 1, "")
	rescript(t, m, "app/0", "update-status no-such-tool\n")
	m.Must(m.UpdateStatus("app"))
	if err := failing(t, m); !strings.Contains(err.Error(), "bad request: unknown command: no-such-tool") {
		t.Errorf("Settle said %v", err)
	}
}
