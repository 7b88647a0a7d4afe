package juju

// What the tests run is built once: Juju's hook tools, the charms as they would be
// deployed, and the main module's steps program.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/juju/loggo"

	"github.com/juju/juju/acceptance/kafka-connect-base/jujud"
)

const root = "../.." // the main module

// built has what TestMain built.
var built struct{ dir, jujuc, mongod, steps, charm, mongo, scaffold, changed string }

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	// Short, as sockets are below. No test's own folder: it outlives each.
	dir, err := os.MkdirTemp("/tmp", "juju-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("TMPDIR", dir); err != nil { // Juju leaves locks of its store there
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := build(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	_, _ = loggo.RemoveWriter("default") // a test shows its own agents' log when it fails
	setLogLevels()
	defer jujud.End()
	return m.Run()
}

func setLogLevels() {
	loggo.GetLogger("").SetLogLevel(loggo.INFO)
	loggo.GetLogger("unit").SetLogLevel(loggo.DEBUG)
}

func build(dir string) error {
	built.dir, built.jujuc, built.steps = dir, filepath.Join(dir, "jujuc"), filepath.Join(dir, "steps")
	built.mongod = filepath.Join(dir, "mongod")
	built.charm = filepath.Join(dir, "kafka-connect-file_"+runtime.GOARCH+".charm")
	built.mongo = filepath.Join(dir, "kafka-connect-mongodb_"+runtime.GOARCH+".charm")
	kcb := filepath.Join(dir, "kcb")
	for _, command := range [][]string{
		{"go", "build", "-o", filepath.Join(dir, "jujuc-real"), "github.com/juju/juju/cmd/jujuc"},
		{"go", "build", "-o", built.mongod, "./mongod"},
		{"go", "build", "-C", root, "-o", built.steps, "./charmtest/internal/steps"},
		{"go", "build", "-C", root, "-o", kcb, "./cmd/kcb"},
		{kcb, "build", "--arch", runtime.GOARCH, "--out", dir, root + "/examples/kafka-connect-file"},
		{kcb, "build", "--arch", runtime.GOARCH, "--out", dir, root + "/examples/kafka-connect-mongodb"},
	} {
		if err := produce(command); err != nil {
			return err
		}
	}
	if err := buildScaffold(dir, kcb); err != nil {
		return err
	}
	return os.WriteFile(built.jujuc, []byte(fmt.Sprintf(toolScript, dir)), 0o755)
}

// produce runs a command that makes a part of what the tests run.
func produce(command []string, env ...string) error {
	start := time.Now()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build what the tests run: %q: %w\n%s", command, err, out)
	}
	fmt.Printf("%5.1f s  %s\n", time.Since(start).Seconds(), command[len(command)-1])
	return nil
}

// toolScript stands before Juju's program: it notes that a tool was run as a
// process, and finds the agent for a charm that was kept from finding it.
const toolScript = `#!/bin/bash
echo "$JUJU_UNIT_NAME ${0##*/}" >>"${JUJU_CHARM_DIR%%/agents/*}/tools.log"
[ -z "$HIDDEN_SOCKET" ] || export JUJU_AGENT_SOCKET_ADDRESS=$HIDDEN_SOCKET
exec -a "$0" %s/jujuc-real "$@"
`
