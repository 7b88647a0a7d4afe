// Which hook a unit runs next: the resolver of Juju's uniter (internal/worker/uniter/resolver.go of 3.6), in the
// same order of questions.

package charmtest

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// operation is one thing an agent does: run a hook, or pass over a failed one.
type operation struct {
	info   *hookInfo
	skip   bool // count the failed hook as done
	failed bool // it has failed before
	bury   bool // the unit is at its end
	place  bool // only the charm's files are new: a forced upgrade of a unit in error
}

// next decides what the unit does now; nil means it is idle.
func (m *Model) next(u *unit) *operation {
	if u.app.charm == nil || u.life == gone || u.local.running {
		return nil
	}
	s := &u.local
	resting := s.queued == nil && s.failed == nil // Juju: operation.Continue
	if s.installed && u.life == alive && resting {
		if h := m.nextCreated(u); h != nil {
			return &operation{info: h}
		}
	}
	if s.installed {
		if h := m.nextLeadership(u, resting); h != nil {
			return &operation{info: h}
		}
		resting = s.queued == nil && s.failed == nil
	}
	if s.installed && u.life == alive && resting {
		if h := m.nextSecret(u); h != nil {
			return &operation{info: h}
		}
	}
	if len(s.actions) > 0 && (resting && s.installed || s.failed != nil) {
		return &operation{info: &hookInfo{kind: "action", action: s.actions[0]}}
	}
	if s.failed != nil {
		return m.nextFailed(u)
	}
	if s.queued != nil {
		return &operation{info: s.queued}
	}
	return m.nextIdle(u)
}

// nextFailed waits for the operator, or for the next try.
func (m *Model) nextFailed(u *unit) *operation {
	s := &u.local
	if u.app.forced && s.charmVersion != u.app.version && s.installed {
		return &operation{info: s.failed, place: true}
	}
	switch s.resolve {
	case resolveRetry:
		return &operation{info: s.failed, failed: true}
	case resolveSkip:
		return &operation{info: s.failed, failed: true, skip: true}
	}
	if s.retryAt.IsZero() || m.now().Before(s.retryAt) {
		return nil
	}
	return &operation{info: s.failed, failed: true}
}

func (m *Model) nextIdle(u *unit) *operation {
	s := &u.local
	if u.life == dying {
		if h := m.nextRelation(u); h != nil {
			return &operation{info: h}
		}
		switch {
		case s.started && !s.stopped:
			return &operation{info: &hookInfo{kind: "stop"}}
		case s.installed:
			return &operation{info: &hookInfo{kind: "remove"}}
		}
		return &operation{bury: true}
	}
	switch {
	case !s.installed:
		return &operation{info: &hookInfo{kind: "install", charm: u.app.version}}
	case s.charmVersion != u.app.version:
		return &operation{info: &hookInfo{kind: "upgrade-charm", charm: u.app.version}}
	case s.configSeen != u.configHash():
		return &operation{info: &hookInfo{kind: "config-changed"}}
	}
	if h := m.nextRelation(u); h != nil {
		return &operation{info: h}
	}
	if s.updateStatus {
		return &operation{info: &hookInfo{kind: "update-status"}}
	}
	return nil
}

// configHash stands for everything whose change fires config-changed: options, trust and the unit's address.
func (u *unit) configHash() string {
	h := fnv.New64a()
	config := u.app.currentConfig()
	for _, k := range sortedKeys(config) {
		fmt.Fprintf(h, "%s=%#v\n", k, config[k])
	}
	fmt.Fprintf(h, "%t %s", u.app.trust, u.address)
	return fmt.Sprintf("%x", h.Sum64())
}

// nextCreated enters the scope of every relation and tells the charm of one it does not know, by number. Juju promises
// no order among several: its createdRelationsResolver takes them as a Go map has them.
func (m *Model) nextCreated(u *unit) *hookInfo {
	var first *hookInfo
	for _, r := range m.relations {
		e, ok := r.mine(u.app.name)
		if !ok || r.life != alive {
			continue
		}
		r.enter(u)
		local := u.local.relations[r.id]
		if local == nil {
			local = newRelationState()
			u.local.relations[r.id] = local
		}
		if !local.created && first == nil {
			first = &hookInfo{kind: "relation-created", relation: r, endpoint: e.endpoint, remoteApp: r.other(u.app.name).app}
		}
	}
	return first
}

