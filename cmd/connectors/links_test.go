package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/connectcharm/kafka-connect-base/"

// linked are the modules of others that the command may link. A client of
// Kafka, Kubernetes or Juju would make it many times as large.
var linked = []string{
	"github.com/google/go-jsonnet",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/spf13/cobra",
	"github.com/spf13/pflag",
	"golang.org/x/sync",
	"golang.org/x/sys",
	"golang.org/x/term",
	"golang.org/x/text",
	"gopkg.in/yaml.v3",
}

// The command stays small: everything it imports, through this module's own
// packages, is known. The files are parsed, so that the test is made anew when
// one of them changes.
func TestLinksLittle(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		if seen[pkg] {
			return
		}
		seen[pkg] = true
		for _, imported := range imports(t, filepath.Join("..", "..", pkg)) {
			switch ours, is := strings.CutPrefix(imported, module); {
			case is:
				visit(ours)
			case strings.Contains(strings.Split(imported, "/")[0], "."):
				if !slices.ContainsFunc(linked, func(of string) bool { return imported == of || strings.HasPrefix(imported, of+"/") }) {
					t.Errorf("%s imports %s, which the command should not link", pkg, imported)
				}
			}
		}
	}
	visit("cmd/connectors")
	if !seen["helpers/connect"] || !seen["helpers/connectors"] {
		t.Errorf("saw only %v: the rule would hold of nothing", seen)
	}
}

// imports gives what the Go files of a folder import, tests left out.
func imports(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			all = append(all, strings.Trim(spec.Path.Value, `"`))
		}
	}
	return all
}
