package juju

// Relations: what the other side wrote, and what this side writes.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Relation is one relation of an endpoint, seen from this unit. Its data are
// read once in a hook and written by Commit.
type Relation struct {
	unit     *Unit
	id       string
	endpoint string

	// Guarded by unit.mu.
	app    string
	units  []string // nil: not read yet
	data   map[bag]map[string]string
	set    map[string]string // pending, of this unit
	setApp map[string]string // pending, of this application
}

// bag is one set of data: of a unit, or of an application.
type bag struct {
	owner string
	app   bool
}

// Relations gives the relations of an endpoint, oldest first, none if there are
// none. In a broken hook the one that goes is not among them, HookRelation
// gives it.
func (u *Unit) Relations(ctx context.Context, endpoint string) ([]*Relation, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	relations, ok := u.relations[endpoint]
	if !ok {
		var ids []string
		if err := u.read(ctx, endpoint, &ids, "relation-ids", "--", endpoint); err != nil {
			return nil, fmt.Errorf("cannot list the relations of endpoint %q: %w", endpoint, err)
		}
		for _, id := range ids {
			// Juju 2.9 names it in its own broken hook.
			if !u.env.Hook.Broken() || id != u.env.Hook.RelationID {
				relations = append(relations, u.relation(id, endpoint))
			}
		}
		slices.SortFunc(relations, byNumber)
		u.relations[endpoint] = relations
	}
	return slices.Clone(relations), nil
}

// HookRelation gives the relation that a relation hook is about, also when it
// is broken; nil in other hooks.
func (u *Unit) HookRelation() *Relation {
	if u.env.Hook.RelationID == "" {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.relation(u.env.Hook.RelationID, u.env.Hook.Endpoint)
}

func (u *Unit) relation(id, endpoint string) *Relation {
	if r, ok := u.byID[id]; ok {
		return r
	}
	r := &Relation{
		unit: u, id: id, endpoint: endpoint, data: map[bag]map[string]string{},
		set: map[string]string{}, setApp: map[string]string{},
	}
	if id == u.env.Hook.RelationID {
		r.app = u.env.Hook.RemoteApp
	}
	u.byID[id] = r
	return r
}

// byNumber orders "db:9" before "db:10".
func byNumber(a, b *Relation) int {
	return cmp.Or(cmp.Compare(a.number(), b.number()), strings.Compare(a.id, b.id))
}

func (r *Relation) number() int {
	_, text, _ := strings.Cut(r.id, ":")
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0 // Juju never says so; the text of the id decides then
	}
	return number
}

// ID is what Juju calls the relation, such as "kafka:1".
func (r *Relation) ID() string { return r.id }

// Endpoint is this side's endpoint, such as "kafka".
func (r *Relation) Endpoint() string { return r.endpoint }

// App is the application on the other side; in a peer relation, this one.
func (r *Relation) App(ctx context.Context) (string, error) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if r.app == "" && len(r.units) > 0 {
		r.app = applicationOf(r.units[0])
	}
	if r.app == "" {
		if err := r.unit.read(ctx, r.id, &r.app, "relation-list", "-r", r.id, "--app"); err != nil {
			return "", fmt.Errorf("cannot tell what is on the other side of relation %s: %w", r.id, err)
		}
	}
	return r.app, nil
}

// Units gives the other side's units, sorted by number; in a peer relation, the
// other units. A unit that departs is no longer among them, though Get still
// reads what it wrote.
func (r *Relation) Units(ctx context.Context) ([]string, error) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if r.units == nil {
		units := []string{}
		if err := r.unit.read(ctx, r.id, &units, "relation-list", "-r", r.id); err != nil {
			return nil, fmt.Errorf("cannot list the units of relation %s: %w", r.id, err)
		}
		slices.SortFunc(units, byUnit)
		r.units = append([]string{}, units...)
	}
	return slices.Clone(r.units), nil
}

