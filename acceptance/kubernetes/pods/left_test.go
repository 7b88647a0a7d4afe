package pods_test

// Nothing is left running, in whatever way the one who started it all ends.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
)

// abandoned names the folder of a run that will be killed.
const abandoned = "ABANDONED_RUN"

// abandon starts a cluster in a folder, says so, and waits to be killed.
func abandon(folder string) {
	c, err := cluster.Start(kubelite, "-netns", "-dir", folder, "-images", filepath.Join(folder, "images.json"))
	defer runtime.KeepAlive(c) // with its standard input, whose end kubelite would take for ours
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(c)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {}
}

func TestNothingIsLeftOfAKilledRun(t *testing.T) {
	t.Parallel()
	for name, whom := range map[string]func(test, kubelite int) int{
		"the test":      func(test, _ int) int { return test },
		"the cluster":   func(_, kubelite int) int { return kubelite },
		"all at a time": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// In kubelite's arguments and in the pods' environment.
			folder := t.TempDir()
			writeFile(t, filepath.Join(folder, "images.json"), fmt.Sprintf(
				`{"sleeper": {"entrypoint": ["sh", "-c", "trap '' TERM; sleep 1000 & wait"], "env": {"FOLDER": %q}, "user": 1000}}`, folder))
			run := exec.Command("/proc/self/exe")
			run.Env = append(os.Environ(), abandoned+"="+folder)
			run.Stderr = os.Stderr
			stdout, err := run.StdoutPipe()
			must(t, err)
			must(t, run.Start())
			t.Cleanup(func() { _ = run.Process.Kill() })
			line, err := bufio.NewReader(stdout).ReadBytes('\n')
			must(t, err)
			var c cluster.Cluster
			must(t, json.Unmarshal(line, &c))
			look := look(t, &c)
			look.apply(sleepers)
			look.eventually("the pods run", func() string {
				// The test, kubelite twice, two shells, two sleeps.
				if all := running(t, folder); len(all) < 7 || len(look.ready("default")) != 2 {
					return strings.Join(all, "\n")
				}
				return ""
			})
			if whom == nil {
				for _, pid := range []int{run.Process.Pid, c.PID} {
					must(t, syscall.Kill(pid, syscall.SIGKILL))
				}
			} else {
				must(t, syscall.Kill(whom(run.Process.Pid, c.PID), syscall.SIGKILL))
			}
			if name == "the cluster" {
				must(t, run.Process.Kill())
			}
			var exit *exec.ExitError
			if err := run.Wait(); !errors.As(err, &exit) {
				t.Errorf("the run ended with %v", err)
			}
			look.eventually("nothing is left", func() string { return strings.Join(running(t, folder), "\n") })
		})
	}
}

// sleepers are two pods that do not end when asked.
var sleepers = map[string]any{
	"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": map[string]any{"name": "sleeper", "namespace": "default"},
	"spec": map[string]any{
		"replicas": 2, "serviceName": "sleeper", "podManagementPolicy": "Parallel",
		"selector": map[string]any{"matchLabels": map[string]any{"app": "sleeper"}},
		"template": map[string]any{
			"metadata": map[string]any{"labels": map[string]any{"app": "sleeper"}},
			"spec":     map[string]any{"containers": []any{map[string]any{"name": "sleeper", "image": "sleeper"}}},
		},
	},
}

// running are the processes whose arguments or environment name a folder, but for
// this one.
func running(t *testing.T, folder string) (found []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	must(t, err)
	for _, p := range processes {
		arguments, err := os.ReadFile(p + "/cmdline")
		environment, wrong := os.ReadFile(p + "/environ")
		if err := errors.Join(err, wrong); err != nil {
			if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, fs.ErrPermission) {
				t.Fatal(err)
			}
			continue // it has just ended, or is none of ours
		}
		if bytes.Contains(arguments, []byte(folder)) || bytes.Contains(environment, []byte(folder)) {
			found = append(found, p+" "+string(bytes.ReplaceAll(arguments, []byte{0}, []byte(" "))))
		}
	}
	return found
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	must(t, os.WriteFile(name, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// patience is how long anything may take; nothing waits for it to pass.
const patience = 2 * time.Minute
