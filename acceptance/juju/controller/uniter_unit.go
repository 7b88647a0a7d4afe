package controller

// The Uniter facade: a unit, its application, and its model.

import (
	"maps"

	"github.com/juju/names/v5"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/core/life"
	"github.com/juju/juju/rpc/params"
)

func unitHandlers() map[string]handler {
	return map[string]handler{
		"Refresh": func(c *call) (any, error) {
			return params.UnitRefreshResults{Results: []params.UnitRefreshResult{{Life: c.unit.life, Resolved: c.unit.resolved}}}, nil
		},
		"Life": lifeOf,
		"UnitStatus": func(c *call) (any, error) {
			return params.StatusResults{Results: []params.StatusResult{c.unit.status}}, nil
		},
		"ApplicationStatus":    applicationStatus,
		"SetUnitStatus":        setStatus(func(c *call) *params.StatusResult { return &c.unit.status }),
		"SetAgentStatus":       setStatus(func(c *call) *params.StatusResult { return &c.unit.agent }),
		"SetApplicationStatus": setStatus(func(c *call) *params.StatusResult { return &c.app.status }),
		"SetWorkloadVersion": func(c *call) (any, error) {
			var arg params.EntityWorkloadVersions
			c.read(&arg)
			c.unit.workload = arg.Entities[0].WorkloadVersion
			return fine(), nil
		},
		"GetPrincipal": func(*call) (any, error) {
			return params.StringBoolResults{Results: []params.StringBoolResult{{}}}, nil
		},
		"State": func(c *call) (any, error) {
			return params.UnitStateResults{Results: []params.UnitStateResult{c.unit.state}}, nil
		},
		"SetState": func(c *call) (any, error) {
			var arg params.SetUnitStateArgs
			c.read(&arg)
			c.unit.setState(arg.Args[0])
			return fine(), nil
		},
		"CharmURL": func(c *call) (any, error) {
			url := c.app.charmURL
			if c.entity().Kind() == names.UnitTagKind && c.unit.charmURL != "" {
				url = c.unit.charmURL
			}
			return params.StringBoolResults{Results: []params.StringBoolResult{{Result: url}}}, nil
		},
		"SetCharmURL": func(c *call) (any, error) {
			c.unit.charmURL = c.app.charmURL
			c.unit.version++
			return fine(), nil
		},
		"ClearResolved": func(c *call) (any, error) {
			c.unit.resolved = params.ResolvedNone
			c.unit.version++
			return fine(), nil
		},
		"EnsureDead": func(c *call) (any, error) {
			c.unit.life = life.Dead
			c.unit.version++
			return fine(), nil
		},
		"HasSubordinates":               no,
		"CanApplyLXDProfile":            no,
		"LXDProfileRequired":            no,
		"DestroyUnitStorageAttachments": func(*call) (any, error) { return fine(), nil },
		"StorageAttachmentLife":         func(*call) (any, error) { return params.LifeResults{}, nil },
		"UnitStorageAttachments": func(*call) (any, error) {
			return params.StorageAttachmentIdsResults{Results: []params.StorageAttachmentIdsResult{{}}}, nil
		},
	}
}

// modelHandlers answer what is the same for every unit of an application.
func modelHandlers() map[string]handler {
	return map[string]handler{
		"CharmModifiedVersion": func(c *call) (any, error) {
			return params.IntResults{Results: []params.IntResult{{Result: c.app.revision}}}, nil
		},
		"CharmArchiveSha256": func(*call) (any, error) { return oneText("not looked at"), nil },
		"ConfigSettings": func(c *call) (any, error) {
			settings := maps.Clone(c.app.options)
			maps.Copy(settings, c.app.config)
			return params.ConfigSettingsResults{Results: []params.ConfigSettingsResult{{Settings: settings}}}, nil
		},
		"CurrentModel": func(*call) (any, error) {
			return params.ModelResult{Name: modelName, UUID: agent.ModelUUID, Type: "iaas"}, nil
		},
		"ModelConfig":     func(c *call) (any, error) { return params.ModelConfigResult{Config: c.m.modelConfig}, nil },
		"AssignedMachine": func(*call) (any, error) { return oneText("machine-0"), nil },
		"APIAddresses": func(*call) (any, error) {
			return params.StringsResult{Result: []string{"127.0.0.1:17070"}}, nil
		},
		"SLALevel":         func(*call) (any, error) { return params.StringResult{Result: "unsupported"}, nil },
		"CloudAPIVersion":  func(*call) (any, error) { return params.StringResult{}, nil },
		"PrivateAddress":   func(c *call) (any, error) { return oneText(c.unit.address), nil },
		"PublicAddress":    func(c *call) (any, error) { return oneText(c.unit.address), nil },
		"AvailabilityZone": func(*call) (any, error) { return oneText(""), nil },
		"LXDProfileName":   func(*call) (any, error) { return oneText(""), nil },
		"OpenedMachinePortRangesByEndpoint": func(*call) (any, error) {
			return params.OpenPortRangesByEndpointResults{Results: []params.OpenPortRangesByEndpointResult{{}}}, nil
		},
		"UpgradeSeriesUnitStatus": func(*call) (any, error) {
			return params.UpgradeSeriesStatusResults{Results: []params.UpgradeSeriesStatusResult{{Status: "not started"}}}, nil
		},
		"GoalStates":  goalState,
		"NetworkInfo": networkInfo,
	}
}

