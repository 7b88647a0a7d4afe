package charmdir_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

const meta = "name: c\nsummary: s\ndescription: d\n"

// refused is everything that Juju 3.6 or 4 refuses, each alone in an otherwise
// good charm, with the place and words it is told in.
var refused = map[string]struct {
	file, text string
	want       []string
	outside    bool // of the library
}{
	"no metadata":             {"metadata.yaml", "", []string{"metadata.yaml: name is missing", "metadata.yaml: summary is missing", "metadata.yaml: description is missing"}, false},
	"bad YAML":                {"metadata.yaml", meta + "tags: [a\n", []string{"metadata.yaml:3: cannot read YAML: did not find expected ',' or ']'"}, false},
	"name with capitals":      {"metadata.yaml", "name: Kc_x\nsummary: s\ndescription: d\n", []string{`metadata.yaml:1:1: "Kc_x" is no name for a charm (` + names + `)`}, true},
	"name that ends in digit": {"metadata.yaml", "name: kc-1\nsummary: s\ndescription: d\n", []string{`metadata.yaml:1:1: "kc-1" is no name for a charm (` + names + `)`}, true},
	"name that is a number":   {"metadata.yaml", "name: 1\nsummary: s\ndescription: d\n", []string{`metadata.yaml:1:1: name is no text (put it in quotes)`}, false},
	"duplicate endpoint": {"metadata.yaml", meta + "provides: {db: {interface: a}}\nrequires:\n  db: {interface: b}\npeers: {db: c}\n", []string{
		`metadata.yaml:6:3: endpoint "db" stands in provides and in requires (an application has one endpoint of a name; the other is in metadata.yaml:4)`,
		`metadata.yaml:7:9: endpoint "db" stands in provides and in peers (an application has one endpoint of a name; the other is in metadata.yaml:4)`}, false},
	"duplicate key":        {"metadata.yaml", meta + "requires:\n  a: {interface: b}\n  a: {interface: c}\n", []string{`metadata.yaml:6:3: key "a" stands here a second time (the first is in line 5)`}, true},
	"reserved endpoint":    {"metadata.yaml", meta + "requires: {juju-info: {interface: juju-info}}\n", []string{`metadata.yaml:4:12: using a reserved relation name: "juju-info"`}, false},
	"reserved prefix":      {"metadata.yaml", meta + "peers: {juju-x: {interface: a}}\n", []string{`metadata.yaml:4:9: using a reserved relation name: "juju-x"`}, false},
	"reserved interface":   {"metadata.yaml", meta + "provides: {x: {interface: juju-x}}\n", []string{`metadata.yaml:4:12: relation "x" using a reserved interface: "juju-x"`}, false},
	"endpoint's name":      {"metadata.yaml", meta + "requires: {Db: {interface: a}}\n", []string{`metadata.yaml:4:12: "Db" is no name for an endpoint (lower-case letters and digits, joined by single hyphens or underscores)`}, true},
	"no interface":         {"metadata.yaml", meta + "requires: {db: {limit: 1}, mq: {limit: x, interface: z}}\n", []string{"metadata.yaml:4:12: requires.db.interface: expected string, got nothing", "metadata.yaml:4:28: requires.mq.limit: unexpected value \"x\""}, false},
	"endpoints as a list":  {"metadata.yaml", meta + "requires: [db]\n", []string{"metadata.yaml:4:1: requires holds no endpoints (names with an interface each)"}, false},
	"storage":              {"metadata.yaml", meta + "storage:\n  data: {type: tape}\n  log: {type: block, location: /x}\n  Up: {type: block}\n", []string{`metadata.yaml:5:3: storage.data.type: unexpected value "tape"`, `metadata.yaml:6:3: storage "log": location may not be specified for "type: block"`, `metadata.yaml:7:3: "Up" is no name for a storage (` + names + `)`}, false},
	"resources":            {"metadata.yaml", meta + "resources:\n  a: {type: file}\n  b: {type: tape, filename: x}\n", []string{`metadata.yaml:5:3: resource missing filename`, `metadata.yaml:6:3: unsupported resource type "tape"`}, false},
	"containers":           {"metadata.yaml", meta + "containers:\n  a: {resource: none}\n  b: {mounts: [{storage: none, location: /x}]}\nresources: {img: {type: oci-image}}\n", []string{`metadata.yaml:5:3: parsing containers: referenced resource "none" not found`, `metadata.yaml:6:3: parsing containers: container "b": storage "none" not valid`}, false},
	"assumes":              {"metadata.yaml", meta + "assumes:\n  - juju >> 3\n", []string{`metadata.yaml:4:1: parsing expression 1 in top level "assumes" block: malformed feature expression "juju >> 3"`}, false},
	"devices and payloads": {"metadata.yaml", meta + "devices: {gpu: {type: gpu, countmin: 2, countmax: 1}}\npayloads: {p: {type: \"\"}}\n", []string{"metadata.yaml:4:11: device \"gpu\"", "metadata.yaml:5:12: payload"}, false},
	"reserved and more":    {"metadata.yaml", meta + "tags: [a]\nterms: [b-c]\nrequires: {juju-info: {interface: x}}\n", []string{`metadata.yaml:6:12: using a reserved relation name: "juju-info"`}, false},
	"subordinate":          {"metadata.yaml", meta + "subordinate: true\nrequires: {db: {interface: a}}\n", []string{`metadata.yaml:4:1: subordinate charm "c" lacks "requires" relation with container scope`}, false},
	"series":               {"metadata.yaml", meta + "series: [jammy]\nmin-juju-version: 2.9.0\n", []string{"metadata.yaml:4:1: series does not go with manifest.yaml: Juju 4 refuses it", "metadata.yaml:5:1: min-juju-version does not go with manifest.yaml"}, true},
	"tags":                 {"metadata.yaml", meta + "tags: a\nterms: [\"Ä\"]\n", []string{"metadata.yaml:4:1: tags: expected list", "metadata.yaml:5:1: wrong term name format"}, false},
	"empty config":         {"config.yaml", "", []string{"config.yaml: it has no options (write options: {}, or remove the file)"}, false},
	"options":              {"config.yaml", "options:\n  a: {type: list}\n  b:\n    type: int\n    default: x\n  c: {type: boolean, default: \"x\"}\n  d: {type: float, default: 1}\n", []string{`config.yaml:2:7: option "a" has unknown type "list"`, `config.yaml:5:5: option "b" expected int, got "x"`, `config.yaml:6:22: option "c" expected boolean, got "x"`}, false},
	"options as a list":    {"config.yaml", "options: [a]\n", []string{"config.yaml:1:1: options holds no options (names with a type each)"}, false},
	"actions": {"actions.yaml", "Up: {}\njuju-x: {}\ngood: {}\nbad:\n  params: {a: {type: intiger}}\nlist:\n  params: [a]\nref: {params: {a: {$ref: x}}}\ndescribed: {description: [a]}\n", []string{
		`actions.yaml:1:1: action "Up": bad action name Up`, `actions.yaml:2:1: action "juju-x": cannot use action name juju-x: the "juju-" prefix is reserved`,
		`actions.yaml:4:1: action "bad": `, `actions.yaml:6:1: action "list": params failed to parse as a map`, `actions.yaml:8:1: action "ref": schema key "$ref" not compatible`, `actions.yaml:9:1: action "described": value for schema key "description" must be a string`}, false},
	"actions as a list": {"actions.yaml", "[a]\n", []string{"actions.yaml:1:1: it holds a list, where Juju wants keys and values"}, false},
	"empty bases":       {"manifest.yaml", "bases: []\n", []string{`manifest.yaml:1:1: it names no bases (write bases: [{name: ubuntu, channel: "24.04"}])`}, false},
	"bases": {"manifest.yaml", "bases:\n- {channel: '24.04'}\n- {name: ubuntu, channel: 24.04}\n- {name: ubuntu, channel: '24.04', architectures: [z80]}\n- {name: ubuntu, channel: a/b/c/d}\n- {name: ubuntu}\n", []string{
		"manifest.yaml:2:3: base: ", "manifest.yaml:3:3: base: [0].channel: expected string, got float64(24.04) (put the channel in quotes)", `manifest.yaml:4:3: base: architecture "z80" not valid`, "manifest.yaml:5:3: base: ", "manifest.yaml:6:3: base: "}, false},
	"profile": {"lxd-profile.yaml", "config: {boot.autostart: true}\n", []string{"lxd-profile.yaml: "}, true},
}

const names = "lower-case letters, digits and single hyphens; it begins with a letter, and so does or contains each part after a hyphen"

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range refused {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := good()
			files[c.file] = c.text
			got := problemsOf(t, files)
			if len(got) != len(c.want) {
				t.Errorf("want %d problems, got %q", len(c.want), got)
			}
			for _, want := range c.want {
				found := false
				for _, text := range got {
					found = found || strings.HasPrefix(text, want)
				}
				if !found {
					t.Errorf("want %q of %q", want, got)
				}
			}
			if _, err := charmdir.Read(write(t, files)); (err != nil) == c.outside {
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
	if got := problemsOf(t, map[string]string{"metadata.yaml": meta}); len(got) != 1 || !strings.HasPrefix(got[0], "manifest.yaml: there is none") {
		t.Errorf("without a manifest: %q", got)
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
	} else {
		problems = append(problems, charmdir.Check(docs)...)
		problems = problems[:1]
	}
	var all []string
	for _, p := range problems.Sorted() {
		all = append(all, strings.ReplaceAll(p.String(), dir+string(filepath.Separator), ""))
	}
	_ = os.RemoveAll(dir)
	return all
}
