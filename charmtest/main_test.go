// The tests' own charms: shell scripts that run hook tools as programs (testdata), and this very test binary as a
// dispatch that speaks to the agent's socket, following a script in its charm's folder.

package charmtest_test

import (
	"context"
	"fmt"
	"net/rpc"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "dispatch" {
		syscall.Exit(dispatch()) // with -race, os.Exit would wait a second in each hook
	}
	charmtest.ToolMain()
	os.Exit(m.Run())
}

type request struct {
	ContextId, Dir, CommandName string
	Args                        []string
	StdinSet                    bool
	Stdin                       []byte
	Token                       string
}

type response struct {
	Code           int
	Stdout, Stderr []byte
}

// dispatch does each line of the file "script" that is for this hook: "<hook> <tool> <args...>". Besides the tools
// there are "exit N", "sleep D" and "pid FILE".
func dispatch() int {
	text, err := os.ReadFile("script")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 90
	}
	client, err := rpc.Dial(os.Getenv("JUJU_AGENT_SOCKET_NETWORK"), os.Getenv("JUJU_AGENT_SOCKET_ADDRESS"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 91
	}
	hook := filepath.Base(os.Getenv("JUJU_DISPATCH_PATH"))
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != hook && words[0] != "*" {
			continue
		}
		if code, over := do(client, words[1], words[2:]); over {
			return code
		}
	}
	return 0
}

func do(client *rpc.Client, tool string, args []string) (code int, over bool) {
	switch tool {
	case "exit":
		n, _ := strconv.Atoi(args[0])
		return n, true
	case "sleep":
		d, _ := time.ParseDuration(args[0])
		time.Sleep(d)
		return 0, false
	case "sigterm":
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		time.Sleep(time.Minute)
	}
	for i, a := range args {
		args[i] = os.Expand(a, func(name string) string {
			if n, isLong := strings.CutPrefix(name, "x"); isLong {
				count, _ := strconv.Atoi(n)
				return strings.Repeat("x", count)
			}
			return os.Getenv(name)
		})
	}
	dir, _ := os.Getwd()
	var r response
	err := client.Call("Jujuc.Main", request{ContextId: os.Getenv("JUJU_CONTEXT_ID"), Dir: dir, CommandName: tool, Args: args}, &r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 92, true
	}
	fmt.Printf("%s", r.Stdout)
	fmt.Fprintf(os.Stderr, "%s", r.Stderr)
	if r.Code != 0 {
		return r.Code, true
	}
	return 0, false
}

const plainCharm = `name: plain
summary: does what its script says
description: for the tests of charmtest
requires:
  db: {interface: pgsql}
  cache: {interface: redis}
provides:
  site: {interface: http}
peers:
  cluster: {interface: plain-peers}
resources:
  jar: {type: file, filename: plugin.jar, description: a plugin}
`

const plainConfig = `options:
  mode: {type: string, default: ok, description: m}
  port: {type: int, description: no default}
`

// scripted makes a charm folder whose dispatch is this test binary, following the script.
func scripted(t *testing.T, script string) string {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "dispatch")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"metadata.yaml": plainCharm, "config.yaml": plainConfig,
		"actions.yaml": "act: {description: a}\n", "script": script} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// rescript changes what a unit's charm does from now on.
func rescript(t *testing.T, m *charmtest.Running, unit, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(m.CharmDir(unit), "script"), []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
}

// plain starts a model with a settled application "app" that follows the script.
func plain(t *testing.T, opt charmtest.Options, units int, script string) *charmtest.Running {
	t.Helper()
	m := charmtest.Start(t, opt)
	m.MustDeploy("app", scripted(t, script), charmtest.DeployOptions{Units: units})
	m.MustSettle()
	return m
}

// failing settles a model in which a hook is meant to fail, and gives the error.
func failing(t *testing.T, m *charmtest.Running) error {
	t.Helper()
	err := m.Settle(context.Background())
	if err == nil {
		t.Fatal("no unit is in error")
	}
	return err
}