func lifeOf(c *call) (any, error) {
	value := life.Alive
	switch tag := c.entity().(type) {
	case names.UnitTag:
		if u := c.m.units[tag.Id()]; u != nil {
			value = u.life
		}
	case names.ApplicationTag:
		if a := c.m.apps[tag.Id()]; a != nil {
			value = a.life
		}
	case names.RelationTag:
		r := c.m.relationOf(tag.Id())
		if r == nil {
			return params.LifeResults{Results: []params.LifeResult{{Error: notFound("relation %q", tag.Id())}}}, nil
		}
		value = r.life
	}
	return params.LifeResults{Results: []params.LifeResult{{Life: value}}}, nil
}

func setStatus(of func(*call) *params.StatusResult) handler {
	return func(c *call) (any, error) {
		var arg params.SetStatus
		c.read(&arg)
		e := arg.Entities[0]
		*of(c) = params.StatusResult{Status: e.Status, Info: e.Info, Data: e.Data}
		return fine(), nil
	}
}

func applicationStatus(c *call) (any, error) {
	units := map[string]params.StatusResult{}
	for _, u := range c.m.units {
		if u.app == c.app {
			units[u.name] = u.status
		}
	}
	return params.ApplicationStatusResults{Results: []params.ApplicationStatusResult{{Application: c.app.status, Units: units}}}, nil
}

func (u *unit) setState(arg params.SetUnitStateArg) {
	if arg.CharmState != nil {
		u.state.CharmState = *arg.CharmState
	}
	if arg.UniterState != nil {
		u.state.UniterState = *arg.UniterState
	}
	if arg.RelationState != nil {
		u.state.RelationState = *arg.RelationState
	}
	if arg.StorageState != nil {
		u.state.StorageState = *arg.StorageState
	}
	if arg.SecretState != nil {
		u.state.SecretState = *arg.SecretState
	}
}

func goalState(c *call) (any, error) {
	since := now()
	status := func(u *unit) params.GoalStateStatus {
		if u.life != life.Alive {
			return params.GoalStateStatus{Status: string(u.life), Since: &since}
		}
		return params.GoalStateStatus{Status: u.status.Status, Since: &since}
	}
	goal := &params.GoalState{Units: params.UnitsGoalState{}, Relations: map[string]params.UnitsGoalState{}}
	for _, u := range c.m.units {
		if u.app == c.app {
			goal.Units[u.name] = status(u)
		}
	}
	for _, r := range c.m.relations {
		mine := r.mine(c.app.name)
		if mine == nil || len(r.endpoints) == 1 {
			continue
		}
		other := r.other(c.app.name).ApplicationName
		members := params.UnitsGoalState{other: {Status: "joined", Since: &since}}
		for _, u := range c.m.units {
			if u.app.name == other {
				members[u.name] = status(u)
			}
		}
		goal.Relations[mine.Relation.Name] = members
	}
	return params.GoalStateResults{Results: []params.GoalStateResult{{Result: goal}}}, nil
}

func networkInfo(c *call) (any, error) {
	var arg params.NetworkInfoParams
	c.read(&arg)
	results := map[string]params.NetworkInfoResult{}
	for _, endpoint := range arg.Endpoints {
		results[endpoint] = params.NetworkInfoResult{
			Info: []params.NetworkInfo{{InterfaceName: "eth0", Addresses: []params.InterfaceAddress{
				{Address: c.unit.address, CIDR: "10.0.0.0/24"}}}},
			EgressSubnets: []string{c.unit.address + "/32"}, IngressAddresses: []string{c.unit.address},
		}
	}
	return params.NetworkInfoResults{Results: results}, nil
}
