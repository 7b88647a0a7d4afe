package layers

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// others copies what is not joined: the uppermost layer that has a file gives it.
func (c *composer) others() {
	for i, l := range c.Stack.Layers {
		root, err := filepath.EvalSymlinks(l.Dir)
		if err == nil {
			err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				return c.visit(i, l, root, path, entry)
			})
		}
		if err != nil {
			c.problems = append(c.problems, charmdir.Problem{File: l.Dir, Text: "cannot read the layer: " + err.Error()})
		}
	}
	for _, name := range []string{"manifest.yaml", "lxd-profile.yaml"} {
		f, ok := c.Files[name]
		if !ok {
			continue
		}
		doc, problems := charmdir.ParseDocument(filepath.Join(f.dir, name), f.Data)
		c.Documents[name] = doc
		c.problems = append(c.problems, problems...)
	}
}

func (c *composer) visit(i int, l Layer, root, path string, entry fs.DirEntry) error {
	name, err := filepath.Rel(root, path)
	if err != nil || name == "." {
		return err
	}
	name = filepath.ToSlash(name)
	if c.left(i, name, entry.IsDir()) {
		if entry.IsDir() {
			return filepath.SkipDir
		}
		return nil
	}
	if entry.IsDir() {
		if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
			return filepath.SkipDir // another module, and no part of this one
		}
		return nil
	}
	if name == "layer.yaml" || slices.Contains(merged[:], name) {
		return nil
	}
	f := File{Layer: l.URL(), Kind: Static, dir: l.Dir}
	info, err := entry.Info()
	if err != nil {
		return err
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		f.Mode, f.Data = fs.ModeSymlink|0o777, []byte(target)
	case info.Mode().IsRegular():
		f.Mode = 0o644
		if info.Mode()&0o100 != 0 {
			f.Mode = 0o755
		}
		if f.Data, err = os.ReadFile(path); err != nil {
			return err
		}
	default:
		c.problems = append(c.problems, charmdir.Problem{File: path, Text: "it is neither a file, nor a folder, nor a link"})
		return nil
	}
	if name == "copyright" && i < len(c.Stack.Layers)-1 {
		name = "copyright.layer-" + l.Name
		f.Kind = Dynamic
	}
	c.Files[name] = f
	return nil
}
