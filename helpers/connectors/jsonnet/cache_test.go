package jsonnet_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// library is a folder with a cache, and the names of its files.
func library(t *testing.T) (jsonnet.Evaluator, []string) {
	t.Helper()
	root := folder(t, map[string]string{
		"lib/a.libsonnet":       "(import 'b.libsonnet') + {a: 1}",
		"lib/b.libsonnet":       "{b: importstr 'text.txt', [if false then 'never']: import 'gone.libsonnet'}",
		"lib/text.txt":          "text",
		"imports.jsonnet":       "import 'lib/a.libsonnet'",
		"variable.jsonnet":      "{r: std.extVar('region')}",
		"secret.jsonnet":        "{s: std.extVar('secret')}",
		"through.jsonnet":       "import 'lib/vars.libsonnet'",
		"lib/vars.libsonnet":    "{assert std.extVar('region') != 'mars', x: 1}",
		"computed.jsonnet":      "{c: std.extVar('reg' + 'ion')}",
		"alias.jsonnet":         "local s = std; {c: s.extVar('region')}",
		"alone.jsonnet":         "{x: std.length('abc')}",
		"conditional.jsonnet":   "{[if std.extVar('region') == 'us' then 'x']: std.extVar('undefined'), y: 1}",
		"shadowed.jsonnet":      "local f(std) = std.extVar; {x: f({extVar: 3})}",
		"namedargument.jsonnet": "{x: std.extVar(x='region')}",
	})
	e := jsonnet.Evaluator{
		Root: root, CacheFile: filepath.Join(t.TempDir(), "cache", "results"),
		Variables: map[string]jsonnet.Variable{
			"region": {Text: "eu"}, "other": {Text: "x"}, "secret": {Text: "hunter2", Secret: true},
		},
	}
	return e, []string{"imports.jsonnet", "variable.jsonnet", "secret.jsonnet", "through.jsonnet", "computed.jsonnet",
		"alias.jsonnet", "alone.jsonnet", "conditional.jsonnet", "shadowed.jsonnet", "namedargument.jsonnet"}
}

// anew evaluates and names the files that were not taken from the cache. What
// is taken from there must be what evaluation gives.
func anew(t *testing.T, e jsonnet.Evaluator, files []string) string {
	t.Helper()
	var names []string
	kept := evaluate(t, e, files...)
	e.CacheFile = ""
	fresh := evaluate(t, e, files...)
	for i, r := range kept {
		if r.Err != nil || fresh[i].Err != nil {
			t.Fatal(r.Err, fresh[i].Err)
		}
		if got, want := compact(r.Output), compact(fresh[i].Output); got != want {
			t.Errorf("%s is %s from the cache (%t); it is %s", r.File, got, r.Cached, want)
		}
		if !r.Cached {
			names = append(names, strings.TrimSuffix(r.File, ".jsonnet"))
		}
	}
	return strings.Join(names, " ")
}

// A file is evaluated anew when something changed that its result depends on.
// A secret is never kept, nor what may depend on one.
func TestCache(t *testing.T) {
	t.Parallel()
	e, files := library(t)
	if got, want := anew(t, e, files), "imports variable secret through computed alias alone conditional shadowed namedargument"; got != want {
		t.Errorf("at first, evaluated are %q; want %q", got, want)
	}
	const always = "secret computed alias shadowed namedargument"
	check := func(what, want string) {
		t.Helper()
		if got := anew(t, e, files); got != want {
			t.Errorf("%s, evaluated are %q; want %q", what, got, want)
		}
		if got := anew(t, e, files); got != always {
			t.Errorf("%s, and once more, evaluated are %q; want %q", what, got, always)
		}
	}
	change := func(name, text string) { testfile.Write(t, filepath.Join(e.Root.Name(), name), text) }
	check("when nothing changed", always)
	change("alone.jsonnet", "{x: 4}")
	check("with another content", "secret computed alias alone shadowed namedargument")
	change("lib/text.txt", "other")
	check("with another text imported by an import", "imports secret computed alias shadowed namedargument")
	change("lib/a.libsonnet", "(import 'b.libsonnet') + {a: 2}")
	check("with another import", "imports secret computed alias shadowed namedargument")
	change("lib/gone.libsonnet", "{}")
	check("with an import that was missing", "imports secret computed alias shadowed namedargument")
	e.Variables["region"] = jsonnet.Variable{Text: "us2"}
	check("with another value of a variable", "variable secret through computed alias conditional shadowed namedargument")
	e.Variables["other"] = jsonnet.Variable{Text: "y"}
	check("with another value of a variable nobody names", always)
	e.Variables["region"] = jsonnet.Variable{Text: "'us2'", Code: true}
	check("with a variable that is code", "variable secret through computed alias conditional shadowed namedargument")
	delete(e.Variables, "secret")
	files = append(files[:2:2], files[3:]...)
	if got, want := anew(t, e, files), "computed alias shadowed namedargument"; got != want {
		t.Errorf("without secrets, evaluated are %q; want %q", got, want)
	}
	if got := anew(t, e, files); got != "" {
		t.Errorf("without secrets, and once more, evaluated are %q", got)
	}
}

