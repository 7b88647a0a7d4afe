package hooks_test

// The transaction of a hook: what is kept, what is dropped, and what the exit
// code and the status say.

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func forgetVersion(process *hooks.Process) { process.Version = "" }

func TestOutsideJuju(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	code := hooks.Run(t.Context(), hooks.Process{Getenv: func(string) string { return "" }, Arg0: "./dispatch", Stderr: &stderr})
	if code != 2 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), "juju deploy") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// busy changes everything a hook can change, and then ends as told.
func busy(end func() error) func(*juju.Unit) reactive.Rules {
	done := flags.New("done")
	return func(unit *juju.Unit) reactive.Rules {
		return reactive.Rules{reactive.When(flags.All(flags.Leader)).
			Do("be busy", func(ctx context.Context, change *reactive.Changes) error {
				relations, err := unit.Relations(ctx, "db")
				if err != nil {
					return err
				}
				relations[0].Set("k", "v")
				relations[0].SetApp("k", "v")
				unit.SetState("mine", "v")
				unit.OpenPort(80, "tcp")
				unit.SetStatus(juju.Status{Kind: juju.Maintenance, Message: "being busy"})
				change.Set(done)
				return end()
			}).Sets(done)}
	}
}

func busyCharm(t *testing.T, end func() error) *charm {
	c := newCharm(t, busy(end))
	c.agent.Leader = true
	c.agent.Relations["db:1"] = &jujutest.Relation{App: "pg", Units: []string{"pg/0"}}
	return c
}

func TestEverythingIsKept(t *testing.T) {
	t.Parallel()
	c := busyCharm(t, func() error { return nil })
	c.must("start")
	data := c.agent.Relations["db:1"].Data
	if data["kc/0"]["k"] != "v" || data["kc"]["k"] != "v" || c.agent.State["mine"] != "v" ||
		!slices.Equal(c.agent.Ports, []string{"80/tcp"}) || c.agent.Status != "maintenance being busy" {
		t.Errorf("%v %v %v %q", data, c.agent.State, c.agent.Ports, c.agent.Status)
	}
	if !slices.Equal(c.record.Flags, []string{"done"}) || !c.record.Committed {
		t.Errorf("%+v", c.record)
	}
	c.agent.Calls()
	c.must("update-status")
	for _, call := range c.agent.Calls() {
		tool, _, _ := strings.Cut(call, " ")
		if slices.Contains([]string{"state-set", "state-delete", "relation-set", "open-port"}, tool) {
			t.Errorf("nothing changed, but: %s", call)
		}
	}
}

func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func() error
		want string // in the log
	}{
		"error":   {func() error { return errors.New("no luck today") }, "no luck today"},
		"panic":   {func() error { panic("ouch") }, "ouch"},
		"wrapped": {func() error { return errors.Join(reactive.Blocked("b"), errors.New("and more")) }, "and more"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charm := busyCharm(t, c.end)
			if code := charm.run("start"); code != 1 {
				t.Fatalf("exit code %d", code)
			}
			wrote := slices.ContainsFunc(charm.agent.Calls(), func(call string) bool {
				tool, _, _ := strings.Cut(call, " ")
				return strings.HasSuffix(tool, "-set") || tool == "open-port"
			})
			if wrote || charm.agent.Status != "" {
				t.Errorf("wrote something, status %q", charm.agent.Status)
			}
			log := strings.Join(charm.agent.Log, "\n")
			if !strings.Contains(log, "ERROR rule failed") || !strings.Contains(log, `rule="be busy"`) || !strings.Contains(log, c.want) {
				t.Errorf("log: %s", log)
			}
			if charm.record.Rule != "be busy" || charm.record.Committed || charm.record.Exit != 1 {
				t.Errorf("%+v", charm.record)
			}
		})
	}
}

// Every effect of a hook fails once, before and after it was done: the hook must
// then fail, and the next one end where it would have ended.
func TestEveryEffectMayFail(t *testing.T) {
	t.Parallel()
	whole := busyCharm(t, func() error { return nil })
	whole.must("start")
	for i, effect := range whole.effects() {
		for _, after := range []bool{false, true} {
			c := busyCharm(t, func() error { return nil })
			seen := 0
			c.change = func(process *hooks.Process) {
				process.Seam = func(_ context.Context, _ string, do func() error) error {
					seen++
					if seen-1 != i {
						return do()
					}
					if after {
						if err := do(); err != nil {
							return err
						}
					}
					return errors.New("injected")
				}
			}
			code := c.run("start")
			if effect != "juju: juju-log" && code != 1 {
				t.Errorf("effect %d, %s: exit code %d", i, effect, code)
			}
			c.change = nil
			c.must("start")
			if c.agent.State["mine"] != "v" || c.agent.Relations["db:1"].Data["kc"]["k"] != "v" || c.agent.Status == "" {
				t.Errorf("after effect %d, %s: %v", i, effect, c.agent.State)
			}
		}
	}
}

