package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// The files that a build adds and other programs read.
const (
	RulesFile    = "rules.json"      // a reactive.Description
	ManifestFile = ".build.manifest" // a Manifest
)

// base is one entry of manifest.yaml.
type base struct {
	Name          string   `yaml:"name"`
	Channel       string   `yaml:"channel"`
	Architectures []string `yaml:"architectures,omitempty"`
}

func (b *builder) bases() []base {
	var all []base
	if n := b.charm.Documents["manifest.yaml"].Get("bases"); n != nil {
		_ = n.Decode(&all) // what is wrong with it is a problem already
	}
	return all
}

// pack writes the charm for one architecture.
func (b *builder) pack(ctx context.Context, arch string) error {
	program, wrong, err := b.compiled(ctx, arch)
	if err != nil {
		return err
	}
	if wrong != "" {
		b.problems = append(b.problems, charmdir.Problem{File: filepath.Join(b.Dir, b.Main), Text: "cannot compile for " + arch + ":\n" + wrong})
		return nil
	}
	charm := b.charm.Clone()
	if err := b.complete(ctx, charm, arch, program); err != nil {
		return err
	}
	dir := filepath.Join(b.work, "charm-"+arch)
	if err := charm.Write(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(b.Out, 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for charms: %w", err)
	}
	name := charm.Documents["metadata.yaml"].Get("name").Value
	made := Built{Path: filepath.Join(b.Out, name+"_"+arch+".charm"), Name: name, Architecture: arch, Version: string(charm.Files["version"].Data)}
	if err := charmdir.Pack(dir, made.Path); err != nil {
		return err
	}
	whole, err := os.ReadFile(made.Path)
	if err != nil {
		return fmt.Errorf("cannot read what was packed: %w", err)
	}
	sum := sha256.Sum256(whole)
	made.Size, made.SHA256 = int64(len(whole)), hex.EncodeToString(sum[:])
	b.made = append(b.made, made)
	return nil
}

// complete adds what no layer has.
func (b *builder) complete(ctx context.Context, charm *layers.Charm, arch, program string) error {
	text, err := os.ReadFile(program)
	if err != nil {
		return fmt.Errorf("cannot read the compiled program: %w", err)
	}
	charm.Add("dispatch", 0o755, text)
	charm.Add(RulesFile, 0o644, b.rulesRaw)
	if err := b.addManifest(charm, arch); err != nil {
		return err
	}
	if version := b.version(ctx); version != "" {
		charm.Add("version", 0o644, []byte(version))
	}
	b.readme(ctx, charm)
	if b.Links {
		addLinks(charm)
	}
	return addBuildManifest(ctx, charm)
}

// addManifest keeps of the bases those that allow the architecture, and says that
// the charm is for no other.
func (b *builder) addManifest(charm *layers.Charm, arch string) error {
	all := b.bases()
	kept := slices.DeleteFunc(slices.Clone(all), func(one base) bool {
		return len(one.Architectures) > 0 && !slices.Contains(one.Architectures, arch)
	})
	if len(kept) == 0 { // asked for by name: a Go program needs nothing of a base
		kept = all
	}
	for i := range kept {
		kept[i].Architectures = []string{arch}
	}
	text, err := yaml.Marshal(struct {
		Bases []base `yaml:"bases"`
	}{kept})
	if err != nil {
		return fmt.Errorf("cannot write manifest.yaml: %w", err)
	}
	charm.Add("manifest.yaml", 0o644, text)
	return nil
}

// addLinks adds a link to the program for each hook and action, where no layer
// has a file of that name.
func addLinks(charm *layers.Charm) {
	check := ruleCheck{charm: charm}
	link := func(path string) {
		if _, taken := charm.Files[path]; !taken {
			charm.Add(path, fs.ModeSymlink|0o777, []byte("../dispatch"))
		}
	}
	for _, hook := range check.hooks() {
		link("hooks/" + hook)
	}
	for _, action := range check.actions() {
		link("actions/" + action)
	}
}

// Manifest is .build.manifest, as Juju's charm build writes it, and Origins beside.
type Manifest struct {
	Layers []Layer `json:"layers"`
	// Signatures give for each path its layer, its kind and its SHA-256.
	Signatures map[string][]string `json:"signatures"`
	// Origins say which layers wrote an option, action, endpoint or resource, such
	// as "config/topics": the lowest first, separated by commas.
	Origins map[string]string `json:"origins,omitempty"`
}

// Layer is a layer that a charm was built of, the lowest first.
type Layer struct {
	URL        string `json:"url"`
	Rev        string `json:"rev,omitempty"`         // the module's version, or git's commit
	FetchedURL string `json:"fetched_url,omitempty"` // the Go module
}

func addBuildManifest(ctx context.Context, charm *layers.Charm) error {
	m := Manifest{Signatures: map[string][]string{}, Origins: charm.Origin}
	for _, l := range charm.Stack.Layers {
		one := Layer{URL: l.URL(), Rev: l.Version, FetchedURL: l.Module}
		if one.Rev == "" {
			one.Rev = git(ctx, l.Dir, "rev-parse", "HEAD")
		}
		m.Layers = append(m.Layers, one)
	}
	for path, f := range charm.Files {
		m.Signatures[path] = []string{f.Layer, f.Kind, f.Sum()}
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", ManifestFile, err)
	}
	charm.Add(ManifestFile, 0o644, append(text, '\n'))
	return nil
}

// version is what the file version says: Juju shows it in its status.
func (b *builder) version(ctx context.Context) string {
	if b.Version != "" {
		return b.Version
	}
	return git(ctx, b.Dir, "describe", "--dirty", "--always", "--tags")
}
