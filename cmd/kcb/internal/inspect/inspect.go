// Package inspect says what is inside a charm.
package inspect

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/cmd/kcb/internal/build"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Report is what is inside a charm. Lists are in the order of names, but layers
// (lowest first) and rules (as they run).
type Report struct {
	Name          string                   `json:"name"`
	Summary       string                   `json:"summary"`
	Version       string                   `json:"version,omitempty"`
	Revision      int                      `json:"revision"`
	Architectures []string                 `json:"architectures"`
	Bases         []Base                   `json:"bases"`
	Layers        []build.Layer            `json:"layers"`
	Endpoints     []Endpoint               `json:"endpoints"`
	Options       []Option                 `json:"options"`
	Actions       []Action                 `json:"actions"`
	Resources     []Resource               `json:"resources"`
	Rules         []reactive.DescribedRule `json:"rules"`
	// Graph is the picture of the rules, a Mermaid flowchart.
	Graph string `json:"-"`
}

// Base is an operating system that the charm runs on.
type Base struct {
	Name    string `json:"name"`
	Channel string `json:"channel"`
}

// Endpoint is where the charm can be integrated.
type Endpoint struct {
	Name      string        `json:"name"`
	Role      charmdir.Role `json:"role"`
	Interface string        `json:"interface"`
	Limit     int           `json:"limit,omitempty"`
	Optional  bool          `json:"optional,omitempty"`
	Layer     string        `json:"layer,omitempty"`
}

// Option is one of the configuration. Layer are those that wrote it, the lowest
// first: the last may have given the default.
type Option struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Default     any    `json:"default"`
	Description string `json:"description"`
	Layer       string `json:"layer,omitempty"`
}

// Action is what an operator can run.
type Action struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Params      map[string]any `json:"params"`
	Layer       string         `json:"layer,omitempty"`
}

// Resource is a file or image that comes apart from the charm.
type Resource struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	Layer       string `json:"layer,omitempty"`
}

// Read looks into a charm: a .charm file, or its folder. A charm that was not
// built by kcb has no layers and no rules to tell.
func Read(path string) (Report, error) {
	c, err := charmdir.Read(path)
	if err != nil {
		return Report{}, err
	}
	files, closeFiles, err := open(path)
	if err != nil {
		return Report{}, fmt.Errorf("cannot read charm %q: %w", path, err)
	}
	defer closeFiles()
	var (
		manifest    build.Manifest
		description reactive.Description
	)
	if err := errors.Join(readJSON(files, build.ManifestFile, &manifest), readJSON(files, build.RulesFile, &description)); err != nil {
		return Report{}, fmt.Errorf("cannot read charm %q: %w", path, err)
	}
	version, err := fs.ReadFile(files, "version")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("cannot read charm %q: %w", path, err)
	}
	r := Report{Name: c.Name, Summary: c.Summary, Revision: c.Revision, Version: strings.TrimSpace(string(version)),
		Architectures: []string{}, Bases: []Base{}, Layers: append([]build.Layer{}, manifest.Layers...),
		Rules: append([]reactive.DescribedRule{}, description.Rules...), Graph: description.Graph}
	r.fill(c, manifest.Origins)
	return r, nil
}

func (r *Report) fill(c *charmdir.Charm, origins map[string]string) {
	for _, b := range c.Bases {
		r.Bases = append(r.Bases, Base{b.Name, b.Channel})
		for _, arch := range b.Architectures {
			if !slices.Contains(r.Architectures, arch) {
				r.Architectures = append(r.Architectures, arch)
			}
		}
	}
	sections := map[charmdir.Role]string{charmdir.Provider: "provides/", charmdir.Requirer: "requires/", charmdir.Peer: "peers/"}
	r.Endpoints = sorted(c.Endpoints, func(e charmdir.Endpoint) Endpoint {
		return Endpoint{e.Name, e.Role, e.Interface, e.Limit, e.Optional, origins[sections[e.Role]+e.Name]}
	})
	r.Options = sorted(c.Options, func(o charmdir.Option) Option {
		return Option{o.Name, o.Type, o.Default, o.Description, origins["config/"+o.Name]}
	})
	r.Actions = sorted(c.Actions, func(a charmdir.Action) Action {
		return Action{a.Name, a.Description, a.Params, origins["actions/"+a.Name]}
	})
	r.Resources = sorted(c.Resources, func(x charmdir.Resource) Resource {
		return Resource{x.Name, x.Type, x.Description, origins["resources/"+x.Name]}
	})
}

// sorted makes a list of a map in the order of its keys.
func sorted[A, B any](all map[string]A, of func(A) B) []B {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	list := make([]B, 0, len(names))
	for _, name := range names {
		list = append(list, of(all[name]))
	}
	return list
}

func open(path string) (fs.FS, func(), error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return os.DirFS(path), func() {}, nil
	}
	r, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, err
	}
	return r, func() { _ = r.Close() }, nil
}

// readJSON reads a file that need not be there.
func readJSON(files fs.FS, name string, into any) error {
	text, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
