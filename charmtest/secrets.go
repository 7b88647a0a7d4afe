// Secrets: who owns them, who may read which revision, and the hooks that tell of new ones.

package charmtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

type secret struct {
	id          string
	owner       string // an application, a unit, or "" for the model's user
	label       string
	description string
	rotate      string
	expire      *time.Time
	revisions   map[int]map[string]string
	latest      int
	grants      []grant
}

type grant struct {
	target string // an application or a unit
	scope  string // the relation's key; empty for a grant by the model's user
}

// tracking is what one unit uses of one secret.
type tracking struct {
	label    string
	revision int
	told     int // the newest revision a secret-changed hook was queued for
}

func (s *secret) uri() string { return "secret:" + s.id }

func (s *secret) ownedBy(u *unit) bool { return s.owner == u.name || s.owner == u.app.name }

func (s *secret) readableBy(u *unit) bool {
	if s.ownedBy(u) {
		return true
	}
	return slices.ContainsFunc(s.grants, func(g grant) bool { return g.target == u.name || g.target == u.app.name })
}

func (s *secret) revokeRelation(key string) {
	s.grants = slices.DeleteFunc(s.grants, func(g grant) bool { return g.scope == key })
}

func (s *secret) addRevision(content map[string]string) {
	s.latest++
	s.revisions[s.latest] = maps.Clone(content)
}

const secretDigits = "0123456789abcdefghijklmnopqrstuvwxyz"

// newSecretID counts, so that two runs of a test see the same identifiers; the form is Juju's.
func (m *Model) newSecretID() string {
	m.nextSec++
	n, out := m.nextSec, []byte("c0ffee00000000000000")
	for i := len(out) - 1; n > 0; i-- {
		out[i] = secretDigits[n%36]
		n /= 36
	}
	return string(out)
}

func (m *Model) secretByID(id string) *secret {
	for _, s := range m.secrets {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (m *Model) dropUnitSecrets(u *unit) {
	m.secrets = slices.DeleteFunc(m.secrets, func(s *secret) bool { return s.owner == u.name })
	for _, s := range m.secrets {
		s.grants = slices.DeleteFunc(s.grants, func(g grant) bool { return g.target == u.name })
	}
}

// nextSecret finds a secret hook that is due: a newer revision of a secret the unit uses, be it
// its own: who owns a secret uses the revision that it read, too.
func (m *Model) nextSecret(u *unit) *hookInfo {
	for _, id := range sortedKeys(u.tracked) {
		s, t := m.secretByID(id), u.tracked[id]
		if s == nil || !s.readableBy(u) || t.told >= s.latest {
			continue
		}
		t.told = s.latest
		label := t.label
		if s.ownedBy(u) {
			label = s.label
		}
		u.local.secretsIn = append(u.local.secretsIn, &hookInfo{kind: "secret-changed", secret: s, label: label})
	}
	for len(u.local.secretsIn) > 0 {
		h := u.local.secretsIn[0]
		if m.secretByID(h.secret.id) != nil {
			return h
		}
		u.local.secretsIn = u.local.secretsIn[1:]
	}
	return nil
}

// tellObsolete queues secret-remove for the owner of revisions nobody uses any more.
func (m *Model) tellObsolete(s *secret) {
	if s.owner == "" {
		return
	}
	used := map[int]bool{s.latest: true}
	for _, a := range m.apps {
		for _, u := range a.units {
			if t := u.tracked[s.id]; t != nil {
				used[t.revision] = true
			}
		}
	}
	owner := m.secretAgent(s)
	for _, rev := range slices.Sorted(maps.Keys(s.revisions)) {
		if used[rev] || owner == nil {
			continue
		}
		known := func(h *hookInfo) bool { return h.secret == s && h.revision == rev && h.kind == "secret-remove" }
		if !slices.ContainsFunc(owner.local.secretsIn, known) {
			owner.local.secretsIn = append(owner.local.secretsIn,
				&hookInfo{kind: "secret-remove", secret: s, label: s.label, revision: rev})
		}
	}
}

// secretAgent is the unit whose hooks are about the secret as its owner.
func (m *Model) secretAgent(s *secret) *unit {
	for _, a := range m.apps {
		for _, u := range a.units {
			if s.owner == u.name || s.owner == a.name && a.leader == u.name {
				return u
			}
		}
	}
	return nil
}

// read gives the content a unit sees, and moves what it uses as Juju does.
func (m *Model) readSecret(u *unit, s *secret, label string, refresh, peek bool) (map[string]string, error) {
	if !s.readableBy(u) {
		return nil, errPermission
	}
	t := u.tracked[s.id]
	if peek {
		if t == nil {
			u.tracked[s.id] = &tracking{label: label, revision: s.latest, told: 1}
		}
		return s.revisions[s.latest], nil
	}
	if t == nil {
		t = &tracking{revision: s.latest, told: 1}
		u.tracked[s.id] = t
	}
	if label != "" {
		t.label = label
	}
	if refresh {
		t.revision = s.latest
		m.tellObsolete(s)
	}
	content, ok := s.revisions[t.revision]
	if !ok {
		return nil, fmt.Errorf("secret revision %q not found", fmt.Sprintf("%s/%d", s.id, t.revision))
	}
	return content, nil
}

// AddSecret is `juju add-secret <name> k=v ...`; it gives the secret's URI.
func (m *Model) AddSecret(name string, content map[string]string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.secrets {
		if s.owner == "" && s.label == name {
			return "", fmt.Errorf("cannot add secret %q: secret with name %q already exists", name, name)
		}
	}
	s := &secret{id: m.newSecretID(), label: name, revisions: map[int]map[string]string{}}
	s.addRevision(content)
	m.secrets = append(m.secrets, s)
	return s.uri(), nil
}

// UpdateSecret is `juju update-secret <uri> k=v ...`: a new revision.
func (m *Model) UpdateSecret(uri string, content map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.secretByID(strings.TrimPrefix(uri, "secret:"))
	if s == nil || s.owner != "" {
		return fmt.Errorf("cannot update secret %q: secret not found", uri)
	}
	s.addRevision(content)
	return nil
}

// GrantSecret is `juju grant-secret <uri> <app>`. It fires no hook.
func (m *Model) GrantSecret(uri, app string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.secretByID(strings.TrimPrefix(uri, "secret:"))
	if s == nil || s.owner != "" {
		return fmt.Errorf("cannot grant secret %q: secret not found", uri)
	}
	if _, err := m.app(app); err != nil {
		return fmt.Errorf("cannot grant secret %q: %w", uri, err)
	}
	s.grants = append(s.grants, grant{target: app})
	return nil
}

// Secret is a secret as a test sees it.
type Secret struct {
	URI, Owner, Label, Description string
	Revision                       int
	Revisions                      []int             // those that are kept
	Content                        map[string]string // of the latest revision
	Grants                         []string          // "app (relation)" or "app/0 (relation)"
}

// Secrets gives every secret of the model, in order of creation.
func (m *Model) Secrets() []Secret {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []Secret
	for _, s := range m.secrets {
		one := Secret{URI: s.uri(), Owner: s.owner, Label: s.label, Description: s.description, Revision: s.latest,
			Revisions: slices.Sorted(maps.Keys(s.revisions)), Content: maps.Clone(s.revisions[s.latest])}
		for _, g := range s.grants {
			one.Grants = append(one.Grants, strings.TrimSuffix(g.target+" ("+g.scope+")", " ()"))
		}
		out = append(out, one)
	}
	return out
}
