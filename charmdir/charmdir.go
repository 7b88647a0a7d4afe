// Package charmdir reads, checks and packs a Juju charm: the folder (or .charm archive) with metadata.yaml,
// config.yaml, actions.yaml and the dispatch program.
//
// It exists so that one place decides what Juju would accept: the rules are those of github.com/juju/charm, the
// library Juju itself reads charms with, and only this package imports it.
package charmdir

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sort"

	jujucharm "github.com/juju/charm/v12"
)

// Role says which end of a relation an endpoint is.
type Role string

// The roles an endpoint can have.
const (
	Provider Role = "provider"
	Requirer Role = "requirer"
	Peer     Role = "peer"
)

// Endpoint is one place where an application can be related to another.
type Endpoint struct {
	Name      string
	Role      Role
	Interface string
	Optional  bool
	Limit     int
}

// Option is one configuration option of a charm.
type Option struct {
	Name        string
	Type        string // string, int, float, boolean or secret
	Description string
	Default     any // nil when the option has none
}

// Action is one action of a charm, with the JSON schema of its parameters.
type Action struct {
	Name        string
	Description string
	Params      map[string]any
	spec        jujucharm.ActionSpec
}

// Resource is a file or image that is attached to an application rather than packed into the charm.
type Resource struct {
	Name        string
	Type        string // file or oci-image
	Path        string // the file's name on the unit
	Description string
}

// Base is an operating system a charm runs on, as manifest.yaml lists it.
type Base struct {
	Name, Channel string
	Architectures []string
}

// Charm is a charm that Juju would accept. It does not change after Read.
type Charm struct {
	Name        string
	Summary     string
	Description string
	Endpoints   map[string]Endpoint
	Options     map[string]Option
	Actions     map[string]Action
	Resources   map[string]Resource
	Bases       []Base
	Revision    int
	Path        string // the folder or archive it was read from

	config *jujucharm.Config
	meta   *jujucharm.Meta
}

// Read reads the charm in a folder or in a .charm archive. Its errors are those Juju gives, behind the path.
// Whether there is a program in it is not looked at: see Runnable.
func Read(path string) (*Charm, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read charm %q: %w", path, err)
	}
	var c jujucharm.Charm
	if info.IsDir() {
		c, err = jujucharm.ReadCharmDir(path)
	} else {
		c, err = jujucharm.ReadCharmArchive(path)
	}
	if err == nil {
		err = check(c)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read charm %q: %w", path, err)
	}
	return describe(c, path), nil
}

// check is what Juju looks at when a charm is deployed.
func check(c jujucharm.Charm) error {
	if c.Meta().Name == "" {
		return errors.New("metadata.yaml has no name")
	}
	if m := c.Manifest(); m != nil && len(m.Bases) == 0 {
		return errors.New("manifest.yaml has no bases")
	}
	return jujucharm.CheckMeta(c)
}

func describe(c jujucharm.Charm, path string) *Charm {
	meta := c.Meta()
	out := &Charm{
		Name: meta.Name, Summary: meta.Summary, Description: meta.Description,
		Endpoints: endpoints(meta), Options: options(c.Config()), Actions: actions(c.Actions()),
		Resources: map[string]Resource{}, Revision: c.Revision(), Path: path,
		config: c.Config(), meta: meta,
	}
	for name, r := range meta.Resources {
		out.Resources[name] = Resource{Name: name, Type: r.Type.String(), Path: r.Path, Description: r.Description}
	}
	if manifest := c.Manifest(); manifest != nil {
		for _, b := range manifest.Bases {
			out.Bases = append(out.Bases, Base{Name: b.Name, Channel: b.Channel.String(), Architectures: b.Architectures})
		}
	}
	return out
}

func endpoints(meta *jujucharm.Meta) map[string]Endpoint {
	out := map[string]Endpoint{}
	for name, r := range meta.CombinedRelations() {
		out[name] = Endpoint{Name: name, Role: Role(r.Role), Interface: r.Interface, Optional: r.Optional, Limit: r.Limit}
	}
	return out
}

func options(config *jujucharm.Config) map[string]Option {
	out := map[string]Option{}
	for name, o := range config.Options {
		out[name] = Option{Name: name, Type: o.Type, Description: o.Description, Default: o.Default}
	}
	return out
}

func actions(actions *jujucharm.Actions) map[string]Action {
	out := map[string]Action{}
	if actions == nil {
		return out
	}
	for name, spec := range actions.ActionSpecs {
		out[name] = Action{Name: name, Description: spec.Description, Params: spec.Params, spec: spec}
	}
	return out
}

// Hooks lists every hook Juju may run in this charm, sorted.
func (c *Charm) Hooks() []string {
	var out []string
	for name := range c.meta.Hooks() {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// Runnable says whether the folder or archive holds what Juju starts: an executable dispatch, or a folder of hooks.
// Juju itself refuses a charm with neither; one whose dispatch cannot be executed it would deploy, and then
// silently skip every hook of it, so that is refused here, too.
func (c *Charm) Runnable() error {
	files, closeFiles, err := c.open()
	if err != nil {
		return fmt.Errorf("cannot read charm %q: %w", c.Path, err)
	}
	defer closeFiles()
	info, err := fs.Stat(files, "dispatch")
	switch {
	case err == nil && info.Mode().IsRegular() && info.Mode()&0o100 != 0:
		return nil
	case err == nil:
		return fmt.Errorf("invalid charm %q: dispatch is not an executable file", c.Name)
	}
	if info, err := fs.Stat(files, "hooks"); err == nil && info.IsDir() {
		return nil
	}
	return fmt.Errorf("invalid charm %q: has no hooks nor dispatch file", c.Name)
}

func (c *Charm) open() (fs.FS, func(), error) {
	info, err := os.Stat(c.Path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		return os.DirFS(c.Path), func() {}, nil
	}
	r, err := zip.OpenReader(c.Path)
	if err != nil {
		return nil, nil, err
	}
	return r, func() { _ = r.Close() }, nil
}
