package charmtest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// keepResources copies files into the controller's store, from which units get theirs, and says whether their bytes
// are new: for those alone Juju upgrades the charm (StagedResource.Activate in Juju's state package).
func (m *Model) keepResources(a *application, given map[string]string) (fresh bool, err error) {
	for name, path := range given {
		content, err := os.ReadFile(path)
		if err != nil {
			return fresh, fmt.Errorf("cannot read resource %q: %w", name, err)
		}
		if kept, known := a.resources[name]; known {
			before, err := os.ReadFile(kept)
			if err != nil {
				return fresh, fmt.Errorf("cannot read resource %q: %w", name, err)
			}
			if bytes.Equal(before, content) {
				continue
			}
		}
		to := filepath.Join(m.dir, "resources", a.name, name, filepath.Base(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fresh, fmt.Errorf("cannot keep resource %q: %w", name, err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return fresh, fmt.Errorf("cannot keep resource %q: %w", name, err)
		}
		a.resources[name], fresh = to, true
	}
	return fresh, nil
}
