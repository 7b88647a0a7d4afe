package connectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// folder writes files, named by their paths, and opens what they make.
func folder(t testing.TB, files map[string]string) *connectors.Folder {
	t.Helper()
	f, err := connectors.Open(written(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func written(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		testfile.Write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func environment(t testing.TB, f *connectors.Folder, name string) *connectors.Environment {
	t.Helper()
	e, err := f.Environment(name)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// load loads the environment prod, without a cache.
func load(t testing.TB, f *connectors.Folder) (*connectors.Desired, error) {
	t.Helper()
	return f.Load(t.Context(), environment(t, f, "prod"), connectors.LoadOptions{NoCache: true})
}

// The folder of Activision's post (2019) renders to the configuration the post
// shows, byte for byte.
func TestSeed(t *testing.T) {
	t.Parallel()
	f, err := connectors.Open("testdata/seed")
	if err != nil {
		t.Fatal(err)
	}
	desired, err := load(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(desired.Connectors) != 1 {
		t.Fatalf("the folder gives %d connectors; want 1", len(desired.Connectors))
	}
	got, err := connectors.Render(desired.Connectors[0])
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/seed/want.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// What a file may look like, and what it gives.
func TestShapes(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{
		"connectors/lib.libsonnet":             "{class:: 'C'}",
		"connectors/prod/README.md":            "not a connector",
		"connectors/prod/.hidden.json":         "{",
		"connectors/prod/one.jsonnet":          "{'connector.class': (import '../lib.libsonnet').class, 'tasks.max': 2, ratio: 0.1, big: 1e15, on: true}",
		"connectors/prod/deep/er/two.json":     `{"name": "zwei", "connector.class": "C", "id": 12345678901234567890, "rate": 1.50}`,
		"connectors/prod/three.yaml":           "connector.class: C\nconnectors.state: stopped\ntasks.max: 3\ndate: 2024-01-01\ntext: |\n  a\n  b\n",
		"connectors/prod/several.jsonnet":      "{['n' + i]: {'connector.class': 'C', i: i} for i in [1, 2]}",
		"connectors/prod/list.yml":             "- &base {name: l1, connector.class: C, a: 1}\n- {<<: *base, name: l2}\n",
		"connectors/prod/none.jsonnet":         "{}",
		"connectors/prod/empty.json":           "[]",
		"connectors/staging/unrelated.jsonnet": "error 'not evaluated'",
	})
	desired, err := load(t, f)
	if err != nil {
		t.Fatal(err)
	}
	c := func(name string, config map[string]string, state connectors.State, source connectors.Source) connectors.Connector {
		return connectors.Connector{Name: name, Config: config, State: state, Source: source}
	}
	source := func(file, key string) connectors.Source {
		return connectors.Source{File: "connectors/prod/" + file, Key: key}
	}
	want := []connectors.Connector{
		c("l1", map[string]string{"connector.class": "C", "a": "1"}, connectors.Running, source("list.yml", "0")),
		c("l2", map[string]string{"connector.class": "C", "a": "1"}, connectors.Running, source("list.yml", "1")),
		c("n1", map[string]string{"connector.class": "C", "i": "1"}, connectors.Running, source("several.jsonnet", "n1")),
		c("n2", map[string]string{"connector.class": "C", "i": "2"}, connectors.Running, source("several.jsonnet", "n2")),
		c("one", map[string]string{"connector.class": "C", "tasks.max": "2", "ratio": "0.1", "big": "1000000000000000", "on": "true"}, connectors.Running, source("one.jsonnet", "")),
		c("three", map[string]string{"connector.class": "C", "tasks.max": "3", "date": "2024-01-01", "text": "a\nb\n"}, connectors.Stopped, source("three.yaml", "")),
		c("zwei", map[string]string{"connector.class": "C", "id": "12345678901234567890", "rate": "1.5"}, connectors.Running, source("deep/er/two.json", "")),
	}
	if diff := cmp.Diff(want, desired.Connectors, cmpopts.IgnoreUnexported(connectors.Connector{})); diff != "" {
		t.Error(diff)
	}
	if desired.Files != 7 {
		t.Errorf("there are %d files; want 7", desired.Files)
	}
}

// Everything that is wrong with a folder is said at once, with the place.
func TestMistakes(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{
		"connectors/prod/a.jsonnet":    "{name: 'x/y', 'connector.class': 'C', nothing: null, object: {a: 1}, list: [1]}",
		"connectors/prod/b.jsonnet":    "{\n  a: std.extVar('region')\n}",
		"connectors/prod/c.jsonnet":    "{name: 'same', 'connector.class': 'C'}",
		"connectors/prod/d.yaml":       "name: same\nconnector.class: C\n",
		"connectors/prod/e.json":       "{\n  \"connector.class\": \"C\",\n  \"a\": null,\n  \"db.password\": \"hunter2\"\n}",
		"connectors/prod/f.yaml":       "a:\n  name: b\n  connector.class: C\n",
		"connectors/prod/g.json":       "[{\"connector.class\": \"C\"}, 3]",
		"connectors/prod/h.jsonnet":    "{'connector.class': 'C', 'connectors.state': 'pasued', 'connectors.owner': 'me', big: 9007199254740994}",
		"connectors/prod/i.yaml":       "connector.class: C\nmode: 010\n",
		"connectors/prod/j.json":       "{\"a\": 1,\n\"a\": 2}",
		"connectors/prod/k.json":       "{\"a\": 1,\n2}",
		"connectors/prod/schema.json":  "{\"type\": \"record\"}",
		"connectors/prod/text.jsonnet": "'text'",
		"connectors/prod/empty.yaml":   "",
		"connectors/prod/twodocs.yaml": "a: 1\n---\nb: 1\n",
		"connectors/prod/laughs.yaml":  "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n",
		"connectors/prod/cycle.yaml":   "a: &a\n  b: *a\n",
		"connectors/prod/deep.json":    strings.Repeat("[", 100000),
		"connectors/prod/deep.yaml":    strings.Repeat("[", 5000),
	})
	_, err := load(t, f)
	got := ""
	if err != nil {
		got = err.Error() + "\n"
	}
	testfile.Golden(t, "testdata/mistakes.txt", got)
}

// Files that would silently not be there are mistakes: their connectors would
// be taken for deleted.
func TestSpecialFiles(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{
		"connectors/shared/a.json":      `{"connector.class": "C"}`,
		"connectors/prod/good.json":     `{"connector.class": "C"}`,
		"connectors/prod/large.yaml":    strings.Repeat("# x\n", 1<<19),
		"connectors/prod/large.jsonnet": strings.Repeat("// x\n", 1<<19),
	})
	prod := filepath.Join(f.Dir(), "connectors", "prod")
	for _, err := range []error{
		os.Symlink("../shared/a.json", filepath.Join(prod, "linked.json")),
		os.Symlink("../shared", filepath.Join(prod, "folder")),
		os.Symlink("/etc/hostname", filepath.Join(prod, "outside.json")),
		os.Symlink("nowhere", filepath.Join(prod, "dangling.json")),
		syscall.Mkfifo(filepath.Join(prod, "fifo.json"), 0o644),
		syscall.Mkfifo(filepath.Join(prod, "fifo.jsonnet"), 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := `cannot use the files of connectors/prod: 3 mistakes
  connectors/prod/dangling.json: is a symbolic link that leads out of the folder, or nowhere
  connectors/prod/folder: is a symbolic link to a folder, which is not followed: move the folder here
  connectors/prod/outside.json: is a symbolic link that leads out of the folder, or nowhere`
	if _, err := load(t, f); err == nil || err.Error() != want {
		t.Errorf("the error is %v; want %s", err, want)
	}
	for _, name := range []string{"folder", "outside.json", "dangling.json"} {
		if err := os.Remove(filepath.Join(prod, name)); err != nil {
			t.Fatal(err)
		}
	}
	want = `cannot use the files of connectors/prod: 4 mistakes
  connectors/prod/fifo.json: cannot be read: it is not a regular file
  connectors/prod/fifo.jsonnet: cannot read it: it is not a regular file
  connectors/prod/large.jsonnet: cannot read it: it has 2621440 bytes; at most 1048576 are read
  connectors/prod/large.yaml: cannot be read: it has 2097152 bytes; at most 1048576 are read`
	if _, err := load(t, f); err == nil || err.Error() != want {
		t.Errorf("the error is %v; want %s", err, want)
	}
	for _, name := range []string{"fifo.json", "fifo.jsonnet", "large.yaml", "large.jsonnet"} {
		if err := os.Remove(filepath.Join(prod, name)); err != nil {
			t.Fatal(err)
		}
	}
	desired, err := load(t, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(desired.Connectors) != 2 || desired.Connectors[1].Name != "linked" {
		t.Errorf("the connectors are %v; want good, and linked by a link inside the folder", desired.Connectors)
	}
}

// The second time, only what changed is evaluated; another environment and
// another folder have caches of their own.
func TestLoadCached(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"connectors/lib.libsonnet":     "{'connector.class': 'C'}",
		"connectors/prod/a.jsonnet":    "(import '../lib.libsonnet') + {env: std.extVar('env')}",
		"connectors/prod/b.jsonnet":    "(import '../lib.libsonnet')",
		"connectors/staging/a.jsonnet": "(import '../lib.libsonnet') + {env: std.extVar('env')}",
	}
	f, other := folder(t, files), folder(t, files)
	o := connectors.LoadOptions{CacheDir: t.TempDir(), Variables: map[string]string{"env": "e"}}
	evaluated := func(f *connectors.Folder, name string) int {
		t.Helper()
		desired, err := f.Load(t.Context(), environment(t, f, name), o)
		if err != nil {
			t.Fatal(err)
		}
		return desired.Evaluated
	}
	for i, want := range []int{2, 0} {
		for _, f := range []*connectors.Folder{f, other} {
			if got := evaluated(f, "prod"); got != want {
				t.Errorf("run %d: %d files were evaluated; want %d", i, got, want)
			}
			if got := evaluated(f, "staging"); got != want/2 {
				t.Errorf("run %d: %d files of staging were evaluated; want %d", i, got, want/2)
			}
		}
	}
	o.Variables["env"] = "f"
	if got := evaluated(f, "prod"); got != 1 {
		t.Errorf("with another variable %d files were evaluated; want 1", got)
	}
	old, foreign := filepath.Join(o.CacheDir, strings.Repeat("0a", 32)+".json"), filepath.Join(o.CacheDir, "notes.json")
	for _, name := range []string{old, foreign} {
		testfile.Write(t, name, "x")
		if err := os.Chtimes(name, time.Time{}, time.Now().AddDate(0, -2, 0)); err != nil {
			t.Fatal(err)
		}
	}
	o.Variables["env"] = "g"
	evaluated(f, "prod")
	if _, err := os.Stat(old); err == nil {
		t.Error("results of two months ago are still kept")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("somebody else's file: %v", err)
	}
	o.NoCache = true
	if got := evaluated(f, "prod"); got != 2 {
		t.Errorf("without a cache %d files were evaluated; want 2", got)
	}
}
