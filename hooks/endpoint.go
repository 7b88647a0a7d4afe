package hooks

// What the snapshot says of an endpoint: who is there, what they wrote, who
// has left.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// joined reports whether a remote unit is present.
func joined(ctx context.Context, unit *juju.Unit, endpoint string) (bool, error) {
	relations, err := unit.Relations(ctx, endpoint)
	if err != nil {
		return false, err
	}
	for _, r := range relations {
		units, err := r.Units(ctx)
		if err != nil || len(units) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// available reports whether one remote unit, or the remote application, has
// written every key. It stops reading at the first that has.
func available(ctx context.Context, unit *juju.Unit, endpoint string, needs []string) (bool, error) {
	if len(needs) == 0 {
		return joined(ctx, unit, endpoint)
	}
	found := false
	err := eachBag(ctx, unit, endpoint, func(_, _ string, data map[string]string) bool {
		found = !slices.ContainsFunc(needs, func(key string) bool { return data[key] == "" })
		return !found
	})
	return found, err
}

// endpointVersion is of all that the remote side has written, or of one key of
// it. Addresses that Juju itself adds count only when asked for by name.
func endpointVersion(ctx context.Context, unit *juju.Unit, endpoint, key string) (string, error) {
	written := map[string]string{}
	err := eachBag(ctx, unit, endpoint, func(relation, owner string, data map[string]string) bool {
		for k, value := range data {
			if k == key || key == "" && !addedByJuju(k) {
				written[relation+" "+owner+" "+k] = value
			}
		}
		return true
	})
	if err != nil || len(written) == 0 {
		return "", err
	}
	return hash(written)
}

func addedByJuju(key string) bool {
	return slices.Contains([]string{"egress-subnets", "ingress-address", "private-address"}, key)
}

// eachBag visits the data of every remote unit and application of an endpoint
// until visit gives false. The application's own data in a peer relation is not
// remote, and not for everybody to read.
func eachBag(ctx context.Context, unit *juju.Unit, endpoint string,
	visit func(relation, owner string, data map[string]string) bool,
) error {
	relations, err := unit.Relations(ctx, endpoint)
	if err != nil {
		return err
	}
	for _, r := range relations {
		units, err := r.Units(ctx)
		if err != nil {
			return err
		}
		for _, name := range units {
			data, err := r.Get(ctx, name)
			if err != nil {
				return err
			}
			if !visit(r.ID(), name, data) {
				return nil
			}
		}
		app, err := r.App(ctx)
		if err != nil {
			return err
		}
		if app == unit.Application() || app == "" {
			continue
		}
		data, err := r.AppData(ctx)
		if err != nil {
			return err
		}
		if !visit(r.ID(), app, data) {
			return nil
		}
	}
	return nil
}

// departuresKey is where the unit's state holds who was there and how many have
// left.
const departuresKey = "reactive.departures"

// departures counts the remote units that have left, by comparing who is there
// with who was there in the last committed hook: a departed hook that failed
// and was skipped loses nothing.
type departures struct {
	unit      *juju.Unit
	endpoints map[string]*presence // nil: nothing read yet
}

type presence struct {
	Left  int      `json:"left,omitempty"`
	Units []string `json:"units,omitempty"` // "kafka:1 kafka/0", sorted
}

func newDepartures(unit *juju.Unit) *departures { return &departures{unit: unit} }

// version counts up with each unit that left; there is none as long as none has.
func (d *departures) version(ctx context.Context, endpoint string) (string, error) {
	if err := d.load(ctx); err != nil {
		return "", err
	}
	now, err := present(ctx, d.unit, endpoint)
	if err != nil {
		return "", err
	}
	p := d.endpoints[endpoint]
	if p == nil {
		p = &presence{}
		d.endpoints[endpoint] = p
	}
	before := p.Units
	hook := d.unit.Env().Hook
	if hook.Departed() && hook.Endpoint == endpoint && hook.RemoteUnit != "" {
		before = append(slices.Clone(before), hook.RelationID+" "+hook.RemoteUnit) // it was there, though no hook has seen it
		slices.Sort(before)
		before = slices.Compact(before)
	}
	for _, name := range before {
		if !slices.Contains(now, name) {
			p.Left++
		}
	}
	p.Units = now
	if p.Left == 0 {
		return "", nil
	}
	return strconv.Itoa(p.Left), nil
}

func present(ctx context.Context, unit *juju.Unit, endpoint string) ([]string, error) {
	relations, err := unit.Relations(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range relations {
		units, err := r.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range units {
			names = append(names, r.ID()+" "+name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (d *departures) load(ctx context.Context) error {
	if d.endpoints != nil {
		return nil
	}
	d.endpoints = map[string]*presence{}
	text, ok, err := d.unit.State(ctx, departuresKey)
	if err != nil || !ok {
		return err
	}
	if err := json.Unmarshal([]byte(text), &d.endpoints); err != nil {
		return fmt.Errorf("cannot read which units were there: %w", err)
	}
	return nil
}

// save buffers what was counted, for the hook's commit.
func (d *departures) save() error {
	if d.endpoints == nil {
		return nil
	}
	text, err := json.Marshal(d.endpoints)
	if err != nil {
		return fmt.Errorf("cannot store which units are there: %w", err)
	}
	d.unit.SetState(departuresKey, string(text))
	return nil
}