func TestCacheHoldsNoSecret(t *testing.T) {
	t.Parallel()
	e, files := library(t)
	evaluate(t, e, files...)
	text, err := os.ReadFile(e.CacheFile)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter2") {
		t.Error("the cache holds a secret")
	}
	for name, want := range map[string]os.FileMode{e.CacheFile: 0o600, filepath.Dir(e.CacheFile): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s has the mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

// Whatever a cache file holds, the results are right.
func TestCacheBroken(t *testing.T) {
	t.Parallel()
	e, files := library(t)
	evaluate(t, e, files...)
	good, err := os.ReadFile(e.CacheFile)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(good), "\n")
	for name, text := range map[string]string{
		"empty": "", "cut": string(good[:len(good)/2]), "no head": body, "no body": head + "\n",
		"changed": strings.Replace(string(good), `"a":1`, `"a":9`, 1), "another version": "x" + string(good), "noise": "\x00\xff",
	} {
		if name == "changed" && text == string(good) {
			t.Fatal("nothing was changed")
		}
		testfile.Write(t, e.CacheFile, text)
		if got := anew(t, e, files); !strings.HasPrefix(got, "imports variable") {
			t.Errorf("%s: evaluated are %q", name, got)
		}
		if got := anew(t, e, files); strings.HasPrefix(got, "imports") {
			t.Errorf("%s: it was not written anew: evaluated are %q", name, got)
		}
	}
	if err := os.Remove(e.CacheFile); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(e.CacheFile, 0o700); err != nil {
		t.Fatal(err)
	}
	if got := anew(t, e, files); !strings.HasPrefix(got, "imports variable") {
		t.Errorf("with a folder in its place: evaluated are %q", got)
	}
}

// Evaluators that share a cache file do not hurt each other.
func TestCacheConcurrent(t *testing.T) {
	t.Parallel()
	e, files := library(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 {
				results, err := e.Evaluate(t.Context(), files)
				if err != nil {
					t.Error(err)
				}
				for _, r := range results {
					if r.Err != nil {
						t.Error(r.Err)
					}
				}
			}
		})
	}
	all.Wait()
	if got := anew(t, e, files); strings.HasPrefix(got, "imports") {
		t.Errorf("afterwards, evaluated are %q", got)
	}
	left, err := os.ReadDir(filepath.Dir(e.CacheFile))
	if err != nil || len(left) != 1 {
		t.Errorf("in the cache's folder are %v, %v; want one file", left, err)
	}
}

// An error is not kept, and does not keep others from being kept.
func TestCacheErrors(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"bad.jsonnet": "import 'lib.libsonnet'", "good.jsonnet": "{}"})
	e := jsonnet.Evaluator{Root: root, CacheFile: filepath.Join(t.TempDir(), "results")}
	for i := range 2 {
		results := evaluate(t, e, "bad.jsonnet", "good.jsonnet")
		if results[0].Err == nil || results[0].Cached || results[1].Cached != (i == 1) {
			t.Errorf("run %d: %+v", i, results)
		}
	}
	testfile.Write(t, filepath.Join(root.Name(), "lib.libsonnet"), "{a: 1}")
	if r := evaluate(t, e, "bad.jsonnet")[0]; r.Err != nil || compact(r.Output) != `{"a":1}` {
		t.Errorf("once its import is there: %+v", r)
	}
}

// Too many files that end their evaluators end it for the rest, soon.
func TestManyDeaths(t *testing.T) {
	t.Parallel()
	files := map[string]string{"bomb.libsonnet": "std.length(std.makeArray(1000000000, function(i) i))"}
	var names []string
	for i := range 12 {
		name := fmt.Sprintf("%02d.jsonnet", i)
		files[name] = "import 'bomb.libsonnet'"
		names = append(names, name)
	}
	e := jsonnet.Evaluator{Root: folder(t, files), Parallel: 1, Limits: jsonnet.Limits{Deaths: 2, Memory: 256 << 20}}
	died, skipped := 0, 0
	for _, r := range evaluate(t, e, names...) {
		switch {
		case r.Err != nil && r.Err.Died:
			died++
		case r.Err != nil && r.Err.Skipped:
			skipped++
		}
	}
	if died != 2 || skipped != 10 {
		t.Errorf("%d died and %d were skipped; want 2 and 10", died, skipped)
	}
}
