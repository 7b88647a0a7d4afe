package controller

// The leadership lease, without its time: who leads does so until the test says
// otherwise or the unit is gone.

import (
	"time"

	"github.com/juju/juju/core/leadership"
)

type tracker struct {
	m *Model
	u *unit
}

func (t *tracker) leads() bool                  { return t.u.app.leader == t.u.name }
func (t *tracker) ApplicationName() string      { return t.u.app.name }
func (t *tracker) ClaimDuration() time.Duration { return 30 * time.Second }

func (t *tracker) ClaimLeader() leadership.Ticket {
	t.m.mu.Lock()
	defer t.m.mu.Unlock()
	done := make(chan struct{})
	close(done)
	return ticket{t.leads(), done}
}

func (t *tracker) WaitLeader() leadership.Ticket { return t.wait(true) }
func (t *tracker) WaitMinion() leadership.Ticket { return t.wait(false) }

func (t *tracker) wait(lead bool) leadership.Ticket {
	done := make(chan struct{})
	t.m.agents.Go(func() {
		t.m.mu.Lock()
		for t.leads() != lead && !t.m.closed && t.m.units[t.u.name] == t.u {
			t.m.changed.Wait()
		}
		t.m.mu.Unlock()
		close(done)
	})
	return ticket{lead, done}
}

type ticket struct {
	leads bool
	done  chan struct{}
}

func (t ticket) Wait() bool             { <-t.done; return t.leads }
func (t ticket) Ready() <-chan struct{} { return t.done }
