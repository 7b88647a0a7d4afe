// Hook tools for secrets.

package charmtest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	yaml "gopkg.in/yaml.v2"
)

var (
	secretKey = regexp.MustCompile(`^([a-z](?:-?[a-z0-9]){2,})$`)
	secretURI = regexp.MustCompile(`^(?:secret:)?(?://[a-f0-9-]{36}/|[a-f0-9-]{36}/)?([0-9a-z]{20})$`)
)

func parseSecretURI(text string) (string, error) {
	found := secretURI.FindStringSubmatch(text)
	if found == nil {
		return "", usagef("secret URI %q not valid", text)
	}
	return found[1], nil
}

// upsert are the options secret-add and secret-set share.
type upsert struct {
	description, label, rotate, expire, file, owner *string
}

func (t *toolRun) upsertFlags() upsert {
	return upsert{description: t.string("", "description"), label: t.string("", "label"), rotate: t.string("", "rotate"),
		expire: t.string("", "expire"), file: t.string("", "file"), owner: t.string("application", "owner")}
}

// read checks the options and gives the content and the change of the rest.
func (t *toolRun) readUpsert(o upsert, args []string) (map[string]string, func(*secret), error) {
	at, err := parseExpiry(*o.expire, t.c.m.now())
	if err != nil {
		return nil, nil, err
	}
	policies := []string{"", "never", "hourly", "daily", "weekly", "monthly", "quarterly", "yearly"}
	if !slices.Contains(policies, *o.rotate) {
		return nil, nil, usagef("rotate policy %q not valid", *o.rotate)
	}
	if *o.owner != "application" && *o.owner != "unit" {
		return nil, nil, usagef("secret owner %q not valid", *o.owner)
	}
	content, err := t.secretContent(args, *o.file)
	return content, editSecret(*o.description, *o.label, *o.rotate, at), err
}

func editSecret(description, label, rotate string, at *time.Time) func(*secret) {
	return func(s *secret) {
		if description != "" {
			s.description = description
		}
		if label != "" {
			s.label = label
		}
		if rotate != "" {
			s.rotate = rotate
		}
		if at != nil {
			s.expire = at
		}
	}
}

// secretContent reads key=value, key#base64=value and key#file=path, and the file's over them.
func (t *toolRun) secretContent(args []string, file string) (map[string]string, error) {
	out := map[string]string{}
	for _, a := range args {
		k, v, ok := strings.Cut(a, "=")
		if !ok || v == "" {
			return nil, usagef("key value %q not valid", a)
		}
		if err := t.addContent(out, k, v); err != nil {
			return nil, err
		}
	}
	if file == "" {
		return out, nil
	}
	data, err := os.ReadFile(t.path(file))
	if err != nil {
		return nil, usageError{err}
	}
	values := map[string]string{}
	if err := yaml.Unmarshal(data, values); err != nil {
		return nil, usageError{err}
	}
	for _, k := range sortedKeys(values) {
		if err := t.addContent(out, k, values[k]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *toolRun) addContent(out map[string]string, k, v string) error {
	name, kind, _ := strings.Cut(k, "#")
	if !secretKey.MatchString(name) {
		return usagef("key %q not valid", name)
	}
	switch kind {
	case "base64":
		raw, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return usageError{err}
		}
		v = string(raw)
	case "file":
		raw, err := os.ReadFile(t.path(v))
		if err != nil {
			return usageError{err}
		}
		v = string(raw)
	}
	out[name] = v
	return nil
}

func toolSecretAdd(t *toolRun) error {
	o := t.upsertFlags()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) < 1 && *o.file == "" {
		return usagef("missing secret value or filename")
	}
	content, edit, err := t.readUpsert(o, args)
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return errors.New("empty secret value not valid")
	}
	owner := t.c.unit.app.name
	if *o.owner == "unit" {
		owner = t.c.unit.name
	} else if !t.c.leads() {
		return errNotLeader
	}
	if *o.label != "" && t.c.labelled(*o.label) != nil && t.c.m.secretByID(t.c.labelled(*o.label).id) == nil {
		return fmt.Errorf("secret with label %q already exists", *o.label)
	}
	s := &secret{id: t.c.m.newSecretID(), owner: owner, revisions: map[int]map[string]string{}}
	t.c.secrets.add(secretChange{kind: "add", s: s, content: content, edit: edit})
	fmt.Fprintln(&t.stdout, s.uri())
	return nil
}

