package juju_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// A hook that was killed in the middle of secret-add leaves a file; the next one
// that handles a secret removes it, and leaves none of its own.
func TestSecretFileOfKilledHook(t *testing.T) {
	t.Parallel()
	unit := install(t, start(t))
	left := filepath.Join(unit.Env().CharmDir, ".secret-123")
	if err := os.WriteFile(left, []byte("password: hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := unit.Secrets().Add(t.Context(), juju.Secret{Content: juju.SecretContent{"password": "other"}}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(unit.Env().CharmDir, ".secret-*"))
	if err != nil || len(files) > 0 {
		t.Errorf("left in the charm's folder: %q, %v", files, err)
	}
}
