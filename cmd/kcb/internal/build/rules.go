package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
	"github.com/connectcharm/kafka-connect-base/layers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// ruleCheck holds a charm's rules against its files.
type ruleCheck struct {
	charm    *layers.Charm
	sources  *sources
	problems charmdir.Problems
}

// mistakes are what the rules' own check found, at the place where the flag, or
// else the rule, is named.
func (c *ruleCheck) mistakes(description reactive.Description) {
	for _, m := range description.Mistakes {
		p := charmdir.Problem{Text: m.Text}
		for _, name := range slices.Backward(m.Names) {
			if at, ok := c.sources.find(name); ok {
				p.File, p.Line, p.Column = at.Filename, at.Line, at.Column
				break
			}
		}
		c.problems = append(c.problems, p)
	}
}

// terms checks that every option, endpoint, action and hook of the rules is one
// of the charm's, and that every action of the charm's has a rule.
func (c *ruleCheck) terms(description reactive.Description) {
	known := map[string][]string{
		"config": keysOf(c.charm.Documents["config.yaml"].Get("options")), "hook": c.hooks(),
		"endpoint": c.endpoints(), "action": append(c.actions(), c.deleted("actions")...),
	}
	where := map[string]string{"config": "option in config.yaml", "endpoint": "endpoint in metadata.yaml", "action": "action in actions.yaml", "hook": "hook of this charm"}
	handled := map[string]bool{}
	for _, name := range description.Actions {
		handled[name] = true
	}
	told := map[string]bool{}
	var strange []strangeTerm
	for _, rule := range description.Rules {
		for _, group := range rule.Groups {
			for _, term := range group.Terms {
				if term.Kind == "action" && group.Op != "not" && group.Op != "notall" {
					handled[term.Subject] = true
				}
				names, checked := known[term.Kind]
				if !checked || term.Subject == "" || slices.Contains(names, term.Subject) || told[term.Name] {
					continue
				}
				told[term.Name] = true
				p := charmdir.Problem{Text: fmt.Sprintf("%s waits for %s, but %q is no %s%s", ruleName(rule), term.Name, term.Subject, where[term.Kind], nearest.Hint(term.Subject, names))}
				at, ours := c.sources.find(rule.Name)
				if exact, ok := c.sources.find(term.Subject); ok && (ours || rule.Name == "") {
					at, ours = exact, true // another's rule may wait for what is named here for another reason
				}
				if !ours {
					strange = append(strange, strangeTerm{term.Name, p})
					continue
				}
				p.File, p.Line, p.Column = at.Filename, at.Line, at.Column
				c.problems = append(c.problems, p)
			}
		}
	}
	c.strangers(strange)
	actions := c.charm.Documents["actions.yaml"]
	for _, name := range c.actions() {
		if !handled[name] {
			c.problems = append(c.problems, actions.At(fmt.Sprintf("action %q has no rule: it would fail whenever it is run", name), "write a rule that waits for flags.Action", name))
		}
	}
}

// strangeTerm is what a rule waits for that stands in the sources of no layer.
type strangeTerm struct {
	name    string
	problem charmdir.Problem
}

// strangers tells of the rules that no layer's sources have. Many of them have
// one reason, a layer that the program has and layer.yaml has not, and are one
// problem: it would be lost among its consequences.
func (c *ruleCheck) strangers(terms []strangeTerm) {
	if len(terms) <= 3 {
		for _, t := range terms {
			c.problems = append(c.problems, t.problem)
		}
		return
	}
	names := make([]string, len(terms))
	for i, t := range terms {
		names[i] = t.name
	}
	slices.Sort(names)
	c.problems = append(c.problems, charmdir.Problem{File: filepath.Join(c.charm.Stack.Top().Dir, "layer.yaml"),
		Text: "the program has rules of a layer that is not among those of this charm, and they wait for what it lacks: " + strings.Join(names, ", "),
		Hint: "does a layer:NAME miss in the includes?"})
}

