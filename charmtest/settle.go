// Running the agents until nothing is left to do.

package charmtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// ErrHookFailed is in the error of Settle when it ends with a unit in error.
var ErrHookFailed = errors.New("hook failed")

// Settle runs hooks until every unit is idle. Failed hooks run again (Options.Retries times; Juju's waiting in
// between passes at once), and when a unit is still in error then, Settle gives an error that is ErrHookFailed and
// says which hook of which unit failed and what it said last. Other errors: ctx has ended, or the charm never comes
// to rest (Options.MaxHooks).
func (m *Model) Settle(ctx context.Context) error {
	m.mu.Lock()
	for _, a := range m.apps {
		for _, u := range a.units {
			u.local.retries = 0
		}
	}
	limit := len(m.journal) + m.opt.MaxHooks
	m.mu.Unlock()
	for {
		var err error
		if m.opt.Concurrent {
			err = m.settleTogether(ctx, limit)
		} else {
			err = m.settleInTurn(ctx, limit)
		}
		if err != nil {
			return fmt.Errorf("cannot settle: %w", err)
		}
		if !m.startRetries() {
			return m.inError()
		}
	}
}

// Step runs the next hook of one unit and says whether there was one. A hook that fails is no error: see Status.
func (m *Model) Step(ctx context.Context, unit string) (bool, error) {
	m.mu.Lock()
	u, err := m.unit(unit)
	m.mu.Unlock()
	if err != nil {
		return false, fmt.Errorf("cannot step: %w", err)
	}
	return m.step(ctx, u)
}

// step decides and runs one operation.
func (m *Model) step(ctx context.Context, u *unit) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false, errors.New("the model is closed")
	}
	op := m.next(u)
	if op == nil {
		m.mu.Unlock()
		return false, nil
	}
	u.local.running = true
	m.mu.Unlock()
	err := m.run(ctx, u, op)
	m.mu.Lock()
	u.local.running = false
	m.idle.Broadcast()
	m.mu.Unlock()
	return true, err
}

func (m *Model) allUnits() []*unit {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []*unit
	for _, a := range m.apps {
		out = append(out, a.units...)
	}
	return out
}

// settleInTurn lets each unit run one hook, in order of deployment, until a whole round had nothing to do.
func (m *Model) settleInTurn(ctx context.Context, limit int) error {
	for {
		busy := false
		for _, u := range m.allUnits() {
			did, err := m.step(ctx, u)
			if err != nil {
				return err
			}
			busy = busy || did
			if err := m.tooMany(limit); err != nil {
				return err
			}
		}
		if !busy {
			return nil
		}
	}
}

func (m *Model) tooMany(limit int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.journal) < limit {
		return nil
	}
	last := m.journal[len(m.journal)-1]
	return fmt.Errorf("%d hooks ran and the units still have work; the last was %s on unit %q", m.opt.MaxHooks, last.Name, last.Unit)
}

// settleTogether runs one goroutine for each unit, until all of them are idle at once.
func (m *Model) settleTogether(ctx context.Context, limit int) error {
	for {
		units := m.allUnits()
		errs := make([]error, len(units))
		var wg sync.WaitGroup
		group, cancel := context.WithCancel(ctx)
		stop := m.wakeAt(group)
		for i, u := range units {
			wg.Go(func() {
				if errs[i] = m.agentLoop(group, u, limit); errs[i] != nil {
					cancel()
				}
			})
		}
		wg.Wait()
		stop()
		cancel()
		if err := errors.Join(errs...); err != nil {
			return firstReal(errs)
		}
		if !m.anyDue() {
			return nil
		}
	}
}

// wakeAt makes the end of ctx wake those who wait for other agents, until it is stopped.
func (m *Model) wakeAt(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		m.mu.Lock()
		m.idle.Broadcast()
		m.mu.Unlock()
	})
}

// firstReal prefers the error that made the others stop.
func firstReal(errs []error) error {
	var last error
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			last = err
		}
	}
	return last
}

