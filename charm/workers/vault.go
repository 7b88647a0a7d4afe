package workers

import (
	"errors"

	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// vault is what the leader remembers that may hold passwords: the secret values
// of the worker configuration, and whole connector configurations.
type vault struct {
	Version    int                          `json:"version"` // first: checkVault reads no further
	Worker     map[string]string            `json:"worker,omitempty"`
	Connectors map[string]map[string]string `json:"connectors,omitempty"`
}

// vaultLabel is the label of the application-owned Juju secret. Before Juju 3 a
// Kubernetes Secret stands in for it.
const (
	vaultLabel = "kafka-connect-base"
	vaultKey   = "memory"
)

// open reads the vault, once a hook.
func (u *Unit) open(ctx context.Context) (*vault, error) {
	if u.vault != nil {
		return u.vault, nil
	}
	text, err := u.readVault(ctx)
	if err != nil {
		return nil, err
	}
	v := &vault{}
	if text != "" {
		if err := checkVault(text); err != nil {
			return nil, err
		}
		if err := unpack(text, v); err != nil {
			return nil, fmt.Errorf("cannot read the secret that holds the connectors' configurations: %w", err)
		}
	}
	u.vault = v
	return v, nil
}

// keep changes the vault. A Juju secret is committed with the hook.
func (u *Unit) keep(ctx context.Context, change func(*vault)) error {
	v, err := u.open(ctx)
	if err != nil {
		return err
	}
	before, err := pack(v)
	if err != nil {
		return err
	}
	v.Worker, v.Connectors = cloneOrMake(v.Worker), cloneOrMake(v.Connectors)
	change(v)
	after, err := pack(v)
	if err != nil || after == before {
		return err
	}
	v.Version = vaultVersion
	if after, err = pack(v); err != nil {
		return err
	}
	return u.writeVault(ctx, after)
}

func cloneOrMake[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// pack makes text that Juju and Kubernetes take: a thousand configurations shrink to a tenth.
func pack(v *vault) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("cannot encode the connectors' configurations: %w", err)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	zip.Write(text) // a bytes.Buffer takes everything
	if err := zip.Close(); err != nil {
		return "", fmt.Errorf("cannot compress the connectors' configurations: %w", err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}

func unpack(text string, v *vault) error {
	zip, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		return err
	}
	decoded, err := io.ReadAll(io.LimitReader(zip, 64<<20))
	if err != nil {
		return err
	}
	return json.Unmarshal(decoded, v)
}

// readVault reads the Juju secret; before Juju 3 a Kubernetes Secret.
func (u *Unit) readVault(ctx context.Context) (string, error) {
	content, err := u.Secrets().Get(ctx, vaultLabel, juju.Peek)
	switch {
	case err == nil:
		return content[vaultKey], nil
	case errors.Is(err, juju.ErrNotFound):
		return "", nil
	case errors.Is(err, juju.ErrUnsupported):
		return u.readOldVault(ctx)
	}
	return "", err
}

func (u *Unit) writeVault(ctx context.Context, text string) error {
	content := juju.SecretContent{vaultKey: text}
	if u.vaultURI == "" {
		info, err := u.Secrets().Info(ctx, vaultLabel)
		switch {
		case errors.Is(err, juju.ErrUnsupported):
			return u.writeOldVault(ctx, text)
		case errors.Is(err, juju.ErrNotFound):
			return u.addVault(ctx, content)
		case err != nil:
			return err
		}
		u.vaultURI = info.ID
	}
	return u.Secrets().Set(ctx, u.vaultURI, juju.Secret{Content: content})
}

// addVault notes the URI: before the hook ends Juju does not find the secret by its label.
func (u *Unit) addVault(ctx context.Context, content juju.SecretContent) (err error) {
	u.vaultURI, err = u.Secrets().Add(ctx, juju.Secret{
		Label: vaultLabel, Content: content, Description: "Connector configurations, kept for the next leader.",
	})
	return err
}

// LetGoOfOldSecret makes the newest revision of our secret the one that this unit uses, in the hook that tells of it.
// Juju counts whoever has read a secret as a user of that revision, its owner and a unit that led once too, and tells
// of a revision that may be removed only when nobody uses it (SaveSecretConsumer in Juju 3.6's state/secrets.go).
func (u *Unit) LetGoOfOldSecret(ctx context.Context) error {
	hook := u.Env().Hook
	if hook.SecretLabel != vaultLabel {
		return nil
	}
	_, err := u.Secrets().Get(ctx, hook.SecretURI, juju.Refresh)
	return err
}

// DropOldSecret removes the revision of our secret that a secret-remove hook is about. Leader only.
func (u *Unit) DropOldSecret(ctx context.Context) error {
	hook := u.Env().Hook
	if hook.SecretLabel != vaultLabel || hook.SecretRevision == "" {
		return nil
	}
	return u.Secrets().RemoveRevision(ctx, hook.SecretURI, hook.SecretRevision)
}

// keeper is a platform that can keep a Secret: Kubernetes reached directly.
type keeper interface {
	recall(ctx context.Context, w kube.Workers) (map[string]string, error)
	remember(ctx context.Context, w kube.Workers, data map[string]string) error
}

// readOldVault gives nothing where there is no place for passwords: Juju 2 with
// the kubernetes relation. The upper layer then registers its connectors again.
func (u *Unit) readOldVault(ctx context.Context) (string, error) {
	w, p, err := u.identified(ctx)
	if err != nil {
		return "", err
	}
	k, able := p.(keeper)
	if !able {
		return "", nil
	}
	data, err := k.recall(ctx, w)
	return data[vaultKey], err
}

func (u *Unit) writeOldVault(ctx context.Context, text string) error {
	w, p, err := u.identified(ctx)
	if err != nil {
		return err
	}
	if k, able := p.(keeper); able {
		return k.remember(ctx, w, map[string]string{vaultKey: text})
	}
	u.Log().Info("connector configurations are not kept: Juju 2 with the kubernetes relation has no place for passwords")
	return nil
}
