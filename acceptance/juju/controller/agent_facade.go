package controller

// What an agent asks beside the API: who leads, where the model has no leases, the
// time for update-status, and the charm's file.

import (
	"encoding/json"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/rpc/params"
)

// agentFacade is called with the lock held.
func (c *Connection) agentFacade(u *unit, request string, in []byte) (any, error) {
	switch request {
	case agent.Leads:
		return u.app.leader == u.name, nil
	case agent.AwaitLeads:
		var lead bool
		if err := json.Unmarshal(in, &lead); err != nil {
			return nil, err
		}
		return nil, c.await(func() bool { return (u.app.leader == u.name) == lead })
	case agent.Ran:
		var line string
		if err := json.Unmarshal(in, &line); err != nil {
			return nil, err
		}
		u.hooks = append(u.hooks, line)
		u.due = u.due && line != "ok update-status"
		return nil, nil
	case agent.Archive:
		return u.app.archive, nil
	case agent.Files:
		return c.m.files.url, nil
	case agent.Ticks:
		return u.ticks, nil
	case agent.AwaitTicks:
		var after int
		if err := json.Unmarshal(in, &after); err != nil {
			return nil, err
		}
		err := c.await(func() bool { return u.ticks > after })
		return u.ticks, err
	}
	return nil, notFound("request %q", request)
}

// await waits until something holds, or the connection ends.
func (c *Connection) await(holds func() bool) error {
	for !holds() {
		if c.closed || c.m.closed {
			return &params.Error{Code: params.CodeStopped, Message: "the connection has ended"}
		}
		c.m.changed.Wait()
	}
	return nil
}