// byUnit orders "kc/9" before "kc/10".
func byUnit(a, b string) int {
	return cmp.Or(strings.Compare(applicationOf(a), applicationOf(b)),
		cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// Get gives what a unit wrote, empty if nothing. The map is the caller's own.
func (r *Relation) Get(ctx context.Context, unit string) (map[string]string, error) {
	if unit == r.unit.Name() {
		return r.Own(ctx)
	}
	return r.read(ctx, bag{owner: unit}, nil)
}

// AppData gives what the other side wrote as an application; in a peer
// relation, what this one wrote.
func (r *Relation) AppData(ctx context.Context) (map[string]string, error) {
	app, err := r.App(ctx)
	if err != nil {
		return nil, err
	}
	if app == r.unit.Application() {
		return r.OwnApp(ctx)
	}
	return r.read(ctx, bag{owner: app, app: true}, nil)
}

// Own gives what this unit wrote, with what it is about to write. Juju itself
// adds addresses.
func (r *Relation) Own(ctx context.Context) (map[string]string, error) {
	return r.read(ctx, r.ownBag(), r.set)
}

// OwnApp gives what this application wrote, with what it is about to write.
// Juju 3.6 gives ErrPermission to units that are not the leader.
func (r *Relation) OwnApp(ctx context.Context) (map[string]string, error) {
	return r.read(ctx, r.ownAppBag(), r.setApp)
}

func (r *Relation) ownBag() bag    { return bag{owner: r.unit.Name()} }
func (r *Relation) ownAppBag() bag { return bag{owner: r.unit.Application(), app: true} }

// Set buffers a value of this unit's data; "" deletes the key.
func (r *Relation) Set(key, value string) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.set[key] = value
}

// SetApp buffers a value of this application's data; "" deletes the key. Only
// the leader may: for others Commit gives ErrNotLeader.
func (r *Relation) SetApp(key, value string) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.setApp[key] = value
}

// read gives a bag, from the cache when it can, with pending changes on top.
func (r *Relation) read(ctx context.Context, of bag, pending map[string]string) (map[string]string, error) {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	stored, err := r.stored(ctx, of)
	if err != nil {
		return nil, err
	}
	values := maps.Clone(stored)
	for key, value := range pending {
		if value == "" {
			delete(values, key)
		} else {
			values[key] = value
		}
	}
	return values, nil
}

func (r *Relation) stored(ctx context.Context, of bag) (map[string]string, error) {
	if values, ok := r.data[of]; ok {
		return values, nil
	}
	args, what := []string{"-r", r.id, "--", "-", of.owner}, r.id+" "+of.owner
	if of.app {
		args = []string{"-r", r.id, "--app", "--", "-", of.owner}
	}
	values := map[string]string{}
	if err := r.unit.read(ctx, what, &values, "relation-get", args...); err != nil {
		return nil, fmt.Errorf("cannot read what %s wrote to relation %s: %w", of.owner, r.id, err)
	}
	if values == nil {
		values = map[string]string{}
	}
	r.data[of] = values
	return values, nil
}

// mistakes gives what Juju could not keep of the pending changes.
func (r *Relation) mistakes() []error {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	var mistakes []error
	for _, pending := range []map[string]string{r.set, r.setApp} {
		for _, key := range slices.Sorted(maps.Keys(pending)) {
			if err := checkPair(key, pending[key]); err != nil {
				mistakes = append(mistakes, fmt.Errorf("cannot write to relation %s: %w", r.id, err))
			}
		}
	}
	return mistakes
}

// commit writes what differs, this unit's data and then the application's.
func (r *Relation) commit(ctx context.Context) error {
	if err := r.commitBag(ctx, r.ownBag(), r.set); err != nil {
		return err
	}
	return r.commitBag(ctx, r.ownAppBag(), r.setApp)
}

func (r *Relation) commitBag(ctx context.Context, of bag, pending map[string]string) error {
	if len(pending) == 0 {
		return nil
	}
	if of.app {
		leads, err := r.unit.IsLeader(ctx)
		if err != nil {
			return err
		}
		if !leads {
			return fmt.Errorf("cannot write application data to relation %s: %w", r.id, ErrNotLeader)
		}
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	stored, err := r.stored(ctx, of)
	if err != nil {
		return err
	}
	changed := differences(stored, pending)
	if len(changed) > 0 {
		args, what := []string{"-r", r.id, "--file", "-"}, r.id
		if of.app {
			args, what = append(args, "--app"), what+" app"
		}
		_, err := r.unit.call(ctx, what, Call{Tool: "relation-set", Args: args, Stdin: encodeMap(changed)})
		if err != nil {
			return fmt.Errorf("cannot write to relation %s: %w", r.id, err)
		}
	}
	apply(stored, changed)
	clear(pending)
	return nil
}

func differences(stored, pending map[string]string) map[string]string {
	changed := map[string]string{}
	for key, value := range pending {
		if stored[key] != value {
			changed[key] = value
		}
	}
	return changed
}

func apply(stored, changed map[string]string) {
	for key, value := range changed {
		if value == "" {
			delete(stored, key)
		} else {
			stored[key] = value
		}
	}
}