func (m *Model) nextLeadership(u *unit, resting bool) *hookInfo {
	s := &u.local
	leads := u.app.leader == u.name
	if s.leader && (!leads || u.life == dying) {
		s.leader = false // Juju has no leader-deposed hook
	}
	if !resting || u.life != alive {
		return nil
	}
	if leads && !s.leader {
		s.leader = true
		s.queued = &hookInfo{kind: "leader-elected"}
		return s.queued
	}
	if !s.leader && s.settingsVer != u.app.setVer {
		return &hookInfo{kind: "leader-settings-changed", version: u.app.setVer}
	}
	return nil
}

// nextRelation looks at relations in order of their numbers, peers last. Of Juju only the latter is a promise.
func (m *Model) nextRelation(u *unit) *hookInfo {
	for _, peers := range []bool{false, true} {
		for _, r := range m.relations {
			local := u.local.relations[r.id]
			if local == nil || r.peer() != peers {
				continue
			}
			if h := m.nextInRelation(u, r, local); h != nil {
				e, _ := r.mine(u.app.name)
				h.relation, h.endpoint = r, e.endpoint
				if h.remoteApp == "" {
					h.remoteApp = r.other(u.app.name).app
				}
				return h
			}
		}
	}
	return nil
}

func (m *Model) nextInRelation(u *unit, r *relation, local *relationState) *hookInfo {
	members, apps := r.members(u), r.applications(u)
	broken := u.life != alive || r.life != alive
	if broken {
		members, apps = nil, nil
	}
	if name := local.changedPending; name != "" {
		return &hookInfo{kind: "relation-changed", remoteUnit: name, version: members[name]}
	}
	units := union(local.members, members)
	for _, name := range units {
		_, known := local.members[name]
		if _, there := members[name]; known && !there {
			h := &hookInfo{kind: "relation-departed", remoteUnit: name, departing: name}
			if u.life != alive || u.app.life != alive {
				h.departing = u.name
			}
			return h
		}
	}
	if broken {
		if r.peer() {
			return nil
		}
		return &hookInfo{kind: "relation-broken"}
	}
	for _, name := range union(local.applications, apps) {
		if version, there := apps[name]; there && local.applications[name] != version {
			return &hookInfo{kind: "relation-changed", remoteApp: name, version: version}
		}
	}
	for _, name := range units {
		if _, known := local.members[name]; !known {
			return &hookInfo{kind: "relation-joined", remoteUnit: name, version: members[name]}
		}
	}
	for _, name := range units {
		if local.members[name] != members[name] {
			return &hookInfo{kind: "relation-changed", remoteUnit: name, version: members[name]}
		}
	}
	return nil
}

// finished moves the agent on after a hook whose changes were committed, or that was passed over.
func (m *Model) finished(u *unit, h *hookInfo) {
	s := &u.local
	if h.kind != "action" {
		s.queued, s.failed, s.resolve, s.retries, s.retryAt = nil, nil, unresolved, 0, time.Time{}
	}
	switch h.kind {
	case "install":
		s.installed, s.charmVersion = true, h.charm
	case "config-changed":
		s.configSeen = h.configHash
		if !s.started {
			s.queued = &hookInfo{kind: "start"}
		}
	case "start":
		s.started, s.stopped = true, false
	case "upgrade-charm":
		s.charmVersion = h.charm
		s.queued = &hookInfo{kind: "config-changed"}
		s.settingsVer = 0 // the agent starts over and forgets which it has told
	case "stop":
		s.stopped = true
	case "remove":
		m.buryUnit(u)
	case "leader-settings-changed":
		s.settingsVer = h.version
	case "secret-changed", "secret-remove", "secret-rotate", "secret-expired":
		s.secretsIn = slices.DeleteFunc(s.secretsIn, func(o *hookInfo) bool { return o == h })
	}
	if h.isRelation() {
		m.finishedRelation(u, h)
	}
}

func (m *Model) finishedRelation(u *unit, h *hookInfo) {
	local := u.local.relations[h.relation.id]
	if local == nil {
		return
	}
	switch h.kind {
	case "relation-created":
		local.created = true
	case "relation-joined":
		local.members[h.remoteUnit] = h.version
		local.changedPending = h.remoteUnit
	case "relation-changed":
		local.changedPending = ""
		if h.remoteUnit == "" {
			local.applications[h.remoteApp] = h.version
		} else {
			local.members[h.remoteUnit] = h.version
		}
	case "relation-departed":
		delete(local.members, h.remoteUnit)
	case "relation-broken":
		delete(u.local.relations, h.relation.id)
		m.leave(h.relation, u.name)
	}
}
