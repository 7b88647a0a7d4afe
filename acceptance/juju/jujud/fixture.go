// Package jujud runs Juju's own controller, of 3.6.11, with the agents of a charm's
// units, and plays stories to it as an operator does, by Juju's own commands.
//
// What is real: the API server and all its facades over TLS and websockets, the
// state behind it and what it checks, its watchers, the leases, the store of charms,
// resources and secrets, `juju deploy`, `integrate`, `config`, `refresh` and so on,
// and the unit agents, which log in with a unit's rights.
//
// What is played: leases are Juju's, but in a store for tests that lets none run out;
// the cloud, by Juju's own provider for tests, which has no
// machines; a machine's agent, which gives its unit a password and takes away a unit
// that has ended; what the controller's workers do that assign units to machines and
// clean up; the other applications; and the database is an older one with something
// before it, see the command mongod.
package jujud

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	mgotesting "github.com/juju/mgo/v3/testing"
	"github.com/juju/names/v5"
	gc "gopkg.in/check.v1"

	"github.com/juju/juju/api"
	"github.com/juju/juju/core/model"
	"github.com/juju/juju/juju/osenv"
	jujutesting "github.com/juju/juju/juju/testing"
	"github.com/juju/juju/jujuclient"
	"github.com/juju/juju/state"
	"github.com/juju/juju/testing/factory"
)

// modelName is that of charmtest's model, which some objects are named by.
const modelName = "test"

var database sync.Once

// StartDatabase starts the database that all controllers of this process use, with
// the program at that path. End stops it.
func StartDatabase(program string) (err error) {
	database.Do(func() {
		// The client of the controller's store of charms trusts the controller alone, and
		// cannot be told of others.
		if err = errors.Join(os.Setenv("JUJU_MONGOD", program), os.Unsetenv("AWS_CA_BUNDLE")); err == nil {
			mgotesting.MgoServer.EnableReplicaSet = true
			err = mgotesting.MgoServer.Start(nil)
		}
	})
	if err != nil {
		return fmt.Errorf("cannot start the controller's database: %w", err)
	}
	return nil
}

// End stops the database, if one was started.
func End() {
	if mgotesting.MgoServer.Addr() != "" {
		mgotesting.MgoServer.Destroy()
	}
}

// fixture is Juju's for its own tests: a controller that is bootstrapped anew. It
// wants to be run by gocheck, so one test of it lasts as long as it is needed.
type fixture struct {
	jujutesting.JujuConnSuite
	model       *state.State // the model that a story is about
	info        *api.Info    // how its user logs in
	ready, done chan struct{}
	ended       chan error
}

// startFixture gives one that is up.
func startFixture() (*fixture, error) {
	f := &fixture{ready: make(chan struct{}), done: make(chan struct{}), ended: make(chan error, 1)}
	go func() {
		result := gc.Run(f, &gc.RunConf{Output: io.Discard, Filter: "TestServe"})
		if result.Passed() {
			f.ended <- nil
			return
		}
		f.ended <- errors.New(result.String())
	}()
	select {
	case <-f.ready:
		return f, nil
	case err := <-f.ended:
		return nil, fmt.Errorf("cannot start a controller: %w", err)
	}
}

// TestServe is gocheck's.
func (f *fixture) TestServe(c *gc.C) {
	f.model = f.Factory.MakeModel(c, &factory.ModelParams{Name: modelName})
	defer func() { c.Check(f.model.Close(), gc.IsNil) }()
	name := f.AdminUserTag(c).Id() + "/" + modelName
	c.Assert(f.ControllerStore.UpdateModel(jujutesting.ControllerName, name,
		jujuclient.ModelDetails{ModelUUID: f.model.ModelUUID(), ModelType: model.IAAS}), gc.IsNil)
	f.PatchEnvironment(osenv.JujuModelEnvKey, name) // which commands are about
	f.info = f.APIInfo(c)
	f.info.ModelTag = names.NewModelTag(f.model.ModelUUID())
	close(f.ready)
	<-f.done
}

func (f *fixture) close() error {
	close(f.done)
	return <-f.ended
}
