package build

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/layers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The type of the options is the real one: what the file example and the base layer
// below it ask for is found, and is declared.
func TestAsked(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "examples", "kafka-connect-file")
	stack, problems := layers.Finder{}.Find(t.Context(), dir)
	charm, more := layers.Compose(stack)
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	b := &builder{Options: Options{Dir: dir, Main: "./dispatch"}}
	asks, err := b.asked(t.Context(), []string{dir, root})
	if err != nil {
		t.Fatal(err)
	}
	for option, file := range map[string]string{"sink-file": filepath.Join(dir, "layer.go"), "memory": filepath.Join(root, "charm", "workers", "settings.go")} {
		if !slices.ContainsFunc(asks, func(a ask) bool { return a.option == option && a.at.Filename == file && a.at.Line > 0 }) {
			t.Errorf("%s is not found to be asked for in %s: %v", option, file, asks)
		}
	}
	c := ruleCheck{charm: charm}
	if c.options(asks); len(c.problems) > 0 {
		t.Error(c.problems)
	}
}

// What cannot be looked through is no reason to have no charm.
func TestNotAsked(t *testing.T) {
	t.Parallel()
	b := &builder{Options: Options{Dir: t.TempDir(), Main: "./dispatch"}, charm: &layers.Charm{}}
	if err := b.check(t.Context(), reactive.Description{}); err != nil {
		t.Fatal(err)
	}
	const want = "warning: cannot check the options that the program asks for: cannot list the packages"
	if len(b.problems) != 1 || !strings.HasPrefix(b.problems[0].String(), want) {
		t.Errorf("told %q, want %q", b.problems, want)
	}
}
