// The shape of the repository, held by a test: who may import whom, what the
// façade may hold, and how long a file and a function may be.
package kafkaconnectbase_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

const module = "github.com/connectcharm/kafka-connect-base"

// source is one parsed file.
type source struct {
	path    string // slash-separated, from the root
	pkg     string // its folder; "" for the root
	test    bool
	imports []string
	lines   int
	file    *ast.File
	set     *token.FileSet
}

// sources parses every Go file of this module. It parses rather than asks `go
// list`: a test that starts a program would be answered from the cache after a
// rule was broken.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if name != "." && (nested == nil || entry.Name() == "testdata" || entry.Name() == "build" || strings.HasPrefix(entry.Name(), ".")) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(name), test: strings.HasSuffix(name, "_test.go"), file: file, set: set}
		s.pkg = strings.TrimPrefix(path.Dir(s.path), ".")
		s.lines = set.File(file.Pos()).LineCount()
		for _, spec := range file.Imports {
			s.imports = append(s.imports, strings.Trim(spec.Path.Value, `"`))
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found only %d Go files: the rules below would hold of nothing", len(all))
	}
	return all
}

// within says whether an import is this module's folder, or below it.
func within(imported, folder string) bool {
	return imported == module+"/"+folder || strings.HasPrefix(imported, module+"/"+folder+"/")
}

func TestImportDirection(t *testing.T) {
	t.Parallel()
	adapters := []string{"helpers/juju", "helpers/kafka", "helpers/kube", "helpers/connect"}
	mayImport := func(from, to string, main bool) (bool, string) {
		switch {
		case from == "flags":
			return false, "flags imports the standard library only"
		case from == "reactive":
			return to == "flags", "reactive imports flags only"
		case slices.Contains(adapters, from):
			return false, "an adapter knows neither the others nor the engine"
		case strings.HasPrefix(from, "charm") && !strings.HasPrefix(from, "charmtest") && to == "helpers":
			return false, "helpers is a façade over charm, not below it"
		case to == "hooks":
			return main, "only mains import hooks"
		case from == "charmdir", from == "layers", strings.HasPrefix(from, "cmd/kcb"):
			tools := []string{"charmdir", "layers", "cmd/kcb", "internal", "reactive", "flags"}
			return slices.ContainsFunc(tools, func(t string) bool { return to == t || strings.HasPrefix(to, t+"/") }), "what makes charms knows none"
		case strings.HasPrefix(to, "charmtest"):
			return strings.HasPrefix(from, "charmtest") || strings.HasPrefix(from, "cmd/"), "what tests need does not belong into a charm"
		}
		return true, ""
	}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		for _, imported := range s.imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			if may, why := mayImport(s.pkg, to, s.file.Name.Name == "main"); !may {
				t.Errorf("%s imports %s: %s", s.path, to, why)
			}
		}
		if s.pkg == "flags" || s.pkg == "reactive" {
			for _, imported := range s.imports {
				if strings.Contains(strings.Split(imported, "/")[0], ".") && !within(imported, "flags") {
					t.Errorf("%s imports %s: it has to compile without Juju, Kafka and Kubernetes", s.path, imported)
				}
			}
		}
	}
}

// Each third-party client is imported by one package, so that swapping it is a
// matter of that package. Those for tests stand beside it.
func TestThirdPartyClients(t *testing.T) {
	t.Parallel()
	owners := map[string][]string{
		"github.com/segmentio/kafka-go": {"helpers/kafka"},
		"github.com/juju/charm":         {"charmdir"},
		"k8s.io/":                       {"helpers/kube", "charmtest/kubetest"},
		"sigs.k8s.io/":                  {"helpers/kube", "charmtest/kubetest"},
		"github.com/twmb/franz-go":      {"charmtest/kafkatest"},
		"github.com/google/go-jsonnet":  {"helpers/connectors/jsonnet"},
	}
	used := map[string]bool{}
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			for client, packages := range owners {
				if !strings.HasPrefix(imported, client) {
					continue
				}
				used[client] = true
				if !slices.Contains(packages, s.pkg) {
					t.Errorf("%s imports %s, which only %v may", s.path, imported, packages)
				}
			}
		}
	}
	for client := range owners {
		if !used[client] {
			t.Errorf("nobody imports %s: the rule about it holds of nothing", client)
		}
	}
}

// The façade stays one: aliases and forwards, and a list of names that is
// changed on purpose (go test . -run Façade -update).
func TestFaçade(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range sources(t) {
		if s.pkg != "helpers" || s.test {
			continue
		}
		for _, decl := range s.file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if len(decl.Body.List) > 3 {
					t.Errorf("helpers.%s has %d statements: helpers only forwards", decl.Name, len(decl.Body.List))
				}
				names = append(names, decl.Name.Name)
			case *ast.GenDecl:
				names = append(names, declared(t, decl)...)
			}
		}
	}
	slices.Sort(names)
	got := strings.Join(names, "\n") + "\n"
	golden := filepath.Join("testdata", "facade.txt")
	testfile.Golden(t, golden, got)
}

func declared(t *testing.T, decl *ast.GenDecl) (names []string) {
	t.Helper()
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if !spec.Assign.IsValid() {
				t.Errorf("helpers defines the type %s: it only gives others' types a name", spec.Name)
			}
			names = append(names, spec.Name.Name)
		case *ast.ValueSpec:
			for _, name := range spec.Names {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func TestSizes(t *testing.T) {
	t.Parallel()
	const fileLines, functionLines = 400, 60
	for _, s := range sources(t) {
		if s.lines > fileLines {
			t.Errorf("%s has %d lines: more than %d is more than one idea", s.path, s.lines, fileLines)
		}
		if s.test {
			continue // a table is as long as it is
		}
		for _, decl := range s.file.Decls {
			f, isFunction := decl.(*ast.FuncDecl)
			if !isFunction {
				continue
			}
			if lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1; lines > functionLines {
				t.Errorf("%s: %s has %d lines: more than a screen", s.path, f.Name, lines)
			}
		}
	}
}

// No behaviour hides in an import.
func TestNoInit(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, isFunction := decl.(*ast.FuncDecl); isFunction && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.path)
			}
		}
	}
}

// links are the relative ones of Markdown: [text](path) and [text](path#part).
var links = regexp.MustCompile(`\]\(([^)#:\s]+)(?:#[^)]*)?\)`)

// Every relative link in the documentation leads somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "build" || entry.Name() == "testdata" || name != "." && strings.HasPrefix(entry.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".md") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, link := range links.FindAllStringSubmatch(string(text), -1) {
			found++
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), link[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", name, link[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 10 {
		t.Errorf("found only %d links: the pattern no longer finds them", found)
	}
}
