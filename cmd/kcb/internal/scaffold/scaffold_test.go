package scaffold

import (
	"go/format"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Whatever a charm is called, what is written for it is Go and YAML. That it
// compiles, passes its tests and packs is shown by the tutorial's test.
func TestRender(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, module, pkg, imported string }{
		{"x", "", "x", `"example.com/x"`},
		{"kafka-connect-audit", "", "audit", `audit "example.com/kafka-connect-audit"`},
		{"audit", "github.com/me/audit/v2", "audit", `"github.com/me/audit/v2"`},
		{"my-flags", "", "myflagslayer", `myflagslayer "example.com/my-flags"`},
		{"go", "", "golayer", `golayer "example.com/go"`},
		{"my-string", "", "mystringlayer", `mystringlayer "example.com/my-string"`},
		{"t", "", "tlayer", `tlayer "example.com/t"`},
		{"a-1b", "", "a1blayer", `a1blayer "example.com/a-1b"`},
	} {
		if c.module == "" {
			c.module = "example.com/" + c.name
		}
		files, err := render(Options{Name: c.name, Module: c.module})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{c.pkg + ".go", c.pkg + "_test.go", "dispatch/main.go", "layer.yaml", "metadata.yaml", "config.yaml",
			"actions.yaml", "Makefile", "README.md", ".gitignore", ".github/workflows/ci.yaml"} {
			if len(files[path]) == 0 {
				t.Errorf("%s: there is no %s", c.name, path)
			}
		}
		if !strings.Contains(string(files["dispatch/main.go"]), "\t"+c.imported+"\n") {
			t.Errorf("%s: main.go does not import %s\n%s", c.name, c.imported, files["dispatch/main.go"])
		}
		for path, text := range files {
			switch {
			case strings.Contains(string(text), "{{"):
				t.Errorf("%s: %s has a template left", c.name, path)
			case strings.HasSuffix(path, ".go"):
				if _, err := parser.ParseFile(token.NewFileSet(), path, text, 0); err != nil {
					t.Error(err)
				}
				if pretty, err := format.Source(text); err != nil || string(pretty) != string(text) {
					t.Errorf("%s: %s is not formatted: %v", c.name, path, err)
				}
			case strings.HasSuffix(path, ".yaml"):
				var value map[string]any
				if err := yaml.Unmarshal(text, &value); err != nil || len(value) == 0 {
					t.Errorf("%s: %s: %v", c.name, path, err)
				}
			}
		}
	}
}
