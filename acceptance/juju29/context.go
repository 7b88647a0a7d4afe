package juju29

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/juju/charm/v8"
	"github.com/juju/errors"
	"github.com/juju/juju/core/application"
	"github.com/juju/juju/core/network"
	"github.com/juju/juju/rpc/params"
	agent "github.com/juju/juju/worker/uniter/runner/context"
	"github.com/juju/juju/worker/uniter/runner/jujuc"
	"github.com/juju/loggo"
)

// context is what a unit of the application kc may ask, of which kc/0 leads. What
// it does not answer itself, RestrictedContext refuses.
type context struct {
	*jujuc.RestrictedContext
	unit      string
	config    charm.Settings
	relations map[int]*relation

	mu     sync.Mutex
	state  map[string]string
	status jujuc.StatusInfo
	hook   *relation // whose hook is being run
	remote string    // the unit that it is about
}

func (c *context) GetLogger(module string) loggo.Logger    { return loggo.GetLogger(module) }
func (c *context) UnitName() string                        { return c.unit }
func (c *context) ConfigSettings() (charm.Settings, error) { return maps.Clone(c.config), nil }
func (c *context) IsLeader() (bool, error)                 { return c.unit == "kc/0", nil }

func (c *context) GetCharmState() (map[string]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.state), nil
}

func (c *context) GetCharmStateValue(key string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.state[key]
	if !ok {
		return "", errors.NotFoundf("%q", key)
	}
	return value, nil
}

func (c *context) SetCharmStateValue(key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state[key] = value
	return nil
}

func (c *context) DeleteCharmStateValue(key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.state, key)
	return nil
}

func (c *context) UnitStatus() (*jujuc.StatusInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.status
	return &status, nil
}

func (c *context) ApplicationStatus() (jujuc.ApplicationStatusInfo, error) {
	return jujuc.ApplicationStatusInfo{}, c.mustLead()
}

func (c *context) SetApplicationStatus(jujuc.StatusInfo) error { return c.mustLead() }

func (c *context) mustLead() error {
	if leads, err := c.IsLeader(); err != nil || leads {
		return err
	}
	return agent.ErrIsNotLeader
}

func (c *context) SetUnitStatus(status jujuc.StatusInfo) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
	return nil
}

func (c *context) HookRelation() (jujuc.ContextRelation, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hook == nil {
		return nil, errors.NotFoundf("hook relation")
	}
	return c.hook, nil
}

func (c *context) RemoteUnitName() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remote == "" {
		return "", errors.NotFoundf("remote unit")
	}
	return c.remote, nil
}

func (c *context) RemoteApplicationName() (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hook == nil {
		return "", errors.NotFoundf("remote application")
	}
	return c.hook.remote, nil
}

func (c *context) RelationIds() ([]int, error) { return slices.Collect(maps.Keys(c.relations)), nil }

func (c *context) Relation(id int) (jujuc.ContextRelation, error) {
	if r, found := c.relations[id]; found {
		return r, nil
	}
	return nil, errors.NotFoundf("relation")
}

// GoalState is this unit, and the units that relations have.
func (c *context) GoalState() (*application.GoalState, error) {
	now := time.Now()
	goal := application.GoalState{
		Units:     application.UnitsGoalState{c.unit: {Status: "active", Since: &now}},
		Relations: map[string]application.UnitsGoalState{},
	}
	for _, r := range c.relations {
		goal.Relations[r.name] = application.UnitsGoalState{r.remote: {Status: "joined", Since: &now}}
		for name := range r.units {
			goal.Relations[r.name][name] = application.GoalStateStatus{Status: "joined", Since: &now}
		}
	}
	return &goal, nil
}

func (c *context) NetworkInfo(bindings []string, _ int) (map[string]params.NetworkInfoResult, error) {
	info := map[string]params.NetworkInfoResult{}
	for _, binding := range bindings {
		info[binding] = params.NetworkInfoResult{
			Info:             []params.NetworkInfo{{InterfaceName: "eth0", Addresses: []params.InterfaceAddress{{Address: "10.0.0.1"}}}},
			IngressAddresses: []string{"10.0.0.1"},
		}
	}
	return info, nil
}

func (c *context) OpenPortRange(string, network.PortRange) error  { return nil }
func (c *context) ClosePortRange(string, network.PortRange) error { return nil }

// OpenedPortRanges are those that earlier hooks opened, and none did. What a hook
// asks for is not told before it ends: see the agent's portRangeChangeRecorder.
func (c *context) OpenedPortRanges() network.GroupedPortRanges { return nil }

func (c *context) SetUnitWorkloadVersion(string) error { return nil }

// What is run is an action without parameters, as far as the tools ask.

func (c *context) ActionParams() (map[string]any, error)      { return map[string]any{}, nil }
func (c *context) UpdateActionResults([]string, string) error { return nil }
func (c *context) LogActionMessage(string) error              { return nil }

// enter makes a relation's hook the one that is being run; nil ends that.
func (c *context) enter(r *relation, unit string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hook, c.remote = r, unit
}

// tells is the status of the unit.
func (c *context) tells() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSpace(c.status.Status + " " + c.status.Info)
}
