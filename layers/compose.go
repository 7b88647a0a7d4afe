package layers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// merged are the files that are joined key by key.
var merged = [...]string{"metadata.yaml", "config.yaml", "actions.yaml", "resources.yaml", "dist.yaml"}

// A Charm is what layers make together.
type Charm struct {
	Stack Stack
	// Documents are the files joined key by key, layer.yaml, and those of the
	// others that Juju reads.
	Documents charmdir.Documents
	// Files are all files by path, those of Documents among them.
	Files map[string]File
	// Options are the layers' options by layer, defaults filled in.
	Options map[string]any
	// Origin says for each option of config.yaml, action, endpoint and resource
	// ("config/topics", "provides/website") which layers wrote it: the lowest
	// first, separated by commas.
	Origin map[string]string
}

// The kinds of files, as .build.manifest names them.
const (
	Static  = "static"  // as a layer has it
	Dynamic = "dynamic" // joined of several, or changed
	Build   = "build"   // made by the build
)

// A File is one file of a charm.
type File struct {
	// Layer is the URL of the layer that it is of; of a joined file the uppermost.
	Layer string
	Kind  string
	// Mode are the permissions, and whether it is a symbolic link, whose Data is
	// then its target.
	Mode fs.FileMode
	Data []byte
	dir  string // of the layer
}

// Compose joins the files of layers.
func Compose(stack Stack) (*Charm, charmdir.Problems) {
	c := composer{Charm: &Charm{Stack: stack, Documents: charmdir.Documents{}, Files: map[string]File{}, Origin: map[string]string{}}}
	for _, l := range stack.Layers {
		c.excludes = append(c.excludes, compilePatterns(append(slices.Clone(always[:]), l.exclude...)))
		c.ignores = append(c.ignores, compilePatterns(l.ignore))
	}
	for _, name := range merged {
		c.join(name)
	}
	c.layerYAML()
	c.deletes()
	c.others()
	c.interfaces()
	c.finish()
	return c.Charm, c.problems
}

type composer struct {
	*Charm
	excludes, ignores []patterns // by layer
	problems          charmdir.Problems
}

// left says whether a file of a layer stays out: it, or its folder, is excluded
// by its own layer or ignored by one above.
func (c *composer) left(layer int, path string, isDir bool) bool {
	if c.excludes[layer].match(path, isDir) {
		return true
	}
	for _, above := range c.ignores[layer+1:] {
		if above.match(path, isDir) {
			return true
		}
	}
	return false
}

// join joins a file of all layers that have it.
func (c *composer) join(name string) {
	var whole *charmdir.Document
	var owner Layer
	for i, l := range c.Stack.Layers {
		if c.left(i, name, false) {
			continue
		}
		docs, problems := charmdir.ReadDocuments(l.Dir, name)
		c.problems = append(c.problems, problems...)
		part := docs[name]
		if part == nil {
			continue
		}
		if name == "metadata.yaml" && i < len(c.Stack.Layers)-1 {
			drop(part.Root, "maintainer", "maintainers")
		}
		c.remember(name, part, l)
		owner = l
		if whole == nil {
			whole = part
			continue
		}
		whole = c.over(name, whole, part)
	}
	if whole == nil {
		return
	}
	if name == "metadata.yaml" {
		whole.Root = inOrder(whole.Root)
	}
	c.Documents[name] = whole
	c.Files[name] = File{Layer: owner.URL(), Kind: Dynamic, Mode: 0o644}
}

// over lays a document over another.
func (c *composer) over(name string, lower, upper *charmdir.Document) *charmdir.Document {
	joined := upper.Clone()
	joined.Adopt(lower)
	m := merger{doc: joined}
	series := upper.Get("series")
	joined.Root = m.mappings(lower.Root, upper.Root)
	if lowerSeries := lower.Get("series"); name == "metadata.yaml" && series != nil && lowerSeries != nil {
		set(joined.Root, "series", m.lists(list(series), list(lowerSeries)))
	}
	c.problems = append(c.problems, m.problems...)
	return joined
}

