package agent

// Who leads: by a lease and Juju's own tracker, which claims and renews it, or as
// the controller says.

import (
	"time"

	"github.com/juju/clock"
	"github.com/juju/names/v5"
	"github.com/juju/worker/v3"

	apileadership "github.com/juju/juju/api/agent/leadership"
	"github.com/juju/juju/core/leadership"
	workerleadership "github.com/juju/juju/internal/worker/leadership"
)

func leadershipOf(o Options, tag names.UnitTag) leadership.Tracker {
	if o.Lease == 0 {
		return &tracker{o.Unit, o.Call}
	}
	c, _ := o.api()
	// It claims for twice what it guarantees.
	return workerleadership.NewTracker(tag, apileadership.NewClient(c), clock.WallClock, o.Lease/2)
}

// together is a worker that ends when either does, as in Juju's engine the uniter
// does with the tracker.
func together(w worker.Worker, leads leadership.Tracker) worker.Worker {
	t, is := leads.(worker.Worker)
	if !is {
		return w
	}
	go func() {
		_ = t.Wait()
		w.Kill()
	}()
	return pair{w, t}
}

type pair struct {
	worker.Worker
	tracker worker.Worker
}

// Wait gives the uniter's error, or else the tracker's.
func (p pair) Wait() error {
	err := p.Worker.Wait()
	p.tracker.Kill()
	if lost := p.tracker.Wait(); err == nil {
		err = lost
	}
	return err
}

type tracker struct {
	unit string
	call Call
}

func (t *tracker) ClaimDuration() time.Duration { return 30 * time.Second }
func (t *tracker) ApplicationName() string {
	application, err := names.UnitApplication(t.unit)
	if err != nil {
		return t.unit
	}
	return application
}

func (t *tracker) ClaimLeader() leadership.Ticket {
	var leads bool
	err := t.call.ask(Leads, nil, &leads)
	done := make(chan struct{})
	close(done)
	return ticket{leads && err == nil, done}
}

func (t *tracker) WaitLeader() leadership.Ticket { return t.wait(true) }
func (t *tracker) WaitMinion() leadership.Ticket { return t.wait(false) }

// wait never ends where the controller is gone, and then the agent ends.
func (t *tracker) wait(lead bool) leadership.Ticket {
	done := make(chan struct{})
	go func() {
		if err := t.call.ask(AwaitLeads, lead, nil); err == nil {
			close(done)
		}
	}()
	return ticket{lead, done}
}

type ticket struct {
	leads bool
	done  chan struct{}
}

func (t ticket) Wait() bool             { <-t.done; return t.leads }
func (t ticket) Ready() <-chan struct{} { return t.done }
