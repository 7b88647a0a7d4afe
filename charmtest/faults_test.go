// Hooks that fail: what is lost, what stays, and how they come back.

package charmtest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestFailedHookLosesItsChangesButNotItsStatus(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{Retries: -1}, 1, "start state-set kept=1\n")
	m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	m.MustSettle()
	rescript(t, m, "app/0", strings.Join([]string{
		"config-changed state-set lost=1", "config-changed relation-set -r db:1 lost=1",
		"config-changed open-port 80", "config-changed status-set blocked stays",
		"config-changed application-version-set 7", "config-changed juju-log stays",
		"config-changed secret-add token=hidden", "config-changed leader-set stays=1", "config-changed exit 3"}, "\n"))
	m.Must(m.Configure("app", map[string]any{"mode": "x"}))
	err := failing(t, m)
	if !errors.Is(err, charmtest.ErrHookFailed) || !strings.Contains(err.Error(), `unit "app/0": hook "config-changed" failed: exit status 3`) {
		t.Errorf("Settle said %v", err)
	}
	if diff := cmp.Diff(map[string]string{"kept": "1"}, m.State("app/0")); diff != "" {
		t.Errorf("state: %s", diff)
	}
	if d := m.RelationData("db", "app/0"); len(d) != 0 || len(m.Ports("app/0")) != 0 || len(m.Secrets()) != 0 {
		t.Errorf("relation data %v, ports %v, secrets %v", d, m.Ports("app/0"), m.Secrets())
	}
	u, _ := m.Status().Unit("app/0")
	if u.Workload != "error" || u.Version != "7" || u.AgentMessage != `hook failed: "config-changed"` {
		t.Errorf("status %+v", u)
	}
	if m.LeaderData("app")["stays"] != "1" {
		t.Error("leader-set is immediate")
	}
	m.Must(m.ResolveSkip("app/0"))
	m.MustSettle()
	if u, _ := m.Status().Unit("app/0"); u.Workload != "blocked" || u.Message != "stays" || u.Agent != "idle" {
		t.Errorf("after resolve --no-retry: %+v", u)
	}
}

func TestFailedHookIsRetriedAndReadsConfigAnew(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{Retries: 2}, 1, "config-changed config-get mode\n")
	rescript(t, m, "app/0", "config-changed exit 1\n")
	m.Must(m.Configure("app", map[string]any{"mode": "a"}))
	before, clock := len(m.Journal()), m.Now()
	_ = failing(t, m)
	if got := m.JournalSince(before).Names(); len(got) != 3 {
		t.Errorf("one try and two retries, got %v", got)
	}
	if waited := m.Now().Sub(clock); waited < 15*time.Second || waited > 20*time.Second {
		t.Errorf("Juju waits 5 s and then 10 s; the model's time went on by %s", waited)
	}
	rescript(t, m, "app/0", "config-changed config-get mode\n")
	m.Must(m.Configure("app", map[string]any{"mode": "b"}))
	hooks := m.MustSettle()
	if len(hooks) != 1 || strings.TrimSpace(hooks[0].Stdout) != "b" || !hooks[0].Retry {
		t.Errorf("hooks %s", hooks.Detail())
	}
}

func TestNothingElseRunsInErrorButActions(t *testing.T) {
	t.Parallel()
	m := plain(t, charmtest.Options{Retries: -1}, 1, "")
	rescript(t, m, "app/0", "config-changed exit 1\nact action-set done=1\nact state-set by=action\n")
	m.Must(m.Configure("app", map[string]any{"mode": "x"}))
	_ = failing(t, m)
	m.MustRemote("pg", "db", "pgsql", 1)
	m.Must(m.Integrate("app:db", "pg"))
	m.Must(m.UpdateStatus("app"))
	before := len(m.Journal())
	_ = failing(t, m)
	if extra := m.JournalSince(before); len(extra) != 0 {
		t.Errorf("ran in error:\n%s", extra)
	}
	r := m.MustRun("app/0", "act", nil)
	if r.Status != "completed" || r.Results["done"] != "1" || m.State("app/0")["by"] != "action" {
		t.Errorf("action %+v, state %v", r, m.State("app/0"))
	}
	if u, _ := m.Status().Unit("app/0"); u.Workload != "error" {
		t.Errorf("an action does not end the error: %+v", u)
	}
}

