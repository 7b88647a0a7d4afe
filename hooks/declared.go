package hooks

// What the rules wait for has to be in the charm's files.

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/reactive"
)

// declared refuses to install or upgrade a charm whose rules wait for an endpoint
// or option that its files do not have: Juju itself answers "nobody" and "nothing"
// about them, so that the charm would wait for ever. Later hooks have no need to look.
func (h *hook) declared(watches reactive.Watches) error {
	if name := h.unit.Env().Hook.Name; name != "install" && name != "upgrade-charm" {
		return nil
	}
	endpoints, err := names(h.unit.Env().CharmDir, "metadata.yaml", "provides", "requires", "peers")
	if err != nil || endpoints == nil {
		return err
	}
	options, err := names(h.unit.Env().CharmDir, "config.yaml", "options")
	if err != nil {
		return err
	}
	return watches.Undeclared(endpoints, options)
}

// names gives the keys of some sections of one of the charm's files; nil where the file is not there.
func names(dir, file string, sections ...string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read what the charm declares: %w", err)
	}
	var content map[string]yaml.Node
	if err := yaml.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("cannot read what the charm declares in %s: %w", file, err)
	}
	list := []string{}
	for _, section := range sections {
		node := content[section]
		var declared map[string]yaml.Node
		if err := node.Decode(&declared); err != nil {
			return nil, fmt.Errorf("cannot read what the charm declares as %s in %s: %w", section, file, err)
		}
		list = slices.AppendSeq(list, maps.Keys(declared))
	}
	slices.Sort(list)
	return list, nil
}
