package controller

// The agents of the units: started, ended, killed.

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/juju/worker/v3"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/environs/config"
	"github.com/juju/juju/rpc/params"
)

func now() time.Time { return time.Now() }

// An Agent is a unit's, running.
type Agent interface {
	Stop() error // in good order, as when its machine shuts down
	Kill() error // with whatever it runs, as when its machine loses power
	Wait() error
}

// New makes an empty model. Close must be called in the end.
func New(options Options) (*Model, error) {
	c, err := config.New(config.UseDefaults, map[string]any{"name": modelName, "type": "manual", "uuid": agent.ModelUUID,
		"agent-version": version, "authorized-keys": "none", "firewall-mode": "none"})
	if err != nil {
		return nil, fmt.Errorf("cannot make a model: %w", err)
	}
	m := &Model{options: options, modelConfig: c.AllAttrs(), apps: map[string]*app{}, units: map[string]*unit{},
		actions: map[string]*action{}, watchers: map[string]*watcher{}, refused: map[string]int{}, nextID: map[string]int{}}
	if options.Start == nil {
		m.options.Start = m.startHere
	}
	m.changed = sync.NewCond(&m.mu)
	m.handlers = m.makeHandlers()
	return m, m.serveFiles()
}

// Close stops every agent and waits for it.
func (m *Model) Close() error {
	m.mu.Lock()
	var running []Agent
	for _, u := range m.units {
		if u.running != nil {
			running = append(running, u.running)
		}
	}
	m.closed = true
	m.changed.Broadcast()
	m.mu.Unlock()
	var failed []error
	for _, one := range running {
		if err := one.Stop(); err != nil && !isStopped(err) {
			failed = append(failed, err)
		}
	}
	m.agents.Wait()
	return errors.Join(append(failed, m.files.close())...)
}

// isStopped is for the error of an agent whose watchers ended before it did.
func isStopped(err error) bool { return params.IsCodeStopped(err) }

// startAgent is called with the lock held, which an agent that starts needs.
func (m *Model) startAgent(u *unit) {
	m.agents.Go(func() {
		c := m.Connect(u.name)
		running, err := m.options.Start(u.name, c)
		if err == nil {
			m.mu.Lock()
			u.running = running
			if m.closed {
				_ = running.Kill()
			}
			m.mu.Unlock()
			err = running.Wait()
		}
		c.Close()
		_ = m.do(func() error {
			u.running = nil
			switch {
			case u.lost: // as was wanted
			case u.life != "dead" && !m.closed:
				m.trouble = append(m.trouble, fmt.Sprintf("the agent of %s ended: %v", u.name, err))
				fallthrough
			default:
				m.bury(u)
			}
			return nil
		})
	})
}

// startHere runs an agent in this process.
func (m *Model) startHere(unit string, c *Connection) (Agent, error) {
	w, err := agent.Start(agent.Options{Unit: unit, Dir: m.options.Dir, Jujuc: m.options.Jujuc, NoRetry: m.options.NoRetry,
		Lease: m.options.Lease, Call: c.Call})
	return here{w}, err
}

type here struct{ worker.Worker }

func (h here) Stop() error { return worker.Stop(h.Worker) }
func (h here) Kill() error { return worker.Stop(h.Worker) } // no more can be done to a part of a process

// KillAgent kills a unit's agent and the hook it is in. The unit stays, and so
// does its leadership, until its lease runs out or, without leases, until Lead.
func (m *Model) KillAgent(name string) error {
	m.mu.Lock()
	u, err := m.unit(name)
	if err == nil && u.running == nil {
		err = fmt.Errorf("cannot kill the agent of %s: it does not run", name)
	}
	if err != nil {
		m.mu.Unlock()
		return err
	}
	u.lost = true
	running := u.running
	m.mu.Unlock()
	if err := running.Kill(); err != nil {
		return fmt.Errorf("cannot kill the agent of %s: %w", name, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for u.running != nil {
		m.changed.Wait()
	}
	return nil
}

// StartAgent starts a killed one again, as the machine's service manager does.
func (m *Model) StartAgent(name string) error {
	return m.doUnit(name, func(u *unit) error {
		if !u.lost || u.running != nil {
			return fmt.Errorf("cannot start the agent of %s: it was not killed", name)
		}
		u.lost = false
		m.startAgent(u)
		return nil
	})
}

// UpdateStatus lets the time for update-status come for every unit of an
// application whose agent runs.
func (m *Model) UpdateStatus(name string) error {
	return m.doApp(name, func(a *app) error {
		for _, u := range m.sortedUnits() {
			if u.app == a && !u.lost {
				u.ticks++
				u.due = true
			}
		}
		return nil
	})
}
