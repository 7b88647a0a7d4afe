package layers_test

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// Each archive below testdata is one rule: the layers' folders, of which "top" is
// the charm's own, and what becomes of them.
func TestCompose(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) < 8 {
		t.Fatalf("archives %v: %v", archives, err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			layered := *archive
			layered.Files = slices.DeleteFunc(slices.Clone(archive.Files), func(f txtar.File) bool { return f.Name == "want" })
			if err := txtar.Write(&layered, dir); err != nil {
				t.Fatal(err)
			}
			stack, problems := layers.Finder{}.Find(t.Context(), filepath.Join(dir, "top"))
			testfile.Want(t, path, archive, outcome(dir, stack, problems))
		})
	}
}

// outcome is everything that came of a stack: its order, the problems, which
// layer gave which file, and the joined files' text.
func outcome(dir string, stack layers.Stack, problems charmdir.Problems) string {
	var b strings.Builder
	if len(stack.Layers) > 0 {
		charm, more := layers.Compose(stack)
		problems = append(problems, more...)
		b.WriteString("layers:")
		for _, l := range stack.Layers {
			b.WriteString(" " + l.Name)
		}
		fmt.Fprintf(&b, "\ninterfaces: %s\n", strings.Join(stack.Interfaces, " "))
		for _, path := range slices.Sorted(maps.Keys(charm.Files)) {
			f := charm.Files[path]
			fmt.Fprintf(&b, "%-30s %-7s %s\n", path, f.Kind, f.Layer)
		}
		for _, path := range slices.Sorted(maps.Keys(charm.Files)) {
			if f := charm.Files[path]; f.Kind == layers.Dynamic || strings.HasSuffix(path, ".txt") {
				fmt.Fprintf(&b, "\n=== %s\n%s", path, f.Data)
			}
		}
	}
	for i, p := range problems.Sorted() {
		if i == 0 {
			b.WriteString("\n=== problems\n")
		}
		b.WriteString(strings.ReplaceAll(p.String(), dir+string(filepath.Separator), "") + "\n")
	}
	return strings.ReplaceAll(b.String(), dir, "DIR")
}

// Modes and links are kept; what a package manager made read-only is not.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir, out := t.TempDir(), t.TempDir()
	for name, mode := range map[string]fs.FileMode{"layer.yaml": 0o444, "script": 0o555, "data": 0o600} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("repo: x\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("data", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	stack, problems := layers.Finder{}.Find(t.Context(), dir)
	charm, more := layers.Compose(stack)
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	for range 2 { // over what is there
		if err := charm.Write(out); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]fs.FileMode{"layer.yaml": 0o644, "script": 0o755, "data": 0o644, "link": fs.ModeSymlink} {
		info, err := os.Lstat(filepath.Join(out, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := info.Mode(); got != want && got.Type() != want {
			t.Errorf("%s has mode %v, want %v", name, got, want)
		}
	}
	if target, err := os.Readlink(filepath.Join(out, "link")); err != nil || target != "data" {
		t.Error(target, err)
	}
}

// Make says everything at once, and writes nothing then.
func TestMake(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"metadata.yaml": "name: c\nsummary: s\ndescription: d\nrequires: {juju-x: {interface: a}}\n",
		"config.yaml":   "options:\n  a: {type: int, default: x}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(t.TempDir(), "charm")
	err := layers.Make(t.Context(), out, dir)
	for _, want := range []string{"manifest.yaml: there is none", "config.yaml:2:", "metadata.yaml:4:12: ", "3 problems"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was written")
	}
	upper := t.TempDir()
	for name, text := range map[string]string{"config.yaml": "options:\n  a: {default: 3}\n", "manifest.yaml": "bases: [{name: ubuntu, channel: '24.04'}]\n",
		"metadata.yaml": "name: upper\nrequires: {db: {interface: b}}\n", "layer.yaml": "metadata: {deletes: [requires.juju-x]}\n"} {
		if err := os.WriteFile(filepath.Join(upper, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := layers.Make(t.Context(), out, dir, upper); err != nil {
		t.Fatal(err)
	}
	c, err := charmdir.Read(out)
	if err != nil || c.Name != "upper" || c.Options["a"].Default != int64(3) || len(c.Endpoints) != 1 {
		t.Errorf("%+v %v", c, err)
	}
}
