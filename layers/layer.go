package layers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// A Layer is a folder with a layer.yaml.
type Layer struct {
	// Name is what other layers include it by; of the top layer, the charm's name.
	Name string
	// Dir is its folder.
	Dir string
	// Module and Version say which Go module it is, if it was found as one.
	// Of a module that is taken from a folder the version is empty.
	Module, Version string

	doc      *charmdir.Document // layer.yaml; empty if there is none
	includes []include
	ignore   []string
	exclude  []string
}

type include struct {
	kind, name string // kind is "layer" or "interface"
	node       *yaml.Node
}

// URL is how a built charm names the layer: "layer:NAME".
func (l Layer) URL() string { return "layer:" + l.Name }

// A Stack is the layers of a charm in the order in which they are laid: what a
// layer includes stands before it, and the charm's own layer is the last.
type Stack struct {
	Layers []Layer
	// Interfaces are the names of the interfaces that the layers include.
	Interfaces []string
}

// Top is the charm's own layer.
func (s Stack) Top() Layer { return s.Layers[len(s.Layers)-1] }

func (s *Stack) add(l Layer) {
	s.Layers = append(s.Layers, l)
	for _, i := range l.includes {
		if i.kind == "interface" && !slices.Contains(s.Interfaces, i.name) {
			s.Interfaces = append(s.Interfaces, i.name)
		}
	}
}

// sections are the parts of layer.yaml that can delete from a file of that name.
var sections = [...]string{"metadata", "config", "actions", "dist", "resources"}

// keys are what layer.yaml may have.
var keys = [...]string{"includes", "is", "repo", "defines", "options", "ignore", "ignores", "exclude", "excludes",
	"metadata", "config", "actions", "dist", "resources"}

// readLayer reads a folder's layer.yaml. A layer without a name is called as
// its metadata says, or else as its folder.
func readLayer(name, dir string) (Layer, charmdir.Problems) {
	l := Layer{Name: name, Dir: dir}
	path := filepath.Join(dir, "layer.yaml")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return l, charmdir.Problems{{File: path, Text: err.Error()}}
	}
	var problems charmdir.Problems
	l.doc, problems = charmdir.ParseDocument(path, text)
	if l.Name == "" {
		l.Name = ownName(dir)
	}
	charmdir.Each(l.doc.Root, func(key, value *yaml.Node) { problems = append(problems, l.read(key, value)...) })
	return l, problems
}

// read takes one key of layer.yaml in.
func (l *Layer) read(key, value *yaml.Node) (problems charmdir.Problems) {
	switch key.Value {
	case "includes":
		for _, n := range items(value) {
			kind, name, ok := strings.Cut(n.Value, ":")
			if !ok || name == "" || kind != "layer" && kind != "interface" {
				problems = append(problems, l.doc.Problem(n, fmt.Sprintf("cannot include %q", n.Value), "write layer:NAME or interface:NAME"))
				continue
			}
			l.includes = append(l.includes, include{kind, name, n})
		}
	case "ignore", "ignores":
		l.ignore = texts(own(value, l.Name))
	case "exclude", "excludes":
		l.exclude = texts(own(value, l.Name))
	case "tactics":
		problems = append(problems, l.doc.Problem(key, "tactics are Python classes, which this tool cannot run", "see docs/reference/layers.md for what it does with which file"))
	default:
		problems = append(problems, l.unread(key, keys[:])...)
		if slices.Contains(sections[:], key.Value) {
			charmdir.Each(value, func(key, _ *yaml.Node) { problems = append(problems, l.unread(key, []string{"deletes"})...) })
		}
	}
	return problems
}

// unread warns of a key that is none of those known.
func (l *Layer) unread(key *yaml.Node, known []string) charmdir.Problems {
	if slices.Contains(known, key.Value) {
		return nil
	}
	p := l.doc.Problem(key, fmt.Sprintf("nothing reads %q%s", key.Value, nearest.Hint(key.Value, known)), "")
	p.Warning = true
	return charmdir.Problems{p}
}

// own gives a layer's own patterns also where a built layer.yaml keeps those of
// several apart.
func own(value *yaml.Node, name string) *yaml.Node {
	if value.Kind != yaml.MappingNode {
		return value
	}
	mine := &yaml.Node{Kind: yaml.SequenceNode}
	charmdir.Each(value, func(key, list *yaml.Node) {
		if key.Value == name {
			mine = list
		}
	})
	return mine
}

// ownName is what a layer in a folder calls itself.
func ownName(dir string) string {
	docs, _ := charmdir.ReadDocuments(dir, "metadata.yaml")
	if n := docs["metadata.yaml"].Get("name"); n != nil && n.Value != "" {
		return n.Value
	}
	if absolute, err := filepath.Abs(dir); err == nil {
		dir = absolute
	}
	return filepath.Base(dir)
}

// items are the elements of a list, or a text by itself.
func items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil || n.Tag == "!!null":
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

func texts(n *yaml.Node) []string {
	var all []string
	for _, item := range items(n) {
		all = append(all, item.Value)
	}
	return all
}
