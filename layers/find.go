package layers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// A Finder finds the layers that a layer includes. The zero value is ready for
// use. A layer is looked for in this order:
//
//  1. in Named, and if it is there, nowhere else;
//  2. among the Go modules that the go.mod of the charm's own layer requires,
//     and that module itself, by the last element of the path;
//  3. in each folder of Path;
//  4. beside the charm's own layer.
type Finder struct {
	// Named says for some layers in which folder they are.
	Named map[string]string
	// Path are folders that have layers in them, each in a folder of its name.
	Path []string
}

// Find gives the layers of which a charm is made whose own layer is in the
// folder: depth first, each layer once, after what it includes.
func (f Finder) Find(ctx context.Context, dir string) (Stack, charmdir.Problems) {
	top, problems := readLayer("", dir)
	s := search{finder: f, top: dir, problems: problems, seen: map[string]bool{top.Name: true}}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return s.stack, charmdir.Problems{{File: dir, Text: "there is no such folder"}}
	}
	s.lay(ctx, top)
	s.unused()
	return s.stack, s.problems
}

type search struct {
	finder   Finder
	top      string
	stack    Stack
	problems charmdir.Problems
	seen     map[string]bool

	modules []module // filled by the first that asks
	asked   bool
}

// unused tells of the named folders that no layer asks for.
func (s *search) unused() {
	included := slices.Sorted(maps.Keys(s.seen))
	for _, name := range slices.Sorted(maps.Keys(s.finder.Named)) {
		if !s.seen[name] {
			s.problems = append(s.problems, charmdir.Problem{File: s.finder.Named[name],
				Text: fmt.Sprintf("cannot take layer %q from here: no layer includes it%s", name, nearest.Hint(name, included))})
		}
	}
}

// lay puts what a layer includes on the stack, and then the layer itself.
func (s *search) lay(ctx context.Context, l Layer) {
	for _, include := range l.includes {
		if include.kind == "layer" && include.name == l.Name {
			s.problems = append(s.problems, l.doc.Problem(include.node, fmt.Sprintf("layer %q includes itself", l.Name), "a charm is called otherwise than the layers it stands on"))
		}
		if include.kind != "layer" || s.seen[include.name] {
			continue
		}
		s.seen[include.name] = true
		below, looked := s.find(ctx, include.name)
		if below.Dir == "" {
			s.problems = append(s.problems, l.doc.Problem(include.node, fmt.Sprintf("cannot find layer %q: it is not %s%s", include.name, strings.Join(looked, ", nor "), nearest.Hint(include.name, s.moduleNames())),
				"go get its module, name its folder by --layer "+include.name+"=FOLDER, or a folder that has it by --layer-path"))
			continue
		}
		read, problems := readLayer(include.name, below.Dir)
		read.Module, read.Version = below.Module, below.Version
		s.problems = append(s.problems, problems...)
		s.lay(ctx, read)
	}
	s.stack.add(l)
}

// find gives the folder of a layer, or where it was looked for.
func (s *search) find(ctx context.Context, name string) (found Layer, looked []string) {
	if dir, ok := s.finder.Named[name]; ok {
		if isLayer(dir) {
			return Layer{Dir: dir}, nil
		}
		return Layer{}, []string{fmt.Sprintf("in %s, which has no layer.yaml", dir)}
	}
	m, where := s.module(ctx, name)
	if m.Dir != "" && isLayer(m.Dir) && !same(m.Dir, s.top) {
		return Layer{Dir: m.Dir, Module: m.Path, Version: m.Version}, nil
	}
	looked = append(looked, where)
	for _, dir := range append(slices.Clone(s.finder.Path), filepath.Join(s.top, "..")) {
		candidate := filepath.Join(dir, name)
		if isLayer(candidate) && !same(candidate, s.top) {
			return Layer{Dir: candidate}, nil
		}
		looked = append(looked, "in "+dir)
	}
	return Layer{}, looked
}

func isLayer(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "layer.yaml"))
	return err == nil && info.Mode().IsRegular()
}

func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// module is what the go command says of one.
type module struct {
	Path, Version, Dir string
	Replace            *module
}

// name is what layers include the module by.
func (m module) name() string { return path.Base(major.ReplaceAllString(m.Path, "")) }

var major = regexp.MustCompile(`/v[0-9]+$`)

// module finds the module whose path ends in a layer's name.
func (s *search) module(ctx context.Context, name string) (found module, where string) {
	if !s.asked {
		s.asked = true
		s.modules = s.required(ctx)
	}
	if s.modules == nil {
		return module{}, "a Go module (there is no go.mod)"
	}
	for _, m := range s.modules {
		if m.name() != name {
			continue
		}
		if m.Dir != "" {
			return m, ""
		}
		if err := s.locate(ctx, &m); err != nil {
			return module{}, fmt.Sprintf("the module %s (%s)", m.Path, err)
		}
		return m, ""
	}
	return module{}, "a module that go.mod requires"
}

func (s *search) moduleNames() (names []string) {
	for _, m := range s.modules {
		names = append(names, m.name())
	}
	return names
}

// required gives the modules of the go.mod over the top layer, the main one first.
func (s *search) required(ctx context.Context) []module {
	var env struct{ GOMOD string }
	if s.goJSON(ctx, &env, "env", "-json", "GOMOD") != nil || env.GOMOD == "" || env.GOMOD == os.DevNull {
		return nil
	}
	var file struct {
		Module  struct{ Path string }
		Require []struct{ Path, Version string }
	}
	if s.goJSON(ctx, &file, "mod", "edit", "-json") != nil {
		return nil
	}
	all := []module{{Path: file.Module.Path, Dir: filepath.Dir(env.GOMOD)}}
	for _, r := range file.Require {
		all = append(all, module{Path: r.Path, Version: r.Version})
	}
	return all
}

// locate finds a module's folder, and has the go command fetch it if need be.
func (s *search) locate(ctx context.Context, m *module) error {
	if err := s.goJSON(ctx, m, "list", "-mod=readonly", "-m", "-json", m.Path); err != nil {
		return err
	}
	if m.Replace != nil {
		if m.Dir == "" {
			m.Dir = m.Replace.Dir
		}
		m.Version = m.Replace.Version // empty for a folder
	}
	if m.Dir != "" {
		return nil
	}
	return s.goJSON(ctx, m, "mod", "download", "-json", m.Path)
}

func (s *search) goJSON(ctx context.Context, into any, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = s.top
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			return err
		}
		return fmt.Errorf("go %s: %s", args[0], text)
	}
	return json.Unmarshal(out, into)
}
