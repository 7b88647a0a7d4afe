package jsonnet

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/go-jsonnet"
)

// A cache holds the results of one folder's files between runs. Whatever is
// wrong with its file, there is then just nothing kept: a cache is never a
// reason to fail.
type cache struct {
	path      string
	variables map[string]Variable
	read      func(file string) (hash string)

	before  map[string]entry  // by file, as it was read
	sources map[string]string // the hashes before stands on
	current map[string]string // the hashes now, of what was asked for
	kept    map[string]entry  // by file, still right or new
	fresh   map[string]string // the hashes of what was evaluated
	changed bool
}

// An entry is one file's result and what it depends on.
type entry struct {
	Files     []string        `json:"files"` // their hashes are the store's
	Variables []string        `json:"variables,omitempty"`
	All       bool            `json:"all,omitempty"`
	Values    string          `json:"values,omitempty"` // the hash of the variables' values
	Output    json.RawMessage `json:"output"`
}

// A store is the file's content, after a line with its format and hash.
type store struct {
	Sources map[string]string `json:"sources"`
	Entries map[string]entry  `json:"entries"`
}

// openCache reads the evaluator's cache file. Without one, the cache it gives
// stays empty.
func (e *Evaluator) openCache(limits Limits) *cache {
	c := &cache{
		path: e.CacheFile, variables: e.Variables,
		current: map[string]string{}, kept: map[string]entry{}, fresh: map[string]string{},
	}
	c.read = func(file string) string {
		text, err := readFile(e.Root, file, limits.File)
		if err != nil {
			return ""
		}
		return hash(text)
	}
	if c.path == "" {
		return c
	}
	text, err := os.ReadFile(c.path)
	if err != nil {
		return c
	}
	head, body, _ := bytes.Cut(text, []byte("\n"))
	var s store
	if string(head) == heading(body) && json.Unmarshal(body, &s) == nil {
		c.before, c.sources = s.Entries, s.Sources
	}
	return c
}

// heading is the first line of a cache file with this body. Another version of
// the library may give other results.
func heading(body []byte) string {
	return fmt.Sprintf("kafka-connect-connectors results 1, go-jsonnet %s, %x", jsonnet.Version(), sha256.Sum256(body))
}

// get gives a file's result if nothing that it depends on has changed.
func (c *cache) get(file string) (output []byte, ok bool) {
	e, known := c.before[file]
	if !known {
		return nil, false
	}
	for _, dependency := range e.Files {
		now, looked := c.current[dependency]
		if !looked {
			now = c.read(dependency)
			c.current[dependency] = now
		}
		if before, was := c.sources[dependency]; !was || before != now {
			return nil, false
		}
	}
	if values, open := c.values(e.Variables, e.All); !open || values != e.Values {
		return nil, false
	}
	c.kept[file] = e
	return e.Output, true
}

// put keeps a result, unless a secret went into it.
func (c *cache) put(file string, r response) {
	values, open := c.values(r.Uses.Variables, r.Uses.All)
	if c.path == "" || !open {
		return
	}
	for dependency, hash := range r.Uses.Files {
		if before, seen := c.fresh[dependency]; seen && before != hash {
			return // it changed while files were evaluated
		}
		c.fresh[dependency] = hash
	}
	c.kept[file] = entry{
		Files:     slices.Sorted(maps.Keys(r.Uses.Files)),
		Variables: r.Uses.Variables, All: r.Uses.All, Values: values,
		Output: r.Output,
	}
	c.changed = true
}

// values gives a hash of the values of some or all variables, and whether
// none of them is a secret. A variable that is not defined has a hash too.
func (c *cache) values(names []string, all bool) (hashed string, open bool) {
	if all {
		names = slices.Sorted(maps.Keys(c.variables))
	}
	if len(names) == 0 {
		return "", true
	}
	h := sha256.New()
	for _, name := range names {
		v, defined := c.variables[name]
		if v.Secret {
			return "", false
		}
		fmt.Fprintf(h, "%q %t %t %q\n", name, defined, v.Code, v.Text)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), true
}

// save writes what is kept, if it differs from what was read. Of two processes
// that do so at once one wins, and both leave a whole file.
func (c *cache) save() {
	if c.path == "" || !c.changed && len(c.kept) == len(c.before) {
		return
	}
	s := store{Sources: map[string]string{}, Entries: map[string]entry{}}
	for file, e := range c.kept {
		if c.standsOnOne(e, s.Sources) {
			s.Entries[file] = e
		}
	}
	body, err := json.Marshal(s)
	if err != nil {
		return
	}
	_ = writeAtomic(c.path, io.MultiReader(bytes.NewReader([]byte(heading(body)+"\n")), bytes.NewReader(body)))
}

// standsOnOne adds the hashes an entry stands on to those of the store, and
// says no where a file changed between the entries.
func (c *cache) standsOnOne(e entry, sources map[string]string) bool {
	for _, file := range e.Files {
		hash, evaluated := c.fresh[file]
		if looked, known := c.current[file]; known {
			if evaluated && looked != hash {
				return false
			}
			hash = looked
		}
		sources[file] = hash
	}
	return true
}

// writeAtomic writes a file, for its owner alone, that others see whole or not
// at all.
func writeAtomic(path string, from io.Reader) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(folder, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it is of no use, and in nobody's way
	}
	return err
}
