package juju29

import (
	"fmt"
	"maps"
	"slices"

	"github.com/juju/errors"
	"github.com/juju/juju/core/life"
	corerelation "github.com/juju/juju/core/relation"
	"github.com/juju/juju/rpc/params"
	"github.com/juju/juju/worker/uniter/runner/jujuc"
	"github.com/juju/names/v4"
)

// relation is one relation of the unit.
type relation struct {
	id           int
	name, remote string                     // the endpoint here, the application there
	units        map[string]params.Settings // there
	application  params.Settings            // there
	own, ownApp  settings
}

func newRelation(id int, name, remote string, units map[string]params.Settings) *relation {
	return &relation{id: id, name: name, remote: remote, units: units, own: settings{}, ownApp: settings{}}
}

func (r *relation) Id() int                             { return r.id }
func (r *relation) Name() string                        { return r.name }
func (r *relation) FakeId() string                      { return fmt.Sprintf("%s:%d", r.name, r.id) }
func (r *relation) Life() life.Value                    { return life.Alive }
func (r *relation) Suspended() bool                     { return false }
func (r *relation) SetStatus(corerelation.Status) error { return nil }
func (r *relation) RemoteApplicationName() string       { return r.remote }
func (r *relation) UnitNames() []string                 { return slices.Sorted(maps.Keys(r.units)) }

func (r *relation) Settings() (jujuc.Settings, error)            { return r.own, nil }
func (r *relation) ApplicationSettings() (jujuc.Settings, error) { return r.ownApp, nil }

// ReadSettings takes an application's name for a unit's, as the agent's API client
// of 2.9 (RelationUnit.ReadSettings) does; the tool does not look at it before.
func (r *relation) ReadSettings(name string) (params.Settings, error) {
	unit, found := r.units[name]
	switch {
	case found:
		return unit, nil
	case name == r.remote:
		return r.application, nil
	case !names.IsValidUnit(name) && !names.IsValidApplication(name):
		return nil, errors.Errorf("%q is not a valid unit or application", name)
	}
	return nil, &params.Error{Code: params.CodeUnauthorized, Message: "permission denied"}
}

func (r *relation) ReadApplicationSettings(string) (params.Settings, error) {
	return r.application, nil
}

// settings are data that this side writes.
type settings map[string]string

func (s settings) Map() params.Settings  { return params.Settings(maps.Clone(s)) }
func (s settings) Set(key, value string) { s[key] = value }
func (s settings) Delete(key string)     { delete(s, key) }