// secretArg reads the URI every tool of an owner begins with.
func (t *toolRun) secretArg() (string, []string, error) {
	args, err := t.parse()
	if err != nil {
		return "", nil, err
	}
	if len(args) < 1 {
		return "", nil, usagef("missing secret URI")
	}
	id, err := parseSecretURI(args[0])
	return id, args[1:], err
}

func (t *toolRun) owned(id string) (*secret, error) {
	s := t.c.ownSecret(id)
	if s == nil {
		return nil, fmt.Errorf("secret %q not found", id)
	}
	return s, t.c.mayManage(s)
}

func toolSecretSet(t *toolRun) error {
	o := t.upsertFlags()
	id, args, err := t.secretArg()
	if err != nil {
		return err
	}
	content, edit, err := t.readUpsert(o, args)
	if err != nil {
		return err
	}
	s, err := t.owned(id)
	if err != nil {
		return err
	}
	if len(content) == 0 {
		content = nil
	}
	t.c.secrets.add(secretChange{kind: "set", s: s, content: content, edit: edit})
	return nil
}

func toolSecretRemove(t *toolRun) error {
	rev := t.int("revision")
	id, args, err := t.secretArg()
	if err != nil {
		return err
	}
	if err := noMore(args); err != nil {
		return err
	}
	s, err := t.owned(id)
	if err != nil {
		return err
	}
	t.c.secrets.add(secretChange{kind: "remove", s: s, rev: *rev})
	return nil
}

func toolSecretGrant(t *toolRun) error {
	unit := t.string("", "unit")
	t.relationFlag()
	id, args, err := t.secretArg()
	if err != nil {
		return err
	}
	v, err := t.relation()
	if err != nil {
		return usageError{err}
	}
	target := v.r.other(t.c.unit.app.name).app
	if *unit != "" {
		if !unitName.MatchString(*unit) {
			return usagef("unit %q not valid", *unit)
		}
		if appOf(*unit) != target {
			return usagef("cannot specify unit %q in relation to application %q", *unit, target)
		}
		target = *unit
	}
	if err := noMore(args); err != nil {
		return err
	}
	s, err := t.owned(id)
	if err != nil {
		return err
	}
	t.c.secrets.add(secretChange{kind: "grant", s: s, grant: grant{target: target, scope: v.r.key()}})
	return nil
}

func toolSecretRevoke(t *toolRun) error {
	app, unit := t.string("", "app", "application"), t.string("", "unit")
	t.relationFlag()
	id, args, err := t.secretArg()
	if err != nil {
		return err
	}
	target := *app
	switch {
	case *app != "" && *unit != "":
		return usagef("specify only one of application or unit")
	case *unit != "":
		target = *unit
	case t.relID >= 0:
		v, err := t.relation()
		if err != nil {
			return usageError{err}
		}
		if *app != "" {
			return usagef("do not specify both relation and app")
		}
		target = v.r.other(t.c.unit.app.name).app
	}
	if target == "" {
		return usagef("missing relation or application or unit")
	}
	if err := noMore(args); err != nil {
		return err
	}
	s, err := t.owned(id)
	if err != nil {
		return err
	}
	t.c.secrets.add(secretChange{kind: "revoke", s: s, grant: grant{target: target}})
	return nil
}

func toolSecretIDs(t *toolRun) error {
	t.smartOutput()
	if err := t.parseNone(); err != nil {
		return err
	}
	var out []string
	for _, s := range t.c.managed() {
		out = append(out, s.id)
	}
	return t.print(out)
}

// managed are the secrets this unit owns, the pending ones included.
func (c *hookContext) managed() []*secret {
	var out []*secret
	for _, s := range c.m.secrets {
		if s.owner == c.unit.name || s.owner == c.unit.app.name && c.leads() {
			out = append(out, s)
		}
	}
	for _, p := range c.secrets.pending {
		switch p.kind {
		case "add":
			out = append(out, p.s)
		case "remove":
			out = deleteFrom(out, p.s)
		}
	}
	return out
}
