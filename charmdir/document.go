package charmdir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Documents are the YAML files of a charm by name: metadata.yaml, config.yaml, actions.yaml, manifest.yaml,
// lxd-profile.yaml. One that a charm lacks is not there.
type Documents map[string]*Document

// Document is a YAML file that remembers where each of its parts was written, also when it was put together from the
// files of several layers.
type Document struct {
	// Root is a mapping. Its aliases are resolved.
	Root *yaml.Node
	// Name is what problems of the whole file are reported under.
	Name   string
	places map[*yaml.Node]string // the file of every node
}

// ParseDocument reads a file's text. The name is what its problems are reported under. What is no mapping, and a key
// that stands twice, is a problem; of the latter the last counts, as for Juju. An empty file is an empty mapping.
func ParseDocument(name string, text []byte) (*Document, Problems) {
	d := &Document{Root: &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, Name: name, places: map[*yaml.Node]string{}}
	var file yaml.Node
	if err := yaml.Unmarshal(text, &file); err != nil {
		return d, Problems{syntaxProblem(name, err)}
	}
	if len(file.Content) == 0 || file.Content[0].Tag == "!!null" {
		return d, nil
	}
	var problems Problems
	root, ok := d.resolve(file.Content[0], name, &problems, 0)
	if !ok || root.Kind != yaml.MappingNode {
		return d, append(problems, Problem{File: name, Line: file.Content[0].Line, Column: file.Content[0].Column,
			Text: "it holds a " + kindName(file.Content[0]) + ", where Juju wants keys and values"})
	}
	d.Root = root
	return d, problems
}

// ReadDocuments reads those of the named files that the folder has.
func ReadDocuments(dir string, names ...string) (Documents, Problems) {
	docs := Documents{}
	var problems Problems
	for _, name := range names {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			problems = append(problems, Problem{File: path, Text: err.Error()})
			continue
		}
		d, wrong := ParseDocument(path, text)
		docs[name] = d
		problems = append(problems, wrong...)
	}
	return docs, problems
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

func syntaxProblem(name string, err error) Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	p := Problem{File: name, Text: "cannot read YAML: " + yamlLine.ReplaceAllString(text, "")}
	if at := yamlLine.FindStringSubmatch(text); at != nil {
		p.Line, _ = strconv.Atoi(at[1])
	}
	return p
}

// maxDepth ends what refers to itself.
const maxDepth = 100

// resolve copies a node without aliases and merge keys, and notes where each part stands.
func (d *Document) resolve(n *yaml.Node, file string, problems *Problems, depth int) (*yaml.Node, bool) {
	if depth > maxDepth {
		*problems = append(*problems, Problem{File: file, Line: n.Line, Column: n.Column, Text: "it is nested too deeply, or refers to itself"})
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		return d.resolve(n.Alias, file, problems, depth+1)
	}
	out := *n
	out.Content, out.Anchor, out.HeadComment, out.LineComment, out.FootComment = nil, "", "", "", ""
	d.places[&out] = file
	if n.Kind != yaml.MappingNode {
		for _, child := range n.Content {
			c, ok := d.resolve(child, file, problems, depth+1)
			if !ok {
				return nil, false
			}
			out.Content = append(out.Content, c)
		}
		return &out, true
	}
	var inherited []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, keyOK := d.resolve(n.Content[i], file, problems, depth+1)
		value, valueOK := d.resolve(n.Content[i+1], file, problems, depth+1)
		if !keyOK || !valueOK {
			return nil, false
		}
		if key.Tag == "!!merge" {
			inherited = append(inherited, value)
			continue
		}
		if at := find(&out, key.Value); at >= 0 {
			*problems = append(*problems, Problem{File: file, Line: key.Line, Column: key.Column,
				Text: "key " + strconv.Quote(key.Value) + " stands here a second time", Hint: "the first is in line " + strconv.Itoa(out.Content[at].Line)})
			out.Content[at], out.Content[at+1] = key, value
			continue
		}
		out.Content = append(out.Content, key, value)
	}
	for _, from := range inherited {
		d.inherit(&out, from)
	}
	return &out, true
}

// inherit adds what a merge key ("<<") brings; keys of the mapping itself win.
func (d *Document) inherit(out, from *yaml.Node) {
	if from.Kind == yaml.SequenceNode {
		for _, one := range from.Content {
			d.inherit(out, one)
		}
		return
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		if find(out, from.Content[i].Value) < 0 {
			key := *from.Content[i]
			d.places[&key] = d.places[from.Content[i]]
			out.Content = append(out.Content, &key, from.Content[i+1])
		}
	}
}

// find gives the position of a key in a mapping's content, -1 if it is not there.
func find(n *yaml.Node, key string) int {
	if n == nil || n.Kind != yaml.MappingNode {
		return -1
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// Adopt takes note of the places of another document's parts, before they become parts of this one.
func (d *Document) Adopt(other *Document) {
	for n, file := range other.places {
		d.places[n] = file
	}
}

// Clone gives a document with the same places, whose root can be changed alone.
func (d *Document) Clone() *Document {
	c := &Document{Root: d.Root, Name: d.Name, places: map[*yaml.Node]string{}}
	c.Adopt(d)
	return c
}

// Get gives the value below some keys, nil if there is none.
func (d *Document) Get(keys ...string) *yaml.Node {
	if d == nil {
		return nil
	}
	n := d.Root
	for _, key := range keys {
		at := find(n, key)
		if at < 0 {
			return nil
		}
		n = n.Content[at+1]
	}
	return n
}

// File is where a part was written; the document's name if it was made by no file.
func (d *Document) File(n *yaml.Node) string {
	if file, ok := d.places[n]; ok {
		return file
	}
	return d.Name
}

// Problem places a problem at a part of the document.
func (d *Document) Problem(n *yaml.Node, text, hint string) Problem {
	if n == nil {
		return Problem{File: d.Name, Text: text, Hint: hint}
	}
	return Problem{File: d.File(n), Line: n.Line, Column: n.Column, Text: text, Hint: hint}
}

// At places a problem at the last of some keys that there is.
func (d *Document) At(text, hint string, keys ...string) Problem {
	n := d.Root
	var at *yaml.Node
	for _, key := range keys {
		i := find(n, key)
		if i < 0 {
			break
		}
		at, n = n.Content[i], n.Content[i+1]
	}
	return d.Problem(at, text, hint)
}

// Each calls a function for every key and value of a mapping.
func Each(n *yaml.Node, visit func(key, value *yaml.Node)) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		visit(n.Content[i], n.Content[i+1])
	}
}

// Text is the document as YAML.
func (d *Document) Text() ([]byte, error) { return yaml.Marshal(d.Root) }

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		return "list"
	case yaml.ScalarNode:
		return "text or number"
	}
	return "mapping"
}
