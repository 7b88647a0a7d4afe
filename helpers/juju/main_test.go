package juju_test

// What the tests of this package share: the test binary also is every hook
// tool, and an agent that both ways of calling tools reach.

import (
	"os"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

func TestMain(m *testing.M) {
	if code, isTool := jujutest.ToolMain(); isTool {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// start gives an agent whose tools can be run as processes too.
func start(t testing.TB) *jujutest.Agent {
	t.Helper()
	agent := jujutest.Start(t)
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	agent.LinkTools(t, binary)
	return agent
}

// readEnv reads the environment that an agent made.
func readEnv(t testing.TB, environ map[string]string) juju.Env {
	t.Helper()
	env, err := juju.ReadEnv(func(name string) string { return environ[name] }, "dispatch")
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// unitOf gives the unit of a hook.
func unitOf(t testing.TB, environ map[string]string, options juju.Options) *juju.Unit {
	t.Helper()
	env := readEnv(t, environ)
	tools := juju.Open(env, options)
	t.Cleanup(func() { _ = tools.Close() })
	return juju.NewUnit(env, tools, options)
}

func install(t testing.TB, agent *jujutest.Agent) *juju.Unit {
	t.Helper()
	return unitOf(t, agent.Environ("install", nil), juju.Options{})
}

// must fails the test on an error.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
