package agent

// What an agent hears of from workers beside the uniter: leadership and the time
// for update-status. The controller decides both.

import (
	"sync"
	"time"

	"github.com/juju/names/v5"

	"github.com/juju/juju/core/leadership"
)

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

// updateStatus fires when the controller says so, not by time.
type updateStatus struct {
	call Call
	mu   sync.Mutex
	seen int
}

func newUpdateStatus(call Call) (*updateStatus, error) {
	u := &updateStatus{call: call}
	return u, call.ask(Ticks, nil, &u.seen)
}

// After is asked again whenever it has fired, and once more when the agent looks
// at everything anew: then nobody reads the former channel.
func (u *updateStatus) After() <-chan time.Time {
	u.mu.Lock()
	after := u.seen
	u.mu.Unlock()
	due := make(chan time.Time, 1)
	go func() {
		var count int
		if err := u.call.ask(AwaitTicks, after, &count); err != nil {
			return // the agent is ending
		}
		u.mu.Lock()
		u.seen = count
		u.mu.Unlock()
		due <- time.Now()
	}()
	return due
}