func TestActions(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{})
	m.MustSettle()
	ping := m.MustRun("kc/0", "ping", nil)
	if ping.Results["pong"] != "you" || ping.Log[0] != "pinging" || ping.Results["return-code"] != 0 {
		t.Errorf("ping: %+v", ping)
	}
	if nested, _ := ping.Results["nested"].(map[string]any); nested["a"] != "1" {
		t.Errorf("nested results: %v", ping.Results)
	}
	broken := m.MustRun("kc/0", "break", nil)
	if broken.Status != "failed" || broken.Message != "exit status 7" || broken.Results["tried"] != "1" || m.State("kc/0")["broken"] != "" {
		t.Errorf("break: %+v, state %v", broken, m.State("kc/0"))
	}
	soft := m.MustRun("kc/0", "soft-fail", nil)
	if soft.Status != "failed" || soft.Message != "not today" || m.State("kc/0")["soft"] != "yes" {
		t.Errorf("soft-fail: %+v, state %v", soft, m.State("kc/0"))
	}
	if u, _ := m.Status().Unit("kc/0"); u.Agent != "idle" {
		t.Errorf("a failed action is no hook error: %+v", u)
	}
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, after charmtest.Verdict
		tool          string
		state         string // after the hook, with no retry
		err           string
	}{
		{"killed before", charmtest.Kill, 0, "state-set", "", "signal: killed"},
		{"killed after", 0, charmtest.Kill, "state-set", "", "signal: killed"},
		{"failed before", charmtest.Fail, 0, "state-set", "", "exit status 1"},
		{"failed after", 0, charmtest.Fail, "state-set", "", "exit status 1"},
		{"answer lost", charmtest.LoseAnswer, 0, "state-set", "", "exit status 92"},
		{"answer lost after", 0, charmtest.LoseAnswer, "state-set", "", "exit status 92"},
		{"agent dies before the flush", charmtest.Kill, 0, charmtest.Flush, "", "before the changes were committed"},
		{"agent dies after the flush", 0, charmtest.Kill, charmtest.Flush, "1", "after the changes were committed"},
		{"flush refused", charmtest.Fail, 0, charmtest.Flush, "", "before the changes were committed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at := func(v charmtest.Verdict) func(charmtest.ToolCall) charmtest.Verdict {
				return func(tc charmtest.ToolCall) charmtest.Verdict {
					if tc.Hook == "config-changed" && tc.Tool == c.tool {
						return v
					}
					return charmtest.Proceed
				}
			}
			m := charmtest.Start(t, charmtest.Options{Retries: -1, Before: at(c.before), After: at(c.after)})
			m.MustDeploy("app", scripted(t, "config-changed state-set a=1\n"), charmtest.DeployOptions{})
			_ = failing(t, m)
			j := m.Journal()
			last := j[len(j)-1]
			if !strings.Contains(last.Err, c.err) || m.State("app/0")["a"] != c.state {
				t.Errorf("failed with %q, state %v", last.Err, m.State("app/0"))
			}
		})
	}
}

func TestEveryCallCanBeTheLast(t *testing.T) {
	t.Parallel()
	script := "config-changed state-set a=1\nconfig-changed status-set active\nstart state-set b=1\n"
	for kill := 1; ; kill++ {
		hit := false
		m := charmtest.Start(t, charmtest.Options{After: func(tc charmtest.ToolCall) charmtest.Verdict {
			if tc.Total == kill {
				hit = true
				return charmtest.Kill
			}
			return charmtest.Proceed
		}})
		m.MustDeploy("app", scripted(t, script), charmtest.DeployOptions{})
		m.MustSettle()
		if diff := cmp.Diff(map[string]string{"a": "1", "b": "1"}, m.State("app/0")); diff != "" {
			t.Errorf("killed after call %d: %s", kill, diff)
		}
		if !hit {
			if kill < 8 {
				t.Errorf("only %d calls were seen", kill-1)
			}
			return
		}
	}
}

func TestTimeoutLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t, charmtest.Options{Retries: -1, HookTimeout: 700 * time.Millisecond})
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{Config: map[string]any{"mode": "hang"}})
	err := failing(t, m)
	if !strings.Contains(err.Error(), "did not end within 700ms") {
		t.Error(err)
	}
	noProcess(t, m.Dir())
}

func TestContextEndsTheHook(t *testing.T) {
	t.Parallel()
	m := charmtest.Start(t)
	m.MustDeploy("kc", "testdata/kc", charmtest.DeployOptions{Config: map[string]any{"mode": "hang"}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Settle(ctx) }()
	eventually(t, func() bool {
		for _, h := range m.Journal() {
			if h.Name == "config-changed" && slices.ContainsFunc(h.Calls, func(c charmtest.ToolCall) bool { return c.Tool == "relation-ids" }) {
				return true
			}
		}
		return false
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Settle said %v", err)
	}
	noProcess(t, m.Dir())
	m.Must(m.Close())
	if _, err := os.Stat(m.Dir()); !os.IsNotExist(err) {
		t.Errorf("the model's folder is still there: %v", err)
	}
}

func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not happen within 20 s")
		}
	}
}

// noProcess checks that nothing runs any more that a hook of this model started.
func noProcess(t *testing.T, dir string) {
	t.Helper()
	eventually(t, func() bool {
		files, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			env, err := os.ReadFile(f)
			if err != nil && !errors.Is(err, syscall.ESRCH) && !os.IsNotExist(err) && !os.IsPermission(err) {
				t.Fatal(err)
			}
			if strings.Contains(string(env), "JUJU_CHARM_DIR="+dir+"/") {
				return false
			}
		}
		return true
	})
}
