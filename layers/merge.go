package layers

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// A merger lays one YAML value over another: mappings are joined where the lower
// one has anything, of a list the items are added that are not there yet, and
// otherwise the upper value stands. It changes neither.
type merger struct {
	doc      *charmdir.Document // knows where everything stands
	problems charmdir.Problems
}

func (m *merger) mappings(lower, upper *yaml.Node) *yaml.Node {
	joined := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: slices.Clone(lower.Content)}
	charmdir.Each(upper, func(key, value *yaml.Node) {
		at := position(joined, key.Value)
		if at < 0 {
			joined.Content = append(joined.Content, key, value)
			return
		}
		below := joined.Content[at+1]
		joined.Content[at] = key
		joined.Content[at+1] = m.values(key, below, value)
	})
	return joined
}

func (m *merger) values(key, lower, upper *yaml.Node) *yaml.Node {
	switch {
	case empty(lower) || upper.Kind == yaml.ScalarNode:
		return upper
	case lower.Kind != upper.Kind:
		m.problems = append(m.problems, m.doc.Problem(key, fmt.Sprintf("cannot lay %q over that of %s:%d: one is a %s, the other a %s",
			key.Value, m.doc.File(lower), lower.Line, kindOf(upper), kindOf(lower)), ""))
		return upper
	case upper.Kind == yaml.MappingNode:
		return m.mappings(lower, upper)
	default:
		return m.lists(lower, upper)
	}
}

// lists adds to one list what of another it lacks.
func (m *merger) lists(first, then *yaml.Node) *yaml.Node {
	united := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, item := range append(slices.Clone(first.Content), then.Content...) {
		if !slices.ContainsFunc(united.Content, func(other *yaml.Node) bool { return equal(item, other) }) {
			united.Content = append(united.Content, item)
		}
	}
	return united
}

// list makes a list of a text by itself.
func list(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Content: items(n)}
}

// empty says whether a value counts as nothing, as in Python: null, false, 0 and
// whatever has no length.
func empty(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return len(n.Content) == 0
	}
	var value any
	if n.Decode(&value) != nil {
		return false
	}
	return value == nil || value == false || value == 0 || value == 0.0 || value == ""
}

func equal(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Kind == yaml.ScalarNode && (a.Value != b.Value || a.Tag != b.Tag) {
		return false
	}
	if a.Kind == yaml.MappingNode { // in any order
		for i := 0; i+1 < len(a.Content); i += 2 {
			at := position(b, a.Content[i].Value)
			if at < 0 || !equal(a.Content[i+1], b.Content[at+1]) {
				return false
			}
		}
		return true
	}
	for i := range a.Content {
		if !equal(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "mapping"
	case yaml.SequenceNode:
		return "list"
	}
	return "single value"
}

// position is where a key stands in a mapping's content, -1 if nowhere.
func position(n *yaml.Node, key string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

func set(n *yaml.Node, key string, value *yaml.Node) {
	if at := position(n, key); at >= 0 {
		n.Content[at+1] = value
		return
	}
	n.Content = append(n.Content, text(key), value)
}

func drop(n *yaml.Node, keys ...string) {
	for _, key := range keys {
		if at := position(n, key); at >= 0 {
			n.Content = slices.Concat(n.Content[:at], n.Content[at+2:])
		}
	}
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// remove deletes the value below a dotted path. Where there is none it gives as
// much of the path as has none, and the keys that stand at its end instead.
func remove(doc *charmdir.Document, path string) (missing string, others []string) {
	steps := strings.Split(path, ".")
	n := doc.Root
	for i, step := range steps {
		at := -1
		if n.Kind == yaml.MappingNode {
			at = position(n, step)
		}
		if at < 0 {
			charmdir.Each(n, func(key, _ *yaml.Node) { others = append(others, key.Value) })
			return strings.Join(steps[:i+1], "."), others
		}
		if i == len(steps)-1 {
			drop(n, step)
			break
		}
		n = n.Content[at+1]
	}
	return "", nil
}

// first are the keys of metadata.yaml that stand in front, in this order; the
// others follow by the alphabet.
var first = [...]string{"name", "summary", "maintainer", "maintainers", "description", "tags", "series", "requires", "provides", "peers"}

func inOrder(n *yaml.Node) *yaml.Node {
	ordered := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, key := range first {
		if at := position(n, key); at >= 0 {
			ordered.Content = append(ordered.Content, n.Content[at], n.Content[at+1])
		}
	}
	var rest []*yaml.Node
	charmdir.Each(n, func(key, _ *yaml.Node) {
		if !slices.Contains(first[:], key.Value) {
			rest = append(rest, key)
		}
	})
	slices.SortFunc(rest, func(a, b *yaml.Node) int { return strings.Compare(a.Value, b.Value) })
	for _, key := range rest {
		ordered.Content = append(ordered.Content, key, n.Content[position(n, key.Value)+1])
	}
	return ordered
}
