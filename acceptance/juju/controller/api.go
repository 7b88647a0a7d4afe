package controller

// The API as an agent's connection sees it: requests come as Juju's own clients
// make them, and take the way through JSON that they take on the wire.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/juju/errors"
	"github.com/juju/names/v5"
	"gopkg.in/httprequest.v1"

	"github.com/juju/juju/api/base"
	"github.com/juju/juju/rpc/params"
)

// connection is one unit agent's.
type connection struct {
	base.APICaller // nil: the rest of the interface is never called
	m              *Model
	unit           string
}

// BestFacadeVersion gives the versions of Juju 3.6.
func (c *connection) BestFacadeVersion(facade string) int {
	switch facade {
	case "Uniter":
		return 20
	case "SecretsManager":
		return 2
	}
	return 1
}

func (c *connection) ModelTag() (names.ModelTag, bool)             { return names.NewModelTag(modelUUID), true }
func (c *connection) HTTPClient() (*httprequest.Client, error)     { return &httprequest.Client{}, nil }
func (c *connection) RootHTTPClient() (*httprequest.Client, error) { return &httprequest.Client{}, nil }
func (c *connection) Context() context.Context                     { return context.Background() }

// call is one request of one unit's agent.
type call struct {
	m    *Model
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
		"PayloadsHookContext.List": func(*call) (any, error) { return params.PayloadResults{}, nil },
	})
	return all
}

// APICall answers one request.
func (c *connection) APICall(facade string, _ int, id, request string, args, response any) error {
	in, err := json.Marshal(args)
	if err != nil {
		return err
	}
	out, err := c.m.serve(c.unit, facade, id, request, in)
	if err != nil || response == nil || out == nil {
		return err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, response)
}

func (m *Model) serve(unit, facade, id, request string, in []byte) (any, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch facade {
	case "NotifyWatcher", "StringsWatcher", "RelationUnitsWatcher":
		return m.nextOf(id, request)
	}
	m.lastCall = now()
	defer m.changed.Broadcast()
	u := m.units[unit]
	if u == nil {
		return nil, notFound("unit %q", unit)
	}
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
	return h(&call{m, u, u.app, in})
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
