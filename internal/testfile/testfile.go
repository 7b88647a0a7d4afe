// Package testfile has what tests do with files: write them, and hold what they got
// against those of the repository.
package testfile

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Update says whether the test is to write its golden files.
func Update() bool { return *update }

// Golden compares a text with a file, which -update writes.
func Golden(tb testing.TB, file, got string) {
	tb.Helper()
	if *update {
		Write(tb, file, got)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		tb.Errorf("%s is another one (-want +got; go test -run '^%s$' -update writes it anew):\n%s", file, tb.Name(), diff)
	}
}

// Want compares a text with the section "want" of an archive, which -update writes.
func Want(tb testing.TB, file string, archive *txtar.Archive, got string) {
	tb.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if *update {
		if i < 0 {
			i, archive.Files = len(archive.Files), append(archive.Files, txtar.File{Name: "want"})
		}
		archive.Files[i].Data = []byte(got)
		Write(tb, file, string(txtar.Format(archive)))
	}
	if i < 0 {
		tb.Fatalf("%s has no section %q", file, "want")
	}
	if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
		tb.Errorf("%s wants something else (-want +got):\n%s", file, diff)
	}
}

// Write makes a file, with the folders it is in.
func Write(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
}
