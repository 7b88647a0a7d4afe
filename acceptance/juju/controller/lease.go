package controller

// Leadership as a lease: Juju's own tracker, in each agent, claims it and renews
// it in time, or waits until nobody has it. What is played is the facade behind:
// a lease that its holder does not renew runs out.

import (
	"time"

	"github.com/juju/juju/rpc/params"
)

const leadershipFacade = "LeadershipService"

// Juju takes no other claims.
const shortestLease, longestLease = 5 * time.Second, 5 * time.Minute

// leadership is called with the lock held.
func (c *Connection) leadership(u *unit, request string, in []byte) (any, error) {
	if c.m.options.Lease == 0 {
		return nil, notFound("a lease in this model: request %q", request)
	}
	switch request {
	case "ClaimLeadership":
		arg := params.ClaimLeadershipBulkParams{}
		(&call{m: c.m, in: in}).read(&arg)
		answer := params.ClaimLeadershipBulkResults{Results: make([]params.ErrorResult, len(arg.Params))}
		for i, claim := range arg.Params {
			answer.Results[i].Error = c.m.claim(u, time.Duration(claim.DurationSeconds*float64(time.Second)))
		}
		return answer, nil
	case "BlockUntilLeadershipReleased":
		return params.ErrorResult{}, c.await(func() bool { return u.app.leader == "" })
	}
	return nil, notFound("request %q", request)
}

// claim gives a unit the lease, or more time to the unit that has it.
func (m *Model) claim(u *unit, d time.Duration) *params.Error {
	a := u.app
	switch {
	case d < shortestLease || d > longestLease:
		return &params.Error{Message: "invalid duration"}
	case a.leader != "" && a.leader != u.name:
		return &params.Error{Code: params.CodeLeadershipClaimDenied, Message: "leadership claim denied"}
	case a.leader == "":
		a.leader = u.name
		m.lastCall = now() // the unit has yet to act on it
		m.changed.Broadcast()
	}
	if a.runsOut != nil {
		a.runsOut.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if a.runsOut == timer { // and not renewed since
			m.release(a)
		}
	})
	a.runsOut = timer
	return nil
}

// release lets the next unit lead: the first that claims it or, without leases,
// the first there is.
func (m *Model) release(a *app) {
	a.leader = ""
	m.lastCall = now()
	m.changed.Broadcast()
	if a.runsOut != nil {
		a.runsOut.Stop()
		a.runsOut = nil
	}
	if m.options.Lease == 0 || a.remote {
		m.appoint(a)
	}
}

// appoint makes the first unit lead where none does.
func (m *Model) appoint(a *app) {
	for _, next := range m.sortedUnits() {
		if next.app == a && a.leader == "" {
			a.leader = next.name
		}
	}
}
