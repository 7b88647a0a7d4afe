package controller

// The API: requests come as Juju's own clients make them, in JSON as on the wire.

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/juju/errors"
	"github.com/juju/names/v5"

	"github.com/juju/juju/acceptance/kafka-connect-base/agent"
	"github.com/juju/juju/rpc/params"
)

// Connection is one unit agent's. What it watches ends with it.
type Connection struct {
	m      *Model
	unit   string
	closed bool // guarded by the model's lock
}

// Connect is for an agent that starts.
func (m *Model) Connect(unit string) *Connection { return &Connection{m: m, unit: unit} }

// Close lets everything that waits here go.
func (c *Connection) Close() {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	c.closed = true
	for _, w := range c.m.watchers {
		w.stopped = w.stopped || w.connection == c
	}
	c.m.changed.Broadcast()
}

// call is one request of one unit's agent.
type call struct {
	m    *Model
	conn *Connection
	unit *unit
	app  *app
	in   []byte
}

// handler answers a request, with the model's lock held.
type handler func(*call) (any, error)

func (m *Model) makeHandlers() map[string]handler {
	all := map[string]handler{}
	for facade, handlers := range map[string]map[string]handler{
		"Uniter": unitHandlers(), "SecretsManager": secretHandlers(),
	} {
		for request, h := range handlers {
			all[facade+"."+request] = h
		}
	}
	for _, more := range []map[string]handler{relationHandlers(), watchHandlers(), actionHandlers(), modelHandlers()} {
		for request, h := range more {
			all["Uniter."+request] = h
		}
	}
	maps.Copy(all, map[string]handler{
		"ResourcesHookContext.GetResourceInfo": resourceInfo,
		"PayloadsHookContext.List":             func(*call) (any, error) { return params.PayloadResults{}, nil },
	})
	return all
}

// Call answers one request. Its error has a code, as on the wire.
func (c *Connection) Call(facade, id, request string, in []byte) ([]byte, error) {
	out, err := c.serve(facade, id, request, in)
	if err != nil {
		var coded *params.Error
		switch {
		case errors.As(err, &coded):
			return nil, coded
		case errors.Is(err, errors.NotFound):
			return nil, &params.Error{Code: params.CodeNotFound, Message: err.Error()}
		}
		return nil, &params.Error{Message: err.Error()}
	}
	if out == nil {
		return nil, nil
	}
	return json.Marshal(out)
}

func (c *Connection) serve(facade, id, request string, in []byte) (any, error) {
	m := c.m
	m.mu.Lock()
	defer m.mu.Unlock()
	switch facade {
	case "NotifyWatcher", "StringsWatcher", "RelationUnitsWatcher":
		return m.nextOf(id, request)
	}
	u := m.units[c.unit]
	if u == nil {
		return nil, notFound("unit %q", c.unit)
	}
	if facade == leadershipFacade {
		return c.leadership(u, request, in)
	}
	m.lastCall = now()
	if facade == agent.Facade {
		return c.agentFacade(u, request, in)
	}
	defer m.changed.Broadcast()
	h := m.handlers[facade+"."+request]
	if h == nil {
		err := errors.Errorf("the test's controller has no answer to %s.%s %s", facade, request, in)
		m.trouble = append(m.trouble, err.Error())
		return nil, err
	}
	if m.refused[request] > 0 {
		m.refused[request]--
		return nil, &params.Error{Message: "refused, as the test wants"}
	}
	return h(&call{m, c, u, u.app, in})
}

// read decodes the request's arguments.
func (c *call) read(v any) {
	if err := json.Unmarshal(c.in, v); err != nil {
		c.m.trouble = append(c.m.trouble, fmt.Sprintf("cannot read %s: %v", c.in, err))
	}
}

// entity is the name in a request about one thing.
func (c *call) entity() names.Tag {
	var entities params.Entities
	c.read(&entities)
	if len(entities.Entities) != 1 {
		return names.NewUnitTag(c.unit.name)
	}
	tag, err := names.ParseTag(entities.Entities[0].Tag)
	if err != nil {
		c.m.trouble = append(c.m.trouble, err.Error())
		return names.NewUnitTag(c.unit.name)
	}
	return tag
}

func notFound(format string, args ...any) *params.Error {
	return &params.Error{Code: params.CodeNotFound, Message: fmt.Sprintf(format, args...) + " not found"}
}

func denied() *params.Error {
	return &params.Error{Code: params.CodeUnauthorized, Message: "permission denied"}
}

// fine is the answer to a change of one thing.
func fine() params.ErrorResults { return params.ErrorResults{Results: []params.ErrorResult{{}}} }

func refuse(err *params.Error) params.ErrorResults {
	return params.ErrorResults{Results: []params.ErrorResult{{Error: err}}}
}

func oneText(s string) params.StringResults {
	return params.StringResults{Results: []params.StringResult{{Result: s}}}
}

func no(*call) (any, error) { return params.BoolResults{Results: []params.BoolResult{{}}}, nil }