func ruleName(rule reactive.DescribedRule) string {
	if rule.Name == "" {
		return "a trigger"
	}
	return fmt.Sprintf("rule %q", rule.Name)
}

func (c *ruleCheck) endpoints() (names []string) {
	for _, role := range []string{"provides", "requires", "peers"} {
		names = append(names, keysOf(c.charm.Documents["metadata.yaml"].Get(role))...)
	}
	return names
}

func (c *ruleCheck) actions() []string {
	d := c.charm.Documents["actions.yaml"]
	if d == nil {
		return nil
	}
	return keysOf(d.Root)
}

// deleted are the actions or options that a layer took away on purpose: nobody runs
// them, and the rules for them are never due; nobody sets them, and they have no value.
func (c *ruleCheck) deleted(section string) (names []string) {
	deletes := c.charm.Documents["layer.yaml"].Get(section, "deletes")
	if deletes == nil {
		return nil
	}
	for _, n := range deletes.Content {
		names = append(names, n.Value)
	}
	return names
}

// hooks are all that Juju may run in this charm.
func (c *ruleCheck) hooks() []string {
	names := unitHooks()
	meta := c.charm.Documents["metadata.yaml"]
	for _, set := range []struct {
		names []string
		hooks []string
	}{
		{c.endpoints(), []string{"-relation-created", "-relation-joined", "-relation-changed", "-relation-departed", "-relation-broken"}},
		{keysOf(meta.Get("storage")), []string{"-storage-attached", "-storage-detaching"}},
		{keysOf(meta.Get("containers")), []string{"-pebble-ready", "-pebble-custom-notice", "-pebble-check-failed", "-pebble-check-recovered"}},
	} {
		for _, name := range set.names {
			for _, hook := range set.hooks {
				names = append(names, name+hook)
			}
		}
	}
	return names
}

// unitHooks are those that every charm has. Those that only old releases of Juju
// run are among them.
func unitHooks() []string {
	return []string{"install", "start", "config-changed", "upgrade-charm", "stop", "remove", "update-status", "leader-elected",
		"leader-settings-changed", "leader-deposed", "collect-metrics", "meter-status-changed", "pre-series-upgrade", "post-series-upgrade",
		"secret-changed", "secret-expired", "secret-remove", "secret-rotate"}
}

func keysOf(n *yaml.Node) (names []string) {
	charmdir.Each(n, func(key, _ *yaml.Node) { names = append(names, key.Value) })
	return names
}

// sources finds where the layers' Go files name something.
type sources struct {
	set    *token.FileSet
	places map[string]token.Position // of text literals, the first
	dirs   []string
}

func newSources(stack layers.Stack, dir string) *sources {
	s := &sources{set: token.NewFileSet(), dirs: []string{dir}}
	for _, l := range slices.Backward(stack.Layers) {
		if l.Dir != dir {
			s.dirs = append(s.dirs, l.Dir)
		}
	}
	return s
}

// find gives the place of a text in the layers' sources, tests left out, the
// charm's own layer first.
func (s *sources) find(text string) (token.Position, bool) {
	if text == "" {
		return token.Position{}, false
	}
	if s.places == nil {
		s.places = map[string]token.Position{}
		for _, dir := range s.dirs {
			s.read(dir)
		}
	}
	at, ok := s.places[text]
	return at, ok
}

func (s *sources) read(dir string) {
	found := map[string]token.Position{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error { // what cannot be read has no place
		if err != nil {
			return nil //nolint:nilerr // see above
		}
		name := entry.Name()
		if _, nested := os.Stat(filepath.Join(path, "go.mod")); entry.IsDir() && path != dir && nested == nil {
			return filepath.SkipDir
		}
		if entry.IsDir() && path != dir && (name == "testdata" || name == "vendor" || name == "build" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(s.set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil //nolint:nilerr // the compiler tells
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					if _, known := found[text]; !known {
						found[text] = s.set.Position(literal.Pos())
					}
				}
			}
			return true
		})
		return nil
	})
	for text, at := range found {
		if _, known := s.places[text]; !known {
			s.places[text] = at
		}
	}
}
