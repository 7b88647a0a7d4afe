package juju29

import (
	"maps"
	"slices"
	"sync"

	"github.com/juju/charm/v8"
	"github.com/juju/errors"
	"github.com/juju/juju/core/life"
	"github.com/juju/juju/core/relation"
	"github.com/juju/juju/rpc/params"
	agent "github.com/juju/juju/worker/uniter/runner/context"
	"github.com/juju/juju/worker/uniter/runner/jujuc"
	"github.com/juju/loggo"
	"github.com/juju/names/v4"
)

// context is what a unit of the probe charm may ask, of which kc/0 leads: its
// configuration, its state, the relation db:3 with pg/0. What it does not answer itself,
// RestrictedContext refuses. Tools of one server run one at a time, so that only
// the map of each kind is guarded by the server's own lock.
type context struct {
	*jujuc.RestrictedContext
	unit string

	mu     sync.Mutex
	config charm.Settings
	state  map[string]string
	status jujuc.StatusInfo
	db     *db
}

func newContext(unit string) *context {
	return &context{
		unit:   unit,
		config: charm.Settings{"port": int64(8083), "name": "connect", "debug": false},
		state:  map[string]string{"flags": "a,b"},
		status: jujuc.StatusInfo{Status: "unknown"},
		db: &db{
			own: settings{}, application: settings{},
			unit: params.Settings{"host": "10.0.0.2"}, remote: params.Settings{"database": "x"},
		},
	}
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

// No hook of a relation is being run.

func (c *context) HookRelation() (jujuc.ContextRelation, error) {
	return nil, errors.NotFoundf("hook relation")
}

func (c *context) RemoteUnitName() (string, error) { return "", errors.NotFoundf("remote unit") }

func (c *context) RemoteApplicationName() (string, error) {
	return "", errors.NotFoundf("remote application")
}

func (c *context) RelationIds() ([]int, error) { return []int{c.db.Id()}, nil }

func (c *context) Relation(id int) (jujuc.ContextRelation, error) {
	if id != c.db.Id() {
		return nil, errors.NotFoundf("relation")
	}
	return c.db, nil
}

// db is the relation db:3.
type db struct {
	own, application settings
	unit, remote     params.Settings
}

func (r *db) Id() int                         { return 3 }
func (r *db) Name() string                    { return "db" }
func (r *db) FakeId() string                  { return "db:3" }
func (r *db) Life() life.Value                { return life.Alive }
func (r *db) Suspended() bool                 { return false }
func (r *db) SetStatus(relation.Status) error { return nil }
func (r *db) RemoteApplicationName() string   { return "pg" }
func (r *db) RelationTag() names.RelationTag  { return names.NewRelationTag("kc:db pg:db") }
func (r *db) UnitNames() []string             { return []string{"pg/0"} }

func (r *db) Settings() (jujuc.Settings, error)            { return r.own, nil }
func (r *db) ApplicationSettings() (jujuc.Settings, error) { return r.application, nil }

// ReadSettings takes an application's name for a unit's, as the agent's API client
// of 2.9 (RelationUnit.ReadSettings) does; the tool does not look at it before.
func (r *db) ReadSettings(name string) (params.Settings, error) {
	switch {
	case slices.Contains(r.UnitNames(), name):
		return r.unit, nil
	case name == r.RemoteApplicationName():
		return r.remote, nil
	case !names.IsValidUnit(name) && !names.IsValidApplication(name):
		return nil, errors.Errorf("%q is not a valid unit or application", name)
	}
	return nil, &params.Error{Code: params.CodeUnauthorized, Message: "permission denied"}
}

func (r *db) ReadApplicationSettings(string) (params.Settings, error) { return r.remote, nil }

// settings are data that this side writes.
type settings map[string]string

func (s settings) Map() params.Settings  { return params.Settings(maps.Clone(s)) }
func (s settings) Set(key, value string) { s[key] = value }
func (s settings) Delete(key string)     { delete(s, key) }
