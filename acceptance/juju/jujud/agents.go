package jujud

// Machines and unit agents.

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"

	jujuerrors "github.com/juju/errors"
	"github.com/juju/loggo"
	"github.com/juju/names/v5"
	"github.com/juju/utils/v3"
	"github.com/juju/worker/v3"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/api"
	"github.com/juju/juju/api/agent/deployer"
	"github.com/juju/juju/api/base"
	"github.com/juju/juju/api/client/charms"
	"github.com/juju/juju/core/instance"
	"github.com/juju/juju/core/network"
	"github.com/juju/juju/internal/s3client"
	"github.com/juju/juju/state"
)

// unit is one with an agent.
type unit struct {
	name     string
	m        *Model
	password string

	// Guarded by the model's lock.
	worker worker.Worker // nil while it does not run
	lost   bool          // it was killed
	hooks  []string      // not told of yet
	ticks  int
	due    bool // update-status has yet to run
	ticked *sync.Cond
	gone   chan struct{} // closed once the agent has ended

	restarts int
}

func (m *Model) sorted() []*unit {
	var all []*unit
	for _, u := range m.units {
		all = append(all, u)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].name < all[j].name })
	return all
}

// startUnits gives the units that are new a machine and an agent. The first of an
// application leads before the others are there.
func (m *Model) startUnits(application string) error {
	a, err := m.state.Application(application)
	if err != nil {
		return err
	}
	if err := m.assign(); err != nil {
		return err
	}
	all, err := a.AllUnits()
	if err != nil {
		return err
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name() < all[j].Name() })
	for _, one := range all {
		m.mu.Lock()
		_, known := m.units[one.Name()]
		m.mu.Unlock()
		if known {
			continue
		}
		if err := m.startUnit(one); err != nil {
			return err
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			leaders, err := m.leaders()
			if err != nil || leaders[application] != "" {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("no unit of %s leads", application)
			}
		}
	}
	return nil
}

// assign is what the controller's worker does with units that are new, and the
// provisioner with their machines.
func (m *Model) assign() error {
	staged, err := m.state.AllUnitAssignments()
	if err != nil {
		return err
	}
	var ids []string
	for _, one := range staged {
		ids = append(ids, one.Unit)
	}
	results, err := m.state.AssignStagedUnits(ids)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Error != nil && !errors.Is(r.Error, jujuerrors.NotFound) { // it may have gone again
			return r.Error
		}
	}
	machines, err := m.state.AllMachines()
	if err != nil {
		return err
	}
	for i, machine := range machines {
		if machine.CheckProvisioned(nonce) {
			continue
		}
		address := network.NewSpaceAddress(fmt.Sprintf("10.0.0.%d", 2+i), network.WithScope(network.ScopeCloudLocal))
		for _, err := range []error{machine.SetProvisioned(instance.Id(fmt.Sprintf("m-%d", i)), "", nonce, nil),
			machine.SetPassword(machinePassword), machine.SetProviderAddresses(address)} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	nonce           = "a-nonce"
	machinePassword = "a-password-of-twenty-four-characters"
)

// machine is the connection of the agent of a unit's machine.
func (m *Model) machine(one *state.Unit) (api.Connection, error) {
	id, err := one.AssignedMachineId()
	if err != nil {
		return nil, err
	}
	info := m.apiInfo()
	info.Tag, info.Password, info.Nonce = names.NewMachineTag(id), machinePassword, nonce
	return m.connect(info)
}

func (m *Model) apiInfo() *api.Info {
	info := *m.fixture.info
	return &info
}

func (m *Model) startUnit(one *state.Unit) error {
	password, err := utils.RandomPassword()
	if err != nil {
		return err
	}
	c, err := m.machine(one)
	if err != nil {
		return fmt.Errorf("cannot log in as the machine of %s: %w", one.Name(), err)
	}
	defer c.Close()
	deployed, err := deployer.NewState(c).Unit(one.UnitTag())
	if err != nil {
		return err
	}
	if err := deployed.SetPassword(password); err != nil {
		return err
	}
	u := &unit{name: one.Name(), m: m, password: password, ticked: sync.NewCond(&m.mu)}
	m.mu.Lock()
	m.units[u.name] = u
	m.mu.Unlock()
	return u.start()
}

func (u *unit) start() error {
	m := u.m
	info := m.apiInfo()
	info.Tag, info.Password = names.NewUnitTag(u.name), u.password
	c, err := m.connect(info)
	if err != nil {
		return fmt.Errorf("cannot log in as %s: %w", u.name, err)
	}
	session, err := s3client.NewS3Client(c, loggo.GetLogger("juju.s3client"))
	if err != nil {
		return err
	}
	caller := &caller{Connection: c, m: m, unit: u.name}
	w, err := agent.Start(agent.Options{Unit: u.name, Dir: m.options.Dir, Jujuc: m.options.Jujuc, NoRetry: m.options.NoRetry,
		Lease: m.options.Lease, Call: u.call, API: caller,
		Charms: charms.NewS3CharmDownloader(s3client.NewCharmsS3Client(session), caller)})
	if err != nil {
		_ = c.Close()
		return err
	}
	m.mu.Lock()
	if u.worker, u.gone = w, make(chan struct{}); m.closed { // while it was started again
		w.Kill()
	}
	m.mu.Unlock()
	m.running.Go(func() {
		err := w.Wait()
		_ = c.Close()
		u.end(err)
	})
	return nil
}