func TestOutcomesAndStatus(t *testing.T) {
	t.Parallel()
	c := newCharm(t, func(unit *juju.Unit) reactive.Rules {
		return reactive.Rules{
			reactive.When(flags.All()).Do("a", func(context.Context, *reactive.Changes) error {
				unit.SetStatus(juju.Status{Kind: juju.Active, Message: "fine"})
				return reactive.Waiting("for the workers")
			}),
			reactive.When(flags.All()).Do("b", func(context.Context, *reactive.Changes) error {
				return reactive.Blocked("relate to\nKafka")
			}),
			reactive.When(flags.All()).Do("c", func(context.Context, *reactive.Changes) error { return reactive.Blocked("second") }),
		}
	})
	c.must("start")
	if c.agent.Status != "blocked relate to Kafka" {
		t.Errorf("status %q", c.agent.Status)
	}
	if len(c.record.Outcomes) != 3 || c.record.Status.Kind != "blocked" {
		t.Errorf("%+v", c.record)
	}
}

func TestStateOfANewerCharm(t *testing.T) {
	t.Parallel()
	c := newCharm(t, fixed(reactive.When(flags.All()).Do("rule", note)))
	c.agent.State["reactive.state"] = `{"version":99,"whatever":true}`
	c.must("start")
	if !strings.HasPrefix(c.agent.Status, "blocked this charm is older") || len(c.ran()) != 0 || c.record.Committed {
		t.Errorf("status %q, ran %v", c.agent.Status, c.ran())
	}
	if got := c.agent.State["reactive.state"]; got != `{"version":99,"whatever":true}` {
		t.Errorf("state %s", got)
	}
	c.agent.State["reactive.state"] = `{{`
	if code := c.run("start"); code != 1 {
		t.Errorf("garbage: exit code %d", code)
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	c := newCharm(t, fixed(reactive.When(flags.All()).Do("hang", func(ctx context.Context, _ *reactive.Changes) error {
		<-ctx.Done()
		return nil
	})))
	c.change = func(process *hooks.Process) { process.Limit = 20 * time.Millisecond }
	if code := c.run("start"); code != 1 || !strings.Contains(c.record.Error, "limit of 20ms") {
		t.Errorf("exit code %d, %s", code, c.record.Error)
	}
	if c.agent.State["reactive.state"] != "" || len(c.agent.Log) == 0 {
		t.Errorf("state %v, log %q", c.agent.State, c.agent.Log)
	}
}

func TestRulesThatAreWrong(t *testing.T) {
	t.Parallel()
	c := newCharm(t, fixed(reactive.When(flags.All()).Do("twice", note), reactive.When(flags.All()).Do("twice", nil)))
	if code := c.run("start"); code != 1 || len(c.agent.Log) != 1 {
		t.Errorf("exit code %d, log %q", code, c.agent.Log)
	}
	c.build = func(*juju.Unit) reactive.Rules { panic("in the layer") }
	if code := c.run("start"); code != 1 || !strings.Contains(c.record.Error, "in the layer") {
		t.Errorf("exit code %d, %s", code, c.record.Error)
	}
}

// waitForSignal is the charm of the process that TestSignal starts. In its stop
// hook it does not heed its context.
func waitForSignal(unit *juju.Unit) (reactive.Rules, error) {
	return reactive.Rules{reactive.When(flags.All()).Do("wait", func(ctx context.Context, _ *reactive.Changes) error {
		unit.SetState("k", "v")
		unit.Log().Info("begun")
		<-ctx.Done()
		if unit.Env().Hook.Name == "stop" {
			time.Sleep(time.Minute)
		}
		return nil // as if nothing had happened
	})}, nil
}

func TestSignal(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		hook   string
		signal syscall.Signal
		log    string
	}{
		"terminate":  {"start", syscall.SIGTERM, "the process got terminated"},
		"interrupt":  {"start", syscall.SIGINT, "the process got interrupt"},
		"not heeded": {"stop", syscall.SIGTERM, "begun"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := jujutest.Start(t)
			cmd := startDispatch(t, agent, c.hook)
			waitFor(t, func() bool {
				agent.Lock()
				defer agent.Unlock()
				return slices.Contains(agent.Log, "INFO begun")
			})
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			var exit *exec.ExitError
			if err := cmd.Wait(); !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if status, ok := exit.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != c.signal {
				t.Errorf("ended with %v", exit)
			}
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("took %s", took)
			}
			agent.End(1)
			if len(agent.State) != 0 {
				t.Errorf("state %v", agent.State)
			}
			if log := strings.Join(agent.Log, "\n"); !strings.Contains(log, c.log) {
				t.Errorf("log %s", log)
			}
		})
	}
}

// startDispatch starts the test binary as a charm's process.
func startDispatch(t *testing.T, agent *jujutest.Agent, hook string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dispatch := filepath.Join(t.TempDir(), "dispatch")
	if err := os.Symlink(binary, dispatch); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), dispatch)
	for name, value := range agent.Environ(hook, nil) {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

// waitFor polls until a condition holds.
func waitFor(t *testing.T, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
