package connectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
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
		put(t, filepath.Join(dir, name), text)
	}
	return dir
}

func put(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
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
	type c = connectors.Connector
	source := func(file, key string) connectors.Source {
		return connectors.Source{File: "connectors/prod/" + file, Key: key}
	}
	want := []c{
		{"l1", map[string]string{"connector.class": "C", "a": "1"}, connectors.Running, source("list.yml", "0")},
		{"l2", map[string]string{"connector.class": "C", "a": "1"}, connectors.Running, source("list.yml", "1")},
		{"n1", map[string]string{"connector.class": "C", "i": "1"}, connectors.Running, source("several.jsonnet", "n1")},
		{"n2", map[string]string{"connector.class": "C", "i": "2"}, connectors.Running, source("several.jsonnet", "n2")},
		{"one", map[string]string{"connector.class": "C", "tasks.max": "2", "ratio": "0.1", "big": "1000000000000000", "on": "true"}, connectors.Running, source("one.jsonnet", "")},
		{"three", map[string]string{"connector.class": "C", "tasks.max": "3", "date": "2024-01-01", "text": "a\nb\n"}, connectors.Stopped, source("three.yaml", "")},
		{"zwei", map[string]string{"connector.class": "C", "id": "12345678901234567890", "rate": "1.5"}, connectors.Running, source("deep/er/two.json", "")},
	}
	if diff := cmp.Diff(want, desired.Connectors); diff != "" {
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
	golden(t, "mistakes.txt", got)
}