func (m *Model) agentLoop(ctx context.Context, u *unit, limit int) error {
	for {
		did, err := m.step(ctx, u)
		if err != nil {
			return err
		}
		if err := m.tooMany(limit); err != nil {
			return err
		}
		if did {
			continue
		}
		if !m.waitForWork(ctx, u) {
			return ctx.Err()
		}
	}
}

// waitForWork blocks until the unit has something to do (true) or the whole model is at rest (false).
func (m *Model) waitForWork(ctx context.Context, u *unit) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for ctx.Err() == nil && !m.closed {
		if m.next(u) != nil {
			return true
		}
		if !m.busy() {
			m.idle.Broadcast()
			return false
		}
		m.idle.Wait()
	}
	return false
}

// busy says whether any unit runs a hook or has one to run.
func (m *Model) busy() bool {
	for _, a := range m.apps {
		for _, u := range a.units {
			if u.local.running || m.next(u) != nil {
				return true
			}
		}
	}
	return false
}

func (m *Model) anyDue() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.busy()
}

const (
	firstRetry = 5 * time.Second // Juju's defaults
	lastRetry  = 5 * time.Minute
)

// startRetries lets time pass until the first failed hook is due again, and says whether there is one.
func (m *Model) startRetries() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	any := false
	for _, a := range m.apps {
		for _, u := range a.units {
			s := &u.local
			if s.failed == nil || s.retries >= m.opt.Retries {
				continue
			}
			wait := min(firstRetry<<min(s.retries, 10), lastRetry)
			s.retries++
			s.retryAt = m.now().Add(wait)
			any = true
		}
	}
	if any {
		m.passUntilRetry()
	}
	return any
}

func (m *Model) passUntilRetry() {
	for _, a := range m.apps {
		for _, u := range a.units {
			if wait := u.local.retryAt.Sub(m.now()); u.local.failed != nil && wait > 0 {
				m.offset += wait
			}
		}
	}
}

// inError is nil when no unit is in error.
func (m *Model) inError() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, a := range m.apps {
		for _, u := range a.units {
			if u.local.failed != nil {
				out = append(out, fmt.Sprintf("unit %q: %s", u.name, m.lastWords(u)))
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return fmt.Errorf("cannot settle: %w: %s", ErrHookFailed, strings.Join(out, "; "))
}

// lastWords says how the unit's last hook failed.
func (m *Model) lastWords(u *unit) string {
	for i := len(m.journal) - 1; i >= 0; i-- {
		h := m.journal[i]
		if h.Unit != u.name || h.Action {
			continue
		}
		text := fmt.Sprintf("hook %q failed: %s", h.Name, h.Err)
		if lines := strings.Split(strings.TrimSpace(h.Stderr), "\n"); lines[len(lines)-1] != "" {
			text += ": " + lines[len(lines)-1]
		}
		return text
	}
	return u.agent.message
}

// runUntil runs one unit's agent until done says so.
func (m *Model) runUntil(ctx context.Context, u *unit, done func() bool) error {
	defer m.wakeAt(ctx)()
	for range m.opt.MaxHooks {
		m.mu.Lock()
		finished := done()
		m.mu.Unlock()
		if finished {
			return nil
		}
		did, err := m.step(ctx, u)
		if err != nil {
			return err
		}
		if did {
			continue
		}
		if err := m.waitRunning(ctx, u); err != nil {
			return err
		}
	}
	return fmt.Errorf("it did not run within %d hooks", m.opt.MaxHooks)
}

// waitRunning waits for another goroutine that runs the unit's agent right now.
func (m *Model) waitRunning(ctx context.Context, u *unit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !u.local.running && m.next(u) == nil {
		return errors.New("the unit's agent has nothing to run")
	}
	for u.local.running && ctx.Err() == nil {
		m.idle.Wait()
	}
	return ctx.Err()
}
