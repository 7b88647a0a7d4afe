package workers

// What was written by a newer charm is left alone: whoever cannot read all of it would
// lose the rest by writing it again, and could not know what it stands for.

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The versions of what a leader leaves to the next one. Each grows when an older charm
// could no longer read it, with a recorded state in charm/testdata/state.
const (
	memoryVersion = 1 // application data of the peer relation
	vaultVersion  = 1 // the secret. The first one wrote no version
)

// newer gives the error for something that a newer charm wrote. Nothing is written
// after it: not even what this hook has buffered.
func newer(what string, version, known int) error {
	return fmt.Errorf("cannot read %s: %w (its version is %d, this charm knows %d)", what, reactive.ErrNewerState, version, known)
}

// Readable says whether this charm may act on what the last leader left: the error is
// [reactive.ErrNewerState] where a newer charm wrote it. A unit that does not
// lead is not concerned. It asks Juju only.
func (u *Unit) Readable(ctx context.Context) error {
	leads, err := u.IsLeader(ctx)
	if err != nil || !leads {
		return err
	}
	_, err = u.recall(ctx)
	return err
}

// readable looks at everything a leader works with, once a hook, before its first
// act. A secret in Kubernetes (Juju 2) is looked at when it is needed: the way there may be gone.
func (u *Unit) readable(ctx context.Context) error {
	if u.checked {
		return nil
	}
	m, err := u.recall(ctx)
	if err != nil {
		return err
	}
	if m.HasSecrets || len(m.Connectors) > 0 {
		content, err := u.Secrets().Get(ctx, vaultLabel, juju.Peek)
		if err != nil && !errors.Is(err, juju.ErrUnsupported) && !errors.Is(err, juju.ErrNotFound) {
			return err
		}
		if err := checkVault(content[vaultKey]); err != nil {
			return err
		}
	}
	u.checked = true
	return nil
}

// checkVault reads no further than the version, which stands first.
func checkVault(text string) error {
	if text == "" {
		return nil
	}
	zip, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return nil // whoever reads all of it says what is wrong
	}
	decoder := json.NewDecoder(zip)
	for _, want := range []json.Token{json.Delim('{'), "version"} {
		if token, err := decoder.Token(); err != nil || token != want {
			return nil
		}
	}
	var version int
	if decoder.Decode(&version) == nil && version > vaultVersion {
		return newer("the secret that holds the connectors' configurations", version, vaultVersion)
	}
	return nil
}
