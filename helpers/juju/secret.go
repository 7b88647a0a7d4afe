package juju

// Juju secrets. Their content goes to the agent in a file that only this user
// can read and that is gone when the call returns, because neither secret-add
// nor secret-set reads standard input; it is never an argument, a log line or
// part of an error.

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// SecretContent is what a secret holds. Printed or logged it shows its keys'
// number only. Keys have at least three characters: lowercase letters, digits
// and single hyphens, beginning with a letter.
type SecretContent map[string]string

// String hides the content.
func (c SecretContent) String() string { return fmt.Sprintf("(secret with %d keys)", len(c)) }

// GoString hides the content.
func (c SecretContent) GoString() string { return c.String() }

// Secret describes a secret to add or to change. Empty fields stay as they are.
type Secret struct {
	Content     SecretContent
	Label       string
	Description string
	Rotate      string        // never, daily, weekly, monthly, quarterly or yearly
	Expire      time.Duration // from now
	UnitOwned   bool          // by default, the application owns it and only its leader may change it
}

// SecretInfo is what the owner of a secret may know about it.
type SecretInfo struct {
	ID       string
	Revision int
	Label    string
	Owner    string
	Rotation string
}

// SecretRead says which revision secret-get gives.
type SecretRead int

// By default, the revision this unit read first; or the newest one, from now on
// or this once.
const (
	Tracked SecretRead = iota
	Refresh
	Peek
)

// Secrets handles the secrets of a unit. Changes are part of the hook's
// transaction: Juju drops them when the hook fails.
type Secrets struct{ unit *Unit }

// Secrets gives access to Juju secrets. Before Juju 3 all methods give
// ErrUnsupported.
func (u *Unit) Secrets() Secrets { return Secrets{u} }

