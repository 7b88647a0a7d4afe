package charmdir_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

const meta = "name: c\nsummary: s\ndescription: d\n"

// TestCheck: each archive below testdata/refused is a charm that Juju 3.6 or 4
// refuses, and every place and word in which that is told. Juju's own library
// refuses it, too, unless the archive's comment says that Juju does so elsewhere.
func TestCheck(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(archives) < 25 {
		t.Fatalf("found only %d archives: %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				if f.Name != "want" {
					files[f.Name] = string(f.Data)
				}
			}
			problems := problemsOf(t, files)
			if len(problems) == 0 {
				t.Error("nothing is refused")
			}
			testfile.Want(t, path, archive, strings.Join(problems, "\n")+"\n")
			elsewhere := strings.Contains(string(archive.Comment), "outside its charm library")
			if _, err := charmdir.Read(write(t, files)); (err != nil) == elsewhere {
				t.Errorf("the library: %v", err)
			}
		})
	}
}

func TestCheckAccepts(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]map[string]string{
		"as it is":    nil,
		"no options":  {"config.yaml": "options: {}\n"},
		"null":        {"config.yaml": "options:\n", "actions.yaml": ""},
		"YAML 1.1":    {"config.yaml": "options:\n  a: {type: boolean, default: yes}\n  b: {type: int, default: 0x10}\n"},
		"anchors":     {"config.yaml": "options:\n  a: &a {type: int, default: 1}\n  b: *a\n  c:\n    <<: *a\n    default: 2\n"},
		"subordinate": {"metadata.yaml": meta + "subordinate: true\nrequires: {host: {interface: juju-info, scope: container}, db: {interface: x}}\n"},
		"containers":  {"metadata.yaml": meta + "assumes: [juju >= 3.6, k8s-api]\ncontainers: {a: {resource: img, mounts: [{storage: data, location: /x}]}}\nresources: {img: {type: oci-image}}\nstorage: {data: {type: filesystem}}\nextra-bindings: {admin: null}\n"},
		"unknown key": {"metadata.yaml": meta + "whatever: [1, {a: b}]\n"},
	} {
		files := good()
		maps.Copy(files, more)
		if got := problemsOf(t, files); len(got) > 0 {
			t.Errorf("%s: %q", name, got)
		}
	}
	files := good()
	files["metadata.yaml"] = meta + "series: [jammy]\n"
	if got := problemsOf(t, files); len(got) != 1 || !strings.HasPrefix(got[0], "metadata.yaml:4:1: warning: Juju 4 reads no series") {
		t.Errorf("with series: %q", got)
	}
}

// Everything is told at once, in the order of files and lines, each once.
func TestProblems(t *testing.T) {
	t.Parallel()
	ps := charmdir.Problems{{File: "b", Text: "two"}, {File: "a", Line: 3, Text: "x"}, {File: "a", Line: 2, Column: 9, Text: "y", Hint: "do z"},
		{File: "a", Line: 3, Text: "x"}, {Text: "none", Warning: true}}
	want := []string{"warning: none", "a:2:9: y (do z)", "a:3: x", "b: two"}
	var got []string
	for _, p := range ps.Sorted() {
		got = append(got, p.String())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := ps.Sorted().Err(); err == nil || err.Error() != "cannot make a charm that Juju takes: 3 problems\na:2:9: y (do z)\na:3: x\nb: two" {
		t.Error(err)
	}
	if err := (charmdir.Problems{{Text: "w", Warning: true}}).Err(); err != nil {
		t.Error(err)
	}
}

func problemsOf(t *testing.T, files map[string]string) []string {
	t.Helper()
	dir := write(t, files)
	docs, problems := charmdir.ReadDocuments(dir, charmdir.Files()...)
	if len(problems) == 0 {
		problems = charmdir.Check(docs)
	}
	var all []string
	for _, p := range problems.Sorted() {
		all = append(all, strings.ReplaceAll(p.String(), dir+string(filepath.Separator), ""))
	}
	return all
}
