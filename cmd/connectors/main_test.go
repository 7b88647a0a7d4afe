package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The test binary is the command as well: the scripts run it as a process, and
// it starts itself again to evaluate Jsonnet.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"connectors": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"connect": connectCommand,
			"tty":     ttyCommand,
			"expand":  expandCommand,
		},
	})
}

// setup gives each script a home of its own, and no colours or clusters from
// outside.
func setup(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	env.Setenv("HOME", home)
	env.Setenv("XDG_CACHE_HOME", filepath.Join(home, ".cache"))
	env.Setenv("TERM", "xterm")
	env.Values[clustersKey{}] = &clusters{}
	return os.Mkdir(home, 0o755)
}

// The reference is made from the commands.
func TestReference(t *testing.T) {
	t.Parallel()
	console := terminal.New(os.Stdin, os.Stdout, os.Stderr, func(string) string { return "" })
	got := cli.Reference(newRoot(console, func(string) string { return "" }))
	golden := filepath.Join("..", "..", "docs", "reference", "connectors.md")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what the commands say; write it anew with go test ./cmd/connectors -run Reference -update", golden)
	}
}
