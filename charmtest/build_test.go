package charmtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// A program made by Build takes the place of a dispatch the charm's folder does not have.
func TestBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, out := filepath.Join(dir, "main.go"), filepath.Join(dir, "dispatch")
	text := "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Println(\"built\", os.Getenv(\"JUJU_HOOK_NAME\")) }\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := charmtest.Build(t.Context(), source, out); err != nil {
		t.Fatal(err)
	}
	m := charmtest.Start(t)
	m.MustDeploy("app", withoutDispatch(t), charmtest.DeployOptions{Dispatch: out})
	if j := m.MustSettle(); j[0].Stdout != "built install\n" {
		t.Errorf("it said %q", j[0].Stdout)
	}
	err := charmtest.Build(t.Context(), filepath.Join(dir, "none.go"), out)
	if err == nil || !strings.HasPrefix(err.Error(), "cannot build ") {
		t.Errorf("building nothing: %v", err)
	}
}