// end is what its machine's agent does when a unit's has ended.
func (u *unit) end(err error) {
	m := u.m
	m.mu.Lock()
	u.worker = nil
	u.ticked.Broadcast()
	quiet := u.lost || m.closed
	close(u.gone)
	m.lastCall = time.Now()
	m.mu.Unlock()
	if quiet {
		return
	}
	one, failed := m.state.Unit(u.name)
	switch {
	case failed != nil:
	case one.Life() == state.Dead:
		failed = m.remove(one)
	default: // so does Juju's engine, after 3 s
		loggo.GetLogger("juju.unit").Infof("the agent of %s ended and is started again: %v", u.name, err)
		u.restarts++
		if failed = u.start(); failed == nil && u.restarts <= maxRestarts {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if failed != nil || u.restarts > maxRestarts {
		m.trouble = append(m.trouble, fmt.Sprintf("the agent of %s ended with %v; then %v", u.name, err, failed))
	}
	m.ended[u.name] = u.hooks
	delete(m.units, u.name)
	m.lastCall = time.Now()
}

// maxRestarts is for all of a unit's life.
const maxRestarts = 3

// remove takes away a unit that is dead.
func (m *Model) remove(one *state.Unit) error {
	c, err := m.machine(one)
	if err != nil {
		return err
	}
	defer c.Close()
	deployed, err := deployer.NewState(c).Unit(one.UnitTag())
	if err != nil {
		return err
	}
	return deployed.Remove()
}

func (m *Model) note(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trouble = append(m.trouble, fmt.Sprintf(format, args...))
}

// stop ends the agent in good order.
func (u *unit) stop() error {
	u.m.mu.Lock()
	w, gone := u.worker, u.gone
	u.ticked.Broadcast()
	u.m.mu.Unlock()
	if w == nil {
		return nil
	}
	w.Kill()
	<-gone
	return nil
}

func (m *Model) killAgent(name string) error {
	u, err := m.lose(name, true)
	if err != nil {
		return err
	}
	return u.stop()
}

func (m *Model) startAgent(name string) error {
	u, err := m.lose(name, false)
	if err != nil {
		return err
	}
	return u.start()
}

// lose says whether a unit's agent is gone by an operator's wish.
func (m *Model) lose(name string, lost bool) (*unit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.units[name]
	if u == nil {
		return nil, fmt.Errorf("unit %q not found", name)
	}
	u.lost = lost
	return u, nil
}

func (m *Model) updateStatus(application string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range m.units {
		if strings.HasPrefix(u.name, application+"/") && !u.lost {
			u.ticks++
			u.due = true
			u.ticked.Broadcast()
		}
	}
	return nil
}

// call is for what an agent has from elsewhere than the API.
func (u *unit) call(_, _, request string, in []byte) ([]byte, error) {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	switch request {
	case agent.Ran:
		var line string
		if err := json.Unmarshal(in, &line); err != nil {
			return nil, err
		}
		u.hooks = append(u.hooks, line)
		if line == "ok update-status" {
			u.due = false
		}
		u.m.lastCall = time.Now()
		return nil, nil
	case agent.AwaitTicks:
		var after int
		if err := json.Unmarshal(in, &after); err != nil {
			return nil, err
		}
		for u.ticks <= after {
			if u.worker == nil && u.gone != nil || u.m.closed {
				return nil, errors.New("the agent ends")
			}
			u.ticked.Wait()
		}
		fallthrough
	case agent.Ticks:
		return json.Marshal(u.ticks)
	}
	return nil, fmt.Errorf("an agent of a real controller asks for %s", request)
}

// caller is an agent's connection, of which the model knows whether it is used.
type caller struct {
	api.Connection
	m    *Model
	unit string
}

var _ base.APICaller = &caller{}

// APICall is the one that all of Juju's clients call.
func (c *caller) APICall(facade string, version int, id, request string, args, response any) error {
	waits := request == "Next" || facade == "LeadershipService" || facade == "Pinger"
	c.m.mu.Lock()
	if c.m.refused[request] > 0 {
		c.m.refused[request]--
		c.m.mu.Unlock()
		return errors.New("refused, as the test asked")
	}
	for request == "ClaimLeadership" && c.m.heir != "" && c.m.heir != c.unit && !c.m.closed {
		c.m.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
		c.m.mu.Lock()
	}
	if !waits {
		c.m.asking++
	}
	c.m.mu.Unlock()
	err := c.Connection.APICall(facade, version, id, request, args, response)
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	if !waits {
		c.m.asking--
	}
	if facade != "LeadershipService" {
		c.m.lastCall = time.Now()
	}
	return err
}
