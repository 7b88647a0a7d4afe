// Hook tools that read secrets.

package charmtest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"strings"
	"time"
)

func toolSecretGet(t *toolRun) error {
	t.output("yaml", "yaml", "json")
	label := t.string("", "label")
	peek, refresh := t.bool("peek"), t.bool("refresh")
	args, err := t.parse()
	if err != nil {
		return err
	}
	id := ""
	if len(args) > 0 {
		if id, err = parseSecretURI(args[0]); err != nil {
			return err
		}
		args = args[1:]
	}
	if id == "" && *label == "" {
		return usagef("require either a secret URI or label")
	}
	if *peek && *refresh {
		return usagef("specify one of --peek or --refresh but not both")
	}
	key, err := zeroOrOne(args)
	if err != nil {
		return err
	}
	content, err := t.c.getSecret(id, *label, *refresh, *peek)
	if err != nil {
		return err
	}
	if key == "" {
		return t.print(content)
	}
	key, encoded := strings.CutSuffix(key, "#base64")
	value, ok := content[key]
	if !ok {
		return fmt.Errorf("secret key value %q not found", key)
	}
	if encoded {
		value = base64.StdEncoding.EncodeToString([]byte(value))
	}
	return t.print(value)
}

func (c *hookContext) getSecret(id, label string, refresh, peek bool) (map[string]string, error) {
	s := c.resolveSecret(id, label)
	if s == nil {
		if id == "" {
			return nil, fmt.Errorf("consumer label %q not found", label)
		}
		return nil, fmt.Errorf("secret %q not found", id)
	}
	if content, ok := c.pendingContent(s); ok && (refresh || peek || c.m.secretByID(s.id) == nil) {
		return maps.Clone(content), nil
	}
	return c.m.readSecret(c.unit, s, label, refresh, peek)
}

func (c *hookContext) resolveSecret(id, label string) *secret {
	if id != "" {
		if s := c.ownSecret(id); s != nil {
			return s
		}
		return c.m.secretByID(id)
	}
	if s := c.labelled(label); s != nil {
		return s
	}
	for used, t := range c.unit.tracked {
		if t.label == label {
			return c.m.secretByID(used)
		}
	}
	return nil
}

type secretInfo struct {
	Revision    int            `yaml:"revision" json:"revision"`
	Label       string         `yaml:"label" json:"label"`
	Owner       string         `yaml:"owner" json:"owner"`
	Description string         `yaml:"description,omitempty" json:"description,omitempty"`
	Rotation    string         `yaml:"rotation,omitempty" json:"rotation,omitempty"`
	Expiry      *time.Time     `yaml:"expiry,omitempty" json:"expiry,omitempty"`
	Access      []secretAccess `yaml:"access,omitempty" json:"access,omitempty"`
}

type secretAccess struct {
	Target string `yaml:"target" json:"target"`
	Scope  string `yaml:"scope" json:"scope"`
	Role   string `yaml:"role" json:"role"`
}

func toolSecretInfoGet(t *toolRun) error {
	t.output("yaml", "yaml", "json")
	label := t.string("", "label")
	args, err := t.parse()
	if err != nil {
		return err
	}
	id := ""
	if len(args) > 0 {
		if id, err = parseSecretURI(args[0]); err != nil {
			return err
		}
		args = args[1:]
	}
	switch {
	case id == "" && *label == "":
		return usagef("require either a secret URI or label")
	case id != "" && *label != "":
		return usagef("specify either a secret URI or label but not both")
	}
	if err := noMore(args); err != nil {
		return err
	}
	for _, s := range t.c.managed() {
		info := t.c.secretInfo(s)
		if s.id == id || id == "" && info.Label == *label {
			return t.print(map[string]secretInfo{s.id: info})
		}
	}
	return fmt.Errorf("secret %q not found", id+*label)
}

// secretInfo is the secret as it will be after the flush.
func (c *hookContext) secretInfo(s *secret) secretInfo {
	preview := *s
	preview.grants = append([]grant(nil), s.grants...)
	for _, p := range c.secrets.pending {
		if p.s != s {
			continue
		}
		if p.edit != nil {
			p.edit(&preview)
		}
		switch p.kind {
		case "add":
			preview.latest = 1
		case "grant":
			preview.grants = append(preview.grants, p.grant)
		}
	}
	kind := "application"
	if strings.Contains(s.owner, "/") {
		kind = "unit"
	}
	out := secretInfo{Revision: preview.latest, Label: preview.label, Owner: kind, Description: preview.description,
		Rotation: preview.rotate, Expiry: preview.expire}
	for _, g := range preview.grants {
		out.Access = append(out.Access, secretAccess{Target: tag(g.target), Scope: relationTag(g.scope), Role: "view"})
	}
	return out
}

// tag is Juju's name of a thing with its kind before it.
func tag(name string) string {
	if strings.Contains(name, "/") {
		return "unit-" + strings.ReplaceAll(name, "/", "-")
	}
	return "application-" + name
}

func relationTag(key string) string {
	return "relation-" + strings.ReplaceAll(strings.ReplaceAll(key, ":", "."), " ", "#")
}
