package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

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
		UpdateScripts:       testfile.Update(),
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
	testfile.Golden(t, golden, got)
}
