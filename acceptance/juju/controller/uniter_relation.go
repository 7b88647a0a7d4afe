package controller

// The Uniter facade: relations, and what a hook commits.

import (
	"fmt"

	"github.com/juju/names/v5"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/core/life"
	"github.com/juju/juju/rpc/params"
)

func relationHandlers() map[string]handler {
	return map[string]handler{
		"RelationsStatus": func(c *call) (any, error) {
			var out []params.RelationUnitStatus
			for _, r := range c.m.relations {
				if r.mine(c.app.name) != nil {
					out = append(out, params.RelationUnitStatus{
						RelationTag: names.NewRelationTag(r.key).String(), InScope: r.scope[c.unit.name]})
				}
			}
			return params.RelationUnitStatusResults{Results: []params.RelationUnitStatusResult{{RelationResults: out}}}, nil
		},
		"Relation": func(c *call) (any, error) { return c.describe(c.relation()), nil },
		"RelationById": func(c *call) (any, error) {
			var arg params.RelationIds
			c.read(&arg)
			for _, r := range c.m.relations {
				if r.id == arg.RelationIds[0] {
					return c.describe(r), nil
				}
			}
			return c.describe(nil), nil
		},
		"EnterScope":         enterScope,
		"LeaveScope":         leaveScope,
		"SetRelationStatus":  func(*call) (any, error) { return fine(), nil },
		"WatchRelationUnits": watchRelationUnits,
		"ReadSettings": func(c *call) (any, error) {
			r := c.relation()
			if r == nil {
				return params.SettingsResults{Results: []params.SettingsResult{{Error: notFound("relation")}}}, nil
			}
			return params.SettingsResults{Results: []params.SettingsResult{{Settings: r.settings[c.unit.name]}}}, nil
		},
		"ReadLocalApplicationSettings": readLocalApplicationSettings,
		"ReadRemoteSettings":           readRemoteSettings,
		"CommitHookChanges":            commit,
	}
}

func (m *Model) relationOf(key string) *relation {
	for _, r := range m.relations {
		if r.key == key {
			return r
		}
	}
	return nil
}

func (m *Model) relationByTag(text string) *relation {
	tag, err := names.ParseRelationTag(text)
	if err != nil {
		m.trouble = append(m.trouble, err.Error())
		return nil
	}
	return m.relationOf(tag.Id())
}

// relation is the one a request is about; nil if it is gone.
func (c *call) relation() *relation {
	var arg params.RelationUnits
	c.read(&arg)
	return c.m.relationByTag(arg.RelationUnits[0].Relation)
}

func (c *call) describe(r *relation) params.RelationResultsV2 {
	if r == nil || r.mine(c.app.name) == nil {
		return params.RelationResultsV2{Results: []params.RelationResultV2{{Error: denied()}}} // as Juju hides what is gone
	}
	return params.RelationResultsV2{Results: []params.RelationResultV2{{Life: r.life, Id: r.id, Key: r.key,
		Endpoint: *r.mine(c.app.name), OtherApplication: params.RelatedApplicationDetails{
			ModelUUID: agent.ModelUUID, ApplicationName: r.other(c.app.name).ApplicationName}}}}
}

func enterScope(c *call) (any, error) {
	r := c.relation()
	switch {
	case r == nil:
		return refuse(notFound("relation")), nil
	case r.life != life.Alive || c.unit.life != life.Alive:
		return refuse(&params.Error{Code: params.CodeCannotEnterScope, Message: "cannot enter scope: unit or relation is not alive"}), nil
	case !r.scope[c.unit.name]:
		r.enter(c.unit)
	}
	return fine(), nil
}

func leaveScope(c *call) (any, error) {
	if r := c.relation(); r != nil {
		r.scope[c.unit.name] = false
		c.m.reap()
	}
	return fine(), nil
}

func watchRelationUnits(c *call) (any, error) {
	r := c.relation()
	if r == nil {
		return params.RelationUnitsWatchResults{Results: []params.RelationUnitsWatchResult{{Error: notFound("relation")}}}, nil
	}
	return params.RelationUnitsWatchResults{Results: []params.RelationUnitsWatchResult{c.relationUnits(r)}}, nil
}

func readLocalApplicationSettings(c *call) (any, error) {
	var arg params.RelationUnit
	c.read(&arg)
	r := c.m.relationByTag(arg.Relation)
	if r == nil || c.app.leader != c.unit.name {
		return params.SettingsResult{Error: denied()}, nil
	}
	return params.SettingsResult{Settings: r.settings[c.app.name]}, nil
}

func readRemoteSettings(c *call) (any, error) {
	var arg params.RelationUnitPairs
	c.read(&arg)
	pair := arg.RelationUnitPairs[0]
	r := c.m.relationByTag(pair.Relation)
	tag, err := names.ParseTag(pair.RemoteUnit)
	if r == nil || err != nil {
		return params.SettingsResults{Results: []params.SettingsResult{{Error: denied()}}}, nil
	}
	return params.SettingsResults{Results: []params.SettingsResult{{Settings: r.settings[tag.Id()]}}}, nil
}

// commit takes all that a hook changed, or nothing.
func commit(c *call) (any, error) {
	var arg params.CommitHookChangesArgs
	c.read(&arg)
	changes := arg.Args[0]
	if n := len(changes.OpenPorts) + len(changes.ClosePorts) + len(changes.AddStorage) + len(changes.SecretGrants) + len(changes.SecretRevokes); n > 0 {
		c.m.trouble = append(c.m.trouble, fmt.Sprintf("the test's controller cannot commit %s", c.in))
	}
	for _, s := range changes.RelationUnitSettings {
		if len(s.ApplicationSettings) > 0 && c.app.leader != c.unit.name {
			return refuse(&params.Error{Code: params.CodeUnauthorized, Message: fmt.Sprintf(
				"checking leadership continuity: %q is not leader of %q", c.unit.name, c.app.name)}), nil
		}
	}
	if err := c.checkSecrets(changes); err != nil {
		return refuse(err), nil
	}
	for _, s := range changes.RelationUnitSettings {
		if r := c.m.relationByTag(s.Relation); r != nil {
			r.write(c.app.name, s.ApplicationSettings)
			r.write(c.unit.name, s.Settings)
		}
	}
	if changes.SetUnitState != nil {
		c.unit.setState(*changes.SetUnitState)
	}
	c.commitSecrets(changes)
	return fine(), nil
}
