// Composing a charm's folder from layers: what the base layer says, and what the
// layer above adds.

package charmdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"gopkg.in/yaml.v3"
)

// merged are the files of a layer that are joined key by key.
var merged = []string{"metadata.yaml", "config.yaml", "actions.yaml", "layer.yaml"}

// copied are the files of which the uppermost layer's stands.
var copied = []string{"manifest.yaml", "icon.svg", "README.md", "LICENSE", "lxd-profile.yaml"}

// Compose writes a charm's folder from the folders of its layers, lowest first:
// maps are joined, lists united, and otherwise the upper layer wins, as layered
// charms do (charm-tools, deepmerge). It makes the folder where there is none, and
// leaves alone what it does not write, such as a compiled dispatch. The result
// is read back, so that what Juju would refuse is an error here.
func Compose(out string, layers ...string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("cannot make the charm's folder: %w", err)
	}
	for _, name := range merged {
		if err := mergeFile(out, name, layers); err != nil {
			return err
		}
	}
	for _, name := range copied {
		if err := copyFile(out, name, layers); err != nil {
			return err
		}
	}
	_, err := Read(out)
	return err
}

func mergeFile(out, name string, layers []string) error {
	var whole map[string]any
	for _, layer := range layers {
		text, err := os.ReadFile(filepath.Join(layer, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read a layer: %w", err)
		}
		var part map[string]any
		if err := yaml.Unmarshal(text, &part); err != nil {
			return fmt.Errorf("cannot read %s: %w", filepath.Join(layer, name), err)
		}
		whole = mergeMaps(whole, part)
	}
	if whole == nil {
		return nil
	}
	text, err := yaml.Marshal(whole)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	return write(out, name, text)
}

func mergeMaps(lower, upper map[string]any) map[string]any {
	joined := map[string]any{}
	for key, value := range lower {
		joined[key] = value
	}
	for key, value := range upper {
		joined[key] = merge(joined[key], value)
	}
	return joined
}

func merge(lower, upper any) any {
	switch upper := upper.(type) {
	case map[string]any:
		if lower, ok := lower.(map[string]any); ok {
			return mergeMaps(lower, upper)
		}
	case []any:
		if lower, ok := lower.([]any); ok {
			return unite(lower, upper)
		}
	}
	return upper
}

func unite(lower, upper []any) []any {
	united := append([]any(nil), lower...)
	for _, item := range upper {
		known := false
		for _, other := range united {
			known = known || reflect.DeepEqual(item, other)
		}
		if !known {
			united = append(united, item)
		}
	}
	return united
}

func copyFile(out, name string, layers []string) error {
	for i := len(layers) - 1; i >= 0; i-- {
		text, err := os.ReadFile(filepath.Join(layers[i], name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot read a layer: %w", err)
		}
		return write(out, name, text)
	}
	return nil
}

func write(out, name string, text []byte) error {
	if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
		return fmt.Errorf("cannot write the charm's folder: %w", err)
	}
	return nil
}
