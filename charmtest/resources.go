package charmtest

import (
	"fmt"
	"os"
	"path/filepath"
)

// keepResources copies files into the controller's store, from which units get theirs.
func (m *Model) keepResources(a *application, given map[string]string) error {
	for name, path := range given {
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("cannot read resource %q: %w", name, err)
		}
		to := filepath.Join(m.dir, "resources", a.name, name, filepath.Base(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("cannot keep resource %q: %w", name, err)
		}
		if err := os.WriteFile(to, content, 0o644); err != nil {
			return fmt.Errorf("cannot keep resource %q: %w", name, err)
		}
		a.resources[name] = to
	}
	return nil
}