// Add creates a secret and gives its URI, "secret:…".
func (s Secrets) Add(ctx context.Context, secret Secret) (uri string, err error) {
	if err := needSecrets(s.unit.env.JujuVersion, "add a secret"); err != nil {
		return "", err
	}
	owner := "application"
	if secret.UnitOwned {
		owner = "unit"
	}
	err = secret.withFile(s.unit, func(args []string) error {
		stdout, err := s.unit.call(ctx, "", Call{Tool: "secret-add", Args: append(args, "--owner", owner)})
		uri = strings.TrimSpace(string(stdout))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("cannot add the secret %q: %w", secret.Label, err)
	}
	return uri, nil
}

// Set changes a secret that this unit or application owns. New content is a new
// revision, though it be the same: compare before.
func (s Secrets) Set(ctx context.Context, uri string, secret Secret) error {
	if err := needSecrets(s.unit.env.JujuVersion, "change a secret"); err != nil {
		return err
	}
	err := secret.withFile(s.unit, func(args []string) error {
		_, err := s.unit.call(ctx, "", Call{Tool: "secret-set", Args: append(args, "--", uri)})
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot change the secret %s: %w", uri, err)
	}
	return nil
}

// Get reads a secret by its URI, or by the label it has for this unit.
func (s Secrets) Get(ctx context.Context, uriOrLabel string, which SecretRead) (SecretContent, error) {
	if err := needSecrets(s.unit.env.JujuVersion, "read a secret"); err != nil {
		return nil, err
	}
	args := reference(uriOrLabel)
	switch which {
	case Refresh:
		args = append([]string{"--refresh"}, args...)
	case Peek:
		args = append([]string{"--peek"}, args...)
	}
	var content map[string]string
	if err := s.unit.read(ctx, "", &content, "secret-get", args...); err != nil {
		return nil, fmt.Errorf("cannot read the secret %q: %w", uriOrLabel, err)
	}
	return content, nil
}

// Info gives what Juju knows of a secret that this unit or application owns;
// ErrNotFound if there is none.
func (s Secrets) Info(ctx context.Context, uriOrLabel string) (SecretInfo, error) {
	if err := needSecrets(s.unit.env.JujuVersion, "look up a secret"); err != nil {
		return SecretInfo{}, err
	}
	var answer map[string]struct {
		Revision int    `json:"revision"`
		Label    string `json:"label"`
		Owner    string `json:"owner"`
		Rotation string `json:"rotation"`
	}
	if err := s.unit.read(ctx, "", &answer, "secret-info-get", reference(uriOrLabel)...); err != nil {
		return SecretInfo{}, fmt.Errorf("cannot look up the secret %q: %w", uriOrLabel, err)
	}
	for id, info := range answer {
		return SecretInfo{ID: id, Revision: info.Revision, Label: info.Label, Owner: info.Owner, Rotation: info.Rotation}, nil
	}
	return SecretInfo{}, fmt.Errorf("cannot look up the secret %q: %w", uriOrLabel, ErrNotFound)
}

// Grant lets the other side of a relation read a secret: all of its units, or
// one if unit is not empty. Granting twice is no error.
func (s Secrets) Grant(ctx context.Context, uri, relationID, unit string) error {
	return s.change(ctx, "grant", uri, append([]string{"--relation", relationID}, unitFlag(unit)...))
}

// Revoke takes back what Grant gave.
func (s Secrets) Revoke(ctx context.Context, uri, relationID, unit string) error {
	return s.change(ctx, "revoke", uri, append([]string{"--relation", relationID}, unitFlag(unit)...))
}

// Remove deletes a secret with all its revisions.
func (s Secrets) Remove(ctx context.Context, uri string) error {
	return s.change(ctx, "remove", uri, nil)
}

// RemoveRevision deletes one revision of a secret. Juju asks for it with a
// secret-remove hook, once nobody reads that revision any more.
func (s Secrets) RemoveRevision(ctx context.Context, uri, revision string) error {
	return s.change(ctx, "remove", uri, []string{"--revision", revision})
}

func (s Secrets) change(ctx context.Context, verb, uri string, flags []string) error {
	if err := needSecrets(s.unit.env.JujuVersion, verb+" a secret"); err != nil {
		return err
	}
	call := Call{Tool: "secret-" + verb, Args: append(flags, "--", uri)}
	if _, err := s.unit.call(ctx, "", call); err != nil {
		return fmt.Errorf("cannot %s the secret %s: %w", verb, uri, err)
	}
	return nil
}

func unitFlag(unit string) []string {
	if unit == "" {
		return nil
	}
	return []string{"--unit", unit}
}

func reference(uriOrLabel string) []string {
	if strings.HasPrefix(uriOrLabel, "secret:") {
		return []string{"--", uriOrLabel}
	}
	return []string{"--label", uriOrLabel}
}

// withFile gives the arguments for a secret, its content in a file while use
// runs.
func (s Secret) withFile(unit *Unit, use func(args []string) error) (err error) {
	var args []string
	for _, flag := range [][2]string{{"--label", s.Label}, {"--description", s.Description}, {"--rotate", s.Rotate}} {
		if flag[1] != "" {
			args = append(args, flag[0], flag[1])
		}
	}
	if s.Expire > 0 {
		args = append(args, "--expire", s.Expire.String())
	}
	if len(s.Content) == 0 {
		return use(args)
	}
	content, err := s.Content.encode()
	if err != nil {
		return err
	}
	if err := unit.removeStale(); err != nil {
		return err
	}
	file, err := os.CreateTemp(unit.env.CharmDir, secretFile) // mode 0600
	if err != nil {
		return fmt.Errorf("cannot hand it over: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.Write(content)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("cannot hand it over: %w", err)
	}
	return use(append(args, "--file", file.Name()))
}

// secretFile is the pattern of the files' names. They are made in the charm's folder,
// where only the unit's own hooks write: what a hook leaves there that was killed
// before it could remove it, the next one removes.
const secretFile = ".secret-*"

// removeStale does so once in a hook: later the files are this hook's own.
func (u *Unit) removeStale() error {
	u.stale.Do(func() {
		if u.env.CharmDir == "" {
			return
		}
		stale, err := filepath.Glob(filepath.Join(u.env.CharmDir, secretFile))
		for _, name := range stale {
			err = errors.Join(err, os.Remove(name))
		}
		if err != nil {
			u.staleErr = fmt.Errorf("cannot remove what a killed hook left: %w", err)
		}
	})
	return u.staleErr
}

// encode uses base64, which Juju understands by the key's suffix, so that any
// bytes arrive as they are.
func (c SecretContent) encode() ([]byte, error) {
	rule := regexp.MustCompile(`^[a-z](?:-?[a-z0-9]){2,}$`)
	encoded := make(map[string]string, len(c))
	for key, value := range c {
		if !rule.MatchString(key) {
			return nil, fmt.Errorf("its key %q is not three or more lowercase letters, digits and single hyphens", key)
		}
		encoded[key+"#base64"] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return json.Marshal(encoded)
}
