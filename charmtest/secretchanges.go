// What one hook does to secrets, kept until the flush.

package charmtest

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// secretChanges are applied in the order in which they were made.
type secretChanges struct {
	pending []secretChange
}

type secretChange struct {
	kind    string // add, set, remove, grant, revoke or track
	s       *secret
	content map[string]string
	edit    func(*secret)
	rev     int
	grant   grant
}

// find looks a secret up for a tool of its owner: pending ones too.
func (c *hookContext) ownSecret(id string) *secret {
	for _, p := range c.secrets.pending {
		if p.s.id == id && p.kind == "add" {
			return p.s
		}
	}
	if s := c.m.secretByID(id); s != nil && s.ownedBy(c.unit) {
		return s
	}
	return nil
}

func (c *hookContext) labelled(label string) *secret {
	for _, p := range slices.Backward(c.secrets.pending) {
		preview := *p.s
		if p.edit != nil {
			p.edit(&preview)
		}
		if preview.label == label && p.s.ownedBy(c.unit) {
			return p.s
		}
	}
	for _, s := range c.m.secrets {
		if s.label == label && s.ownedBy(c.unit) {
			return s
		}
	}
	return nil
}

// pendingContent is content the hook itself wrote and not yet flushed.
func (c *hookContext) pendingContent(s *secret) (map[string]string, bool) {
	for _, p := range slices.Backward(c.secrets.pending) {
		if p.s == s && p.content != nil {
			return p.content, true
		}
	}
	return nil, false
}

func (c *hookContext) mayManage(s *secret) error {
	if s.owner == c.unit.app.name && !c.leads() {
		return errNotLeader
	}
	return nil
}

// add merges what is set into what the same hook added or set before: they become one revision.
func (ch *secretChanges) add(p secretChange) {
	for i := range ch.pending {
		before := &ch.pending[i]
		if p.kind != "set" || before.s != p.s || before.kind != "add" && before.kind != "set" {
			continue
		}
		if first := before.edit; first != nil && p.edit != nil {
			both := p.edit
			p.edit = func(s *secret) { first(s); both(s) }
		}
		if p.edit != nil {
			before.edit = p.edit
		}
		if p.content != nil {
			before.content = p.content
		}
		return
	}
	ch.pending = append(ch.pending, p)
}

// check refuses what the controller would.
func (ch *secretChanges) check(c *hookContext) error {
	labels := map[string]*secret{}
	for _, s := range c.m.secrets {
		if s.label != "" && s.ownedBy(c.unit) {
			labels[s.owner+"\x00"+s.label] = s
		}
	}
	for _, p := range ch.pending {
		if p.kind != "track" && p.s.owner == c.unit.app.name && c.unit.app.leader != c.unit.name {
			return fmt.Errorf("checking leadership continuity: %q is not leader of %q", c.unit.name, c.unit.app.name)
		}
		preview := *p.s
		if p.edit != nil {
			p.edit(&preview)
		}
		if preview.label == "" || p.kind != "add" && p.kind != "set" {
			continue
		}
		key := preview.owner + "\x00" + preview.label
		if other := labels[key]; other != nil && other != p.s {
			return fmt.Errorf("secret with label %q already exists", preview.label)
		}
		labels[key] = p.s
	}
	return nil
}

// apply makes the changes and says in words what they were.
func (ch *secretChanges) apply(c *hookContext) []string {
	var out []string
	for _, p := range ch.pending {
		p.s.change(c, p)
		out = append(out, p.describe())
	}
	return out
}

func (p secretChange) describe() string {
	switch p.kind {
	case "grant", "revoke":
		return fmt.Sprintf("%s %s %s", p.kind, p.s.uri(), p.grant.target)
	}
	return p.kind + " " + p.s.uri()
}

func (s *secret) change(c *hookContext, p secretChange) {
	if p.edit != nil {
		p.edit(s)
	}
	switch p.kind {
	case "add":
		s.addRevision(p.content)
		c.m.secrets = append(c.m.secrets, s)
	case "set":
		if p.content != nil && !maps.Equal(p.content, s.revisions[s.latest]) {
			s.addRevision(p.content)
			c.m.tellObsolete(s)
		}
	case "remove":
		if delete(s.revisions, p.rev); p.rev == 0 || len(s.revisions) == 0 {
			c.m.secrets = deleteFrom(c.m.secrets, s)
		}
	case "grant":
		if !slices.Contains(s.grants, p.grant) {
			s.grants = append(s.grants, p.grant)
		}
	case "revoke":
		s.grants = slices.DeleteFunc(s.grants, func(g grant) bool { return g.target == p.grant.target })
	case "track":
		if t := c.unit.tracked[s.id]; t != nil {
			t.revision = s.latest
		} else {
			c.unit.tracked[s.id] = &tracking{revision: s.latest, told: 1}
		}
	}
}

// parseExpiry reads --expire: a time, or a duration from now.
func parseExpiry(spec string, now time.Time) (*time.Time, error) {
	if spec == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, spec); err == nil {
			at = at.UTC()
			return &at, nil
		}
	}
	d, err := time.ParseDuration(spec)
	switch {
	case err != nil:
		return nil, usagef("expire time or duration %q not valid", spec)
	case d <= 0:
		return nil, usagef("negative expire duration %q not valid", spec)
	}
	at := now.Add(d).UTC()
	return &at, nil
}
