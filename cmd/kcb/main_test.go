package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// The test binary is the command as well: the scripts run it as a process.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kcb": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	caches := goCaches(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       testfile.Update(),
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			for _, one := range caches {
				name, value, _ := strings.Cut(one, "=")
				env.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"unpack": unpack},
	})
}

// unpack CHARM FOLDER takes a charm apart as Juju does.
func unpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unpack CHARM FOLDER")
	}
	ts.Check(charmdir.Unpack(ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

// goCaches are the settings with which the go command finds here, and nowhere
// else, what it needs, wherever HOME is.
func goCaches(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return []string{"GOCACHE=" + lines[0], "GOMODCACHE=" + lines[1], "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local", "GIT_CEILING_DIRECTORIES=" + os.TempDir()}
}

// The reference is made from the commands.
func TestReference(t *testing.T) {
	t.Parallel()
	console := terminal.New(os.Stdin, os.Stdout, os.Stderr, func(string) string { return "" })
	got := cli.Reference(newRoot(console, func(string) string { return "" }))
	golden := filepath.Join("..", "..", "docs", "reference", "kcb.md")
	testfile.Golden(t, golden, got)
}
