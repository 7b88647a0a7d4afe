// Hook tools for relations.

package charmtest

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

var (
	unitName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*/(0|[1-9][0-9]*)$`)
	appName  = applicationName
)

func toolRelationIDs(t *toolRun) error {
	t.smartOutput()
	args, err := t.parse()
	if err != nil {
		return err
	}
	endpoint := ""
	if t.c.info.isRelation() {
		endpoint = t.c.info.endpoint
	}
	switch {
	case len(args) > 0:
		endpoint = args[0]
		if err := noMore(args[1:]); err != nil {
			return err
		}
	case endpoint == "":
		return usagef("no %s name specified", t.word("endpoint", "relation"))
	}
	out := []string{}
	for _, v := range t.c.relations {
		if e, _ := v.r.mine(t.c.unit.app.name); e.endpoint == endpoint && !v.broken {
			out = append(out, v.r.idFor(t.c.unit.app.name))
		}
	}
	slices.Sort(out)
	return t.print(out)
}

func toolRelationList(t *toolRun) error {
	t.smartOutput()
	t.relationFlag()
	app := t.bool("app")
	args, err := t.parse()
	if err != nil {
		return err
	}
	v, err := t.relation()
	if err != nil {
		return err
	}
	if err := noMore(args); err != nil {
		return err
	}
	if *app {
		return t.print(v.r.other(t.c.unit.app.name).app)
	}
	return t.print(append([]string{}, sortedKeys(v.members)...))
}

func toolRelationModelGet(t *toolRun) error {
	t.smartOutput()
	t.relationFlag()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if _, err := t.relation(); err != nil {
		return err
	}
	if err := noMore(args); err != nil {
		return err
	}
	return t.print(struct {
		UUID string `yaml:"uuid" json:"uuid"`
	}{t.c.m.opt.UUID})
}

func toolRelationGet(t *toolRun) error {
	t.smartOutput()
	t.relationFlag()
	app := t.bool("app")
	args, err := t.parse()
	if err != nil {
		return err
	}
	if t.relID == -1 {
		return usagef("no relation id specified")
	}
	key := ""
	if len(args) > 0 {
		if key = args[0]; key == "-" {
			key = ""
		}
		args = args[1:]
	}
	subject, args, err := t.subject(args, app)
	if err != nil {
		return err
	}
	if err := noMore(args); err != nil {
		return err
	}
	v, err := t.c.relation(t.relID)
	if err != nil {
		return err
	}
	data, err := t.c.readRelation(v, subject, *app)
	if err != nil {
		return err
	}
	return t.printKey(data, key)
}

// subject is the unit or application whose data is asked for.
func (t *toolRun) subject(args []string, app *bool) (string, []string, error) {
	if len(args) > 0 {
		given := args[0]
		switch isUnit, isApp := unitName.MatchString(given), appName.MatchString(given); {
		case *app && isUnit:
			given = appOf(given)
		case *app || isUnit:
		case t.c.m.opt.before3():
			*app = isApp
			if !isApp {
				return "", nil, fmt.Errorf("%q is not a valid unit or application", given)
			}
		case isApp:
			return "", nil, usagef("expected unit name, got application name %q", given)
		default:
			return "", nil, usagef("invalid unit name %q", given)
		}
		return given, args[1:], nil
	}
	h := t.c.info
	switch {
	case !h.isRelation():
	case !*app && h.remoteUnit != "":
		return h.remoteUnit, args, nil
	case h.remoteApp != "":
		*app = true
		return h.remoteApp, args, nil
	}
	return "", nil, usagef("no unit or application specified")
}

// readRelation reads data as the hook sees it: its own with its pending writes, a remote one as it was at first.
func (c *hookContext) readRelation(v *relationView, subject string, app bool) (map[string]string, error) {
	own := c.unit.app.name
	switch {
	case subject == c.unit.name:
		return c.ownData(v).read(), nil
	case app && subject == own && c.leads():
		return c.ownAppData(v).read(), nil
	}
	if cached, ok := v.remote[subject]; ok {
		return cached, nil
	}
	data, err := c.fetch(v, subject, app)
	if err != nil {
		return nil, err
	}
	v.remote[subject] = data
	return data, nil
}

var errPermission = errors.New("permission denied")

// fetch asks the controller, which lets a unit read the other side and its peers.
func (c *hookContext) fetch(v *relationView, subject string, app bool) (map[string]string, error) {
	if appOf(subject) != v.r.other(c.unit.app.name).app {
		return nil, errPermission
	}
	if app {
		if v.r.peer() && c.m.opt.HidePeerData {
			return nil, errPermission
		}
		return maps.Clone(v.r.appBag(subject).data), nil
	}
	if _, ever := v.r.seen[subject]; !ever {
		return nil, fmt.Errorf("cannot read settings for unit %q in relation %q: unit %q: settings not found",
			subject, v.r.key(), subject)
	}
	return maps.Clone(v.r.unitBag(subject).data), nil
}

func (c *hookContext) ownData(v *relationView) *draft {
	if v.own == nil {
		v.own = &draft{data: maps.Clone(v.r.unitBag(c.unit.name).data), changes: map[string]string{}}
	}
	return v.own
}

func (c *hookContext) ownAppData(v *relationView) *draft {
	if v.app == nil {
		v.app = &draft{data: maps.Clone(v.r.appBag(c.unit.app.name).data), changes: map[string]string{}}
	}
	return v.app
}

func toolRelationSet(t *toolRun) error {
	t.relationFlag()
	file := t.string("", "file")
	app := t.bool("app")
	t.oldFormat()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if t.relID == -1 {
		return usagef("no relation id specified")
	}
	values, err := keyValues(args)
	if err != nil {
		return err
	}
	if values, err = t.settingsFile(*file, values); err != nil {
		return err
	}
	v, err := t.c.relation(t.relID)
	if err != nil {
		return err
	}
	d := t.c.ownData(v)
	if *app {
		if !t.c.leads() {
			return errors.New("cannot write relation settings")
		}
		d = t.c.ownAppData(v)
	}
	for k, value := range values {
		d.set(k, value)
	}
	return nil
}
