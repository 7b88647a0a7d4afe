package hooks_test

// What the tests of this package share: a charm of one's own rules, run hook by
// hook against a small agent, in this process or, when the test binary is
// started again as "dispatch", in one of its own.

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestMain(m *testing.M) {
	if code, isTool := jujutest.ToolMain(); isTool {
		os.Exit(code)
	}
	if filepath.Base(os.Args[0]) == "dispatch" {
		process := hooks.Process{Build: waitForSignal}
		if os.Getenv("JUJU_DISPATCH_PATH") == "hooks/stop" { // in which it does not heed its context
			process.Grace = 50 * time.Millisecond
		}
		os.Exit(hooks.RunUntilSignal(process))
	}
	os.Exit(m.Run())
}

// charm is a charm under test on its unit.
type charm struct {
	t      *testing.T
	agent  *jujutest.Agent
	build  func(*juju.Unit) reactive.Rules
	change func(*hooks.Process) // before each hook

	stderr bytes.Buffer
	record hooks.Record // of the last hook
}

func newCharm(t *testing.T, build func(*juju.Unit) reactive.Rules) *charm {
	t.Helper()
	return &charm{t: t, agent: jujutest.Start(t), build: build}
}

// fixed is for rules that need no unit.
func fixed(rules ...reactive.Entry) func(*juju.Unit) reactive.Rules {
	return func(*juju.Unit) reactive.Rules { return rules }
}

// run runs a hook, or "action NAME", and lets Juju keep or drop it.
func (c *charm) run(hook string) int {
	c.t.Helper()
	return c.runIn(c.t.Context(), c.agent.Environ(hook, nil))
}

func (c *charm) runIn(ctx context.Context, environ map[string]string) int {
	c.t.Helper()
	process := hooks.Process{
		Build:   func(unit *juju.Unit) (reactive.Rules, error) { return c.build(unit), nil },
		Getenv:  func(name string) string { return environ[name] },
		Arg0:    "dispatch",
		Stderr:  &c.stderr,
		Version: "1",
		Observe: func(record hooks.Record) { c.record = record },
	}
	if c.change != nil {
		c.change(&process)
	}
	code := hooks.Run(ctx, process)
	c.agent.End(code)
	return code
}

// must runs a hook that has to go well.
func (c *charm) must(hook string) {
	c.t.Helper()
	if code := c.run(hook); code != 0 {
		c.t.Fatalf("%s: exit code %d: %s\n%s%q", hook, code, c.record.Error, c.stderr.String(), c.agent.Log)
	}
}

// ran gives the rules that ran in the last hook.
func (c *charm) ran() []string {
	names := []string{}
	for _, ran := range c.record.Rules {
		names = append(names, ran.Rule)
	}
	return names
}

// note is a handler that does nothing.
func note(context.Context, *reactive.Changes) error { return nil }