// remember notes which layer wrote a part.
func (c *composer) remember(name string, part *charmdir.Document, l Layer) {
	note := func(section string, n *yaml.Node) {
		charmdir.Each(n, func(key, _ *yaml.Node) {
			before := c.Origin[section+"/"+key.Value]
			if before != "" {
				before += ", "
			}
			c.Origin[section+"/"+key.Value] = before + l.Name
		})
	}
	switch name {
	case "config.yaml":
		note("config", part.Get("options"))
	case "actions.yaml":
		note("actions", part.Root)
	case "metadata.yaml":
		for _, section := range []string{"provides", "requires", "peers", "resources", "storage", "containers"} {
			note(section, part.Get(section))
		}
	}
}

// deletes takes away what the layers' layer.yaml, joined, wants deleted.
func (c *composer) deletes() {
	layer := c.Documents["layer.yaml"]
	for _, section := range sections {
		for _, n := range items(layer.Get(section, "deletes")) {
			doc := c.Documents[section+".yaml"]
			if doc == nil {
				c.problems = append(c.problems, layer.Problem(n, fmt.Sprintf("cannot delete %q: no layer has a %s.yaml", n.Value, section), ""))
				continue
			}
			path := n.Value
			if section == "config" {
				path = "options." + path
			}
			if missing, others := remove(doc, path); missing != "" {
				p := layer.Problem(n, fmt.Sprintf("cannot delete %q: %s.yaml has no %q%s", n.Value, section, missing, nearest.Hint(missing[strings.LastIndex(missing, ".")+1:], others)), "")
				p.Warning = missing == path
				c.problems = append(c.problems, p)
			}
		}
	}
}

// interfaces warns of endpoints whose interface no layer includes. A peer's is
// the charm's own.
func (c *composer) interfaces() {
	d := c.Documents["metadata.yaml"]
	used := map[string]bool{}
	for _, role := range []string{"provides", "requires", "peers"} {
		charmdir.Each(d.Get(role), func(name, what *yaml.Node) {
			n := what
			charmdir.Each(what, func(key, value *yaml.Node) {
				if key.Value == "interface" {
					n = value
				}
			})
			used[n.Value] = true
			if role == "peers" || n.Kind != yaml.ScalarNode || slices.Contains(c.Stack.Interfaces, n.Value) {
				return
			}
			p := d.Problem(n, fmt.Sprintf("endpoint %q speaks interface %q, which no layer includes", name.Value, n.Value),
				"add interface:"+n.Value+" to the includes of layer.yaml")
			p.Warning = true
			c.problems = append(c.problems, p)
		})
	}
	for _, l := range c.Stack.Layers {
		for _, i := range l.includes {
			if i.kind == "interface" && !used[i.name] {
				p := l.doc.Problem(i.node, fmt.Sprintf("interface %q is included, and no endpoint speaks it", i.name), "")
				p.Warning = true
				c.problems = append(c.problems, p)
				used[i.name] = true
			}
		}
	}
}

// finish writes the texts of the joined documents.
func (c *composer) finish() {
	for name, doc := range c.Documents {
		f := c.Files[name]
		if f.Data != nil {
			continue
		}
		text, err := doc.Text()
		if err != nil {
			c.problems = append(c.problems, charmdir.Problem{File: name, Text: err.Error()})
		}
		f.Data = text
		c.Files[name] = f
	}
}

// Add puts a file into the charm that the build made.
func (c *Charm) Add(path string, mode fs.FileMode, data []byte) {
	c.Files[path] = File{Layer: c.Stack.Top().URL(), Kind: Build, Mode: mode, Data: data}
}

// Clone gives a charm to which files can be added without changing this one.
func (c *Charm) Clone() *Charm {
	clone := *c
	clone.Files = maps.Clone(c.Files)
	return &clone
}

// Write writes all files below a folder, which is made when it does not exist.
// What is there and not in the charm stays.
func (c *Charm) Write(dir string) error {
	for _, path := range slices.Sorted(maps.Keys(c.Files)) {
		if err := c.Files[path].write(filepath.Join(dir, filepath.FromSlash(path))); err != nil {
			return fmt.Errorf("cannot write the charm's folder: %w", err)
		}
	}
	return nil
}

func (f File) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if f.Mode&fs.ModeSymlink != 0 {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			return err
		}
		return os.Symlink(string(f.Data), path)
	}
	if err := os.WriteFile(path, f.Data, f.Mode.Perm()); err != nil {
		return err
	}
	return os.Chmod(path, f.Mode.Perm())
}

// Sum is the SHA-256 of the file's content, in hexadecimal.
func (f File) Sum() string {
	sum := sha256.Sum256(f.Data)
	return hex.EncodeToString(sum[:])
}
