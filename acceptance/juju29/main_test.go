package juju29

// What the tests run is built once: Juju's client, the charm's, and the charm.

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

const root = "../.." // the main module

// built has the two programs that can stand behind the names of the hook tools,
// the charm, and the program that lends it its Kafka and Kubernetes.
var built struct{ jujuc, hooktool, charm, steps string }

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "juju29-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built.jujuc, built.hooktool = filepath.Join(dir, "jujuc"), filepath.Join(dir, "hooktool")
	built.charm, built.steps = filepath.Join(dir, "kafka-connect-file_"+runtime.GOARCH+".charm"), filepath.Join(dir, "steps")
	for _, command := range [][]string{
		{"go", "build", "-o", built.jujuc, "github.com/juju/juju/cmd/jujuc"},
		{"go", "build", "-C", root, "-o", built.hooktool, "./charmtest/internal/hooktool"},
		{"go", "build", "-C", root, "-o", built.steps, "./charmtest/internal/steps"},
		{"go", "run", "-C", root, "./cmd/kcb", "build", "--arch", runtime.GOARCH, "--out", dir, "examples/kafka-connect-file"},
	} {
		start := time.Now()
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "cannot build what the tests run: %q: %v\n%s\n", command, err, out)
			return 1
		}
		fmt.Printf("%5.1f s  %s\n", time.Since(start).Seconds(), command[len(command)-1])
	}
	return m.Run()
}
