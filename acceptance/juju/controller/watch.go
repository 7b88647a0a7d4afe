package controller

// Watchers, as the API has them: Next answers when something changed since the
// last answer.

import (
	"fmt"
	"maps"
	"slices"

	"github.com/juju/juju/rpc/params"
)

type watcher struct {
	unit       string
	connection *Connection
	poll       func() (any, bool) // asked with the lock held
	stopped    bool
	waiting    bool // a Next has nothing to say
}

func (c *call) watch(poll func() (any, bool)) string {
	id := fmt.Sprint(c.m.next("watcher"))
	c.m.watchers[id] = &watcher{unit: c.unit.name, connection: c.conn, poll: poll}
	return id
}

// nextOf serves the three facades of watchers.
func (m *Model) nextOf(id, request string) (any, error) {
	w := m.watchers[id]
	if w == nil {
		return nil, notFound("watcher %q", id)
	}
	if request == "Stop" {
		w.stopped = true
		m.changed.Broadcast() // to the Next that waits
		return nil, nil
	}
	for {
		if w.stopped || m.closed {
			return nil, &params.Error{Code: params.CodeStopped, Message: "watcher was stopped"}
		}
		if v, changed := w.poll(); changed {
			w.waiting = false
			return v, nil
		}
		w.waiting = true
		m.changed.Wait()
	}
}

// notify watches a number.
func (c *call) notify(current func() int) params.NotifyWatchResult {
	last := current()
	return params.NotifyWatchResult{NotifyWatcherId: c.watch(func() (any, bool) {
		n := current()
		changed := n != last
		last = n
		return struct{}{}, changed
	})}
}

// text watches one text, which is what is told.
func (c *call) text(current func() string) params.StringsWatchResult {
	last := current()
	return params.StringsWatchResult{Changes: []string{last}, StringsWatcherId: c.watch(func() (any, bool) {
		s := current()
		changed := s != last
		last = s
		return params.StringsWatchResult{Changes: []string{s}}, changed
	})}
}

// keys watches a map and tells the keys whose value came, changed or, unless
// growing, went.
func (c *call) keys(growing bool, current func() map[string]string) params.StringsWatchResult {
	last := map[string]string{}
	difference := func() []string {
		now := current()
		changed := map[string]bool{}
		for k, v := range now {
			if old, known := last[k]; !known || old != v {
				changed[k] = true
			}
		}
		for k := range last {
			if _, kept := now[k]; !kept && !growing {
				changed[k] = true
			}
		}
		last = now
		return slices.Sorted(maps.Keys(changed))
	}
	first := difference()
	return params.StringsWatchResult{Changes: first, StringsWatcherId: c.watch(func() (any, bool) {
		changes := difference()
		return params.StringsWatchResult{Changes: changes}, len(changes) > 0
	})}
}

// relationUnits watches the units of the other side, or the peers, and the
// application data of that side. For a peer relation this is the application's
// own data also for the one who writes it: Juju tells the leader of its own
// writing (RelationUnit.CounterpartApplications in Juju's state package).
func (c *call) relationUnits(r *relation) params.RelationUnitsWatchResult {
	me, side := c.unit.name, r.other(c.app.name).ApplicationName
	units, data := map[string]int64{}, int64(0)
	difference := func() params.RelationUnitsChange {
		change := params.RelationUnitsChange{Changed: map[string]params.UnitSettings{}, AppChanged: map[string]int64{}}
		for name, in := range r.scope {
			if in && name != me && appOf(name) == side && units[name] != r.versions[name] {
				units[name] = r.versions[name]
				change.Changed[name] = params.UnitSettings{Version: r.versions[name]}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(units)) {
			if !r.scope[name] {
				delete(units, name)
				change.Departed = append(change.Departed, name)
			}
		}
		if v := r.versions[side]; v != data {
			data = v
			change.AppChanged[side] = v
		}
		return change
	}
	first := difference()
	return params.RelationUnitsWatchResult{Changes: first, RelationUnitsWatcherId: c.watch(func() (any, bool) {
		change := difference()
		return params.RelationUnitsWatchResult{Changes: change}, len(change.Changed)+len(change.AppChanged)+len(change.Departed) > 0
	})}
}
