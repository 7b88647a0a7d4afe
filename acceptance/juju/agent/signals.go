package agent

// What an agent hears of from a worker beside the uniter: the time for
// update-status. The controller decides it.

import (
	"sync"
	"time"
)

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
