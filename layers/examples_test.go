package layers_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
	"github.com/connectcharm/kafka-connect-base/layers"
)

var examples = []string{"kafka-connect-file", "kafka-connect-mongodb"}

// The examples are charms that Juju takes, without a warning, and hold what a
// charm needs and nothing of the repository besides.
func TestExamples(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		charm := composeExample(t, name)
		var files []string
		for path := range charm.Files {
			files = append(files, path)
		}
		for _, want := range []string{"LICENSE", "README.md", "actions.yaml", "config.yaml", "icon.svg", "layer.yaml", "manifest.yaml", "metadata.yaml"} {
			if _, ok := charm.Files[want]; !ok {
				t.Errorf("%s has no %s", name, want)
			}
		}
		if len(files) != 8 {
			t.Errorf("%s has %d files: %q", name, len(files), files)
		}
	}
}

func composeExample(t *testing.T, name string) *layers.Charm {
	t.Helper()
	stack, problems := layers.Finder{}.Find(t.Context(), filepath.Join("..", "examples", name))
	charm, more := layers.Compose(stack)
	problems = append(append(problems, more...), charmdir.Check(charm.Documents)...)
	if len(problems) > 0 {
		t.Fatalf("%s: %q", name, problems)
	}
	return charm
}

// charmcraft.yaml says the same as the composed charm, in charmcraft's words.
// Charmcraft itself packs by it in acceptance.
func TestCharmcraft(t *testing.T) {
	t.Parallel()
	for _, name := range examples {
		got := craft(t, composeExample(t, name))
		path := filepath.Join("..", "examples", name, "charmcraft", "charmcraft.yaml")
		testfile.Golden(t, path, got)
	}
}

const craftHead = `# For those who pack with charmcraft: what kcb composes of the layers, in one file.
# Made from the layers; a test compares it. Charmcraft wants a folder without
# metadata.yaml, which stands for this file where there is one.
type: charm
base: ubuntu@24.04
platforms:
  amd64:
parts:
  charm:
    plugin: nil
    source: https://github.com/connectcharm/kafka-connect-base.git
    source-type: git
    build-snaps: [go]
    build-packages: [unzip]
    # One by one: a star leaves hidden files out, at times also those named beside it.
    stage: [.build.manifest, LICENSE, README.md, dispatch, icon.svg, layer.yaml, revision, rules.json, version]
    override-build: |
      go run ./cmd/kcb build examples/%[1]s --arch "$CRAFT_ARCH_BUILD_FOR" --out .
      unzip -o "%[1]s_$CRAFT_ARCH_BUILD_FOR.charm" -x manifest.yaml metadata.yaml config.yaml actions.yaml -d "$CRAFT_PART_INSTALL"
`

// craft writes charmcraft.yaml.
func craft(t *testing.T, charm *layers.Charm) string {
	t.Helper()
	meta := charm.Documents["metadata.yaml"]
	var out yaml.Node
	out.Kind = yaml.MappingNode
	add := func(key string, value *yaml.Node) {
		if value != nil {
			out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
		}
	}
	add("name", meta.Get("name"))
	add("title", meta.Get("display-name"))
	add("summary", meta.Get("summary"))
	add("description", meta.Get("description"))
	links := &yaml.Node{Kind: yaml.MappingNode}
	for _, one := range []struct{ in, out string }{{"maintainers", "contact"}, {"docs", "documentation"}, {"issues", "issues"}, {"source", "source"}, {"website", "website"}} {
		if n := meta.Get(one.in); n != nil {
			links.Content = append(links.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: one.out}, n)
		}
	}
	add("links", links)
	for _, section := range []string{"requires", "provides", "peers", "resources", "storage", "containers", "assumes"} {
		add(section, meta.Get(section))
	}
	add("config", charm.Documents["config.yaml"].Root)
	add("actions", charm.Documents["actions.yaml"].Root)
	var text strings.Builder
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(&out); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(craftHead, meta.Get("name").Value) + text.String()
}
