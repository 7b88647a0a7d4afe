package kafka

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// TestConnectorsCommand: the command connectors, as it is built for its users, against two real workers of one cluster.
func TestConnectorsCommand(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-C", "../..", "-trimpath", "-o", filepath.Join(bin, "connectors"), "./cmd/connectors")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the command: %v\n%s", err, text)
	}
	eachVersion(t, func(t *testing.T, k *realkafka.Kafka) {
		c := startCluster(t, k, 1)
		workers := []*realkafka.Worker{
			startWorker(t, k, c.dir, "worker-0", c.properties), startWorker(t, k, c.dir, "worker-1", c.properties),
		}
		testscript.Run(t, testscript.Params{
			Dir: filepath.Join("testdata", "command"), RequireExplicitExec: true, RequireUniqueNames: true,
			Setup: func(env *testscript.Env) error {
				env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
				env.Setenv("HOME", env.WorkDir)
				env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
				for i, worker := range workers {
					env.Setenv(fmt.Sprintf("URL_%d", i), worker.URL)
					env.Setenv(fmt.Sprintf("WORKER_%d", i), strings.TrimPrefix(worker.URL, "http://"))
				}
				return nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"crash": func(ts *testscript.TestScript, _ bool, args []string) { crash(ts, workers, args) },
				"exits": exits,
				"until": until,
			},
		})
	})
}

// crash is the command "crash N".
func crash(ts *testscript.TestScript, workers []*realkafka.Worker, args []string) {
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	workers[number].Kill()
}

// exits is the command "exits CODE PROGRAM [ARG...]".
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		state, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = state.ExitCode()
	}
	if got != want {
		ts.Fatalf("it ends with %d instead of %d", got, want)
	}
}

// until is the command "until PROGRAM [ARG...]": again and again, until it ends well.
func until(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		err := ts.Exec(args[0], slices.Clone(args[1:])...)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("it did not end well within a minute: %v", err)
		}
	}
}
