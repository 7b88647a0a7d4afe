package connect

// What can be asked about connectors and their tasks: /connectors and everything below it.

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// An Info is a registered connector.
type Info struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
	Tasks  []TaskID          `json:"tasks"`
	Type   string            `json:"type"` // "source", "sink" or "unknown"
}

// A TaskID is one task of a connector.
type TaskID struct {
	Connector string `json:"connector"`
	Task      int    `json:"task"`
}

// A Task is a task and the configuration its connector gave it.
type Task struct {
	ID     TaskID            `json:"id"`
	Config map[string]string `json:"config"`
}

// States of a connector; a task is never stopped, it is gone then.
const (
	Running    = "RUNNING"
	Paused     = "PAUSED"
	Stopped    = "STOPPED" // from Kafka 3.5
	FailedNow  = "FAILED"
	Unassigned = "UNASSIGNED"
	Restarting = "RESTARTING"
)

// A State is what a connector or a task is doing, and where.
type State struct {
	ID       int    `json:"id"` // of a task
	State    string `json:"state"`
	WorkerID string `json:"worker_id"`
	Trace    string `json:"trace,omitempty"` // why it failed; may hold secrets
}

// A Status is what a connector and all its tasks are doing. A connector that is running says nothing of its tasks.
type Status struct {
	Name      string  `json:"name"`
	Connector State   `json:"connector"`
	Tasks     []State `json:"tasks"`
	Type      string  `json:"type"`
}

// Conceal takes the client's secrets out of the traces of a status, and leaves the rest as it is.
func (c *Client) Conceal(s Status) Status {
	s.Tasks = slices.Clone(s.Tasks)
	for _, at := range append(states(s.Tasks), &s.Connector) {
		if at.Trace != "" {
			at.Trace = c.Without(at.Trace)
		}
	}
	return s
}

func states(tasks []State) []*State {
	all := make([]*State, len(tasks))
	for i := range tasks {
		all[i] = &tasks[i]
	}
	return all
}

// Without takes the client's secrets out of a text.
func (c *Client) Without(text string) string { return c.secrets.without(text) }

// Hide gives a configuration that may be shown, as the function [Hide] does, without the client's secrets.
func (c *Client) Hide(config map[string]string) map[string]string {
	shown := Hide(config)
	for key, value := range shown {
		shown[key] = c.Without(value)
	}
	return shown
}

// Expanded is one entry of [Client.Expand].
type Expanded struct {
	Info   Info   `json:"info"`
	Status Status `json:"status"`
}

// Connectors asks for the names of all connectors: []string, in no order. A rebalance does not hold it up.
func (c *Client) Connectors(ctx context.Context) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/connectors"})
}

// Expand asks for everything about all connectors in one request: map[string]Expanded. A rebalance does not hold it up.
// A connector that was created a moment ago and has no status yet is left out.
func (c *Client) Expand(ctx context.Context) (*Response, error) {
	return c.do(ctx, request{method: http.MethodGet, path: "/connectors", query: url.Values{"expand": {"info", "status"}}})
}

// Infos asks for the configurations of all connectors, those without a status too: map[string]Expanded.
func (c *Client) Infos(ctx context.Context) (*Response, error) {
	return c.do(ctx, readBack())
}

// Create registers a connector that must not exist yet: 201, or an error of kind Conflict. The initial state is Running,
// Paused or Stopped (from Kafka 3.7); "" leaves it to the worker. [Client.PutConfig] is the better choice without one.
func (c *Client) Create(ctx context.Context, name string, config map[string]any, initialState string) (*Response, error) {
	flat, err := c.config(name, config)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"name": name, "config": flat}
	if initialState != "" {
		body["initial_state"] = initialState
	}
	return c.do(ctx, request{method: http.MethodPost, path: "/connectors", body: body, connector: name,
		settle: asConfigured(http.StatusCreated, name, flat)})
}

// PutConfig registers a connector (201) or gives it another configuration (200). An identical one restarts the connector
// all the same: compare first. The tasks in the answer are those of before.
func (c *Client) PutConfig(ctx context.Context, name string, config map[string]any) (*Response, error) {
	flat, err := c.config(name, config)
	if err != nil {
		return nil, err
	}
	return c.do(ctx, c.about(name, http.MethodPut, "/config", nil, flat, asConfigured(http.StatusOK, name, flat)))
}

// PatchConfig changes single keys; nil removes one. From Kafka 3.8.
func (c *Client) PatchConfig(ctx context.Context, name string, changes map[string]any) (*Response, error) {
	removed := map[string]any{}
	kept := maps.Clone(changes)
	maps.DeleteFunc(kept, func(key string, value any) bool {
		if value == nil {
			removed[key] = nil
		}
		return value == nil
	})
	flat, err := Normalise(kept)
	if err == nil {
		err = CheckName(name)
	}
	if err != nil {
		return nil, named(err, name)
	}
	c.secrets.learn(flat)
	body := maps.Clone(removed)
	for key, value := range flat {
		body[key] = value
	}
	return c.do(ctx, c.about(name, http.MethodPatch, "/config", nil, body, asPatched(name, flat, removed)))
}

// Delete unregisters a connector. One that does not exist is no error: the answer is 404 then. What it has read or
// written so far stays remembered; see [Client.ResetOffsets].
func (c *Client) Delete(ctx context.Context, name string) (*Response, error) {
	resp, err := c.connector(ctx, name, http.MethodDelete, "", func(live map[string]Expanded) *Response {
		if _, ok := live[name]; ok {
			return nil
		}
		return &Response{StatusCode: http.StatusNoContent}
	})
	if errors.Is(err, NotFound) {
		return resp, nil
	}
	return resp, err
}

// Get asks for one connector: [Info]. During a rebalance this waits; [Client.Infos] does not.
func (c *Client) Get(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "", nil)
}

// Config asks for a connector's configuration: map[string]string, always with "name".
func (c *Client) Config(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/config", nil)
}

// Status asks what a connector and its tasks are doing: [Status]. Just after a create there is none yet: NotFound.
func (c *Client) Status(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/status", nil)
}

// Pause stops the flow and keeps the tasks: 202, and it happens later.
func (c *Client) Pause(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodPut, "/pause", nil)
}

// Resume lets a paused or stopped connector run: 202, and it happens later.
func (c *Client) Resume(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodPut, "/resume", nil)
}

// Stop ends the tasks and keeps the configuration: 204, and it happens later. From Kafka 3.5.
func (c *Client) Stop(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodPut, "/stop", nil)
}

// Restart says what to restart. The zero value is the connector itself, without tasks, failed or not.
type Restart struct {
	IncludeTasks bool
	OnlyFailed   bool
}

// Restart restarts a connector: 204 without options, else 202 with a [Status] that shows the plan (from Kafka 3.0). An
// attempt of unknown outcome is repeated, so it may restart twice.
func (c *Client) Restart(ctx context.Context, name string, what Restart) (*Response, error) {
	var query url.Values
	if what != (Restart{}) {
		query = url.Values{"includeTasks": {strconv.FormatBool(what.IncludeTasks)}, "onlyFailed": {strconv.FormatBool(what.OnlyFailed)}}
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return c.do(ctx, c.about(name, http.MethodPost, "/restart", query, nil, nil))
}

// Tasks asks for the tasks and their configurations: []Task.
func (c *Client) Tasks(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/tasks", nil)
}

// TaskStatus asks what one task is doing: [State].
func (c *Client) TaskStatus(ctx context.Context, name string, task int) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/tasks/"+strconv.Itoa(task)+"/status", nil)
}

// RestartTask restarts one task: 204.
func (c *Client) RestartTask(ctx context.Context, name string, task int) (*Response, error) {
	return c.connector(ctx, name, http.MethodPost, "/tasks/"+strconv.Itoa(task)+"/restart", nil)
}

// Topics asks which topics a connector has used since it was created or they were reset:
// map[string]struct{Topics []string}, one entry under its name.
func (c *Client) Topics(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodGet, "/topics", nil)
}

// ResetTopics forgets them.
func (c *Client) ResetTopics(ctx context.Context, name string) (*Response, error) {
	return c.connector(ctx, name, http.MethodPut, "/topics/reset", nil)
}

// connector asks about one connector, without a body.
func (c *Client) connector(ctx context.Context, name, method, below string, settle func(map[string]Expanded) *Response) (*Response, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	return c.do(ctx, c.about(name, method, below, nil, nil, settle))
}

func (c *Client) about(name, method, below string, query url.Values, body any, settle func(map[string]Expanded) *Response) request {
	return request{method: method, path: "/connectors/" + segment(name) + below, query: query, body: body, connector: name, settle: settle}
}

// config checks and normalises a configuration, puts the name in, and remembers its secrets.
func (c *Client) config(name string, config map[string]any) (map[string]string, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	flat, err := Normalise(config)
	if err != nil {
		return nil, named(err, name)
	}
	if own, ok := flat["name"]; ok && own != name {
		return nil, &Error{Method: "config", Connector: name, Kind: Invalid, Message: `its "name" is another one`}
	}
	flat["name"] = name
	c.secrets.learn(flat)
	return flat, nil
}

// named puts a connector's name into an error about its configuration.
func named(err error, name string) error {
	var fail *Error
	if errors.As(err, &fail) && fail.Connector == "" {
		fail.Connector = name
	}
	return err
}

// asConfigured settles a write by what is registered now.
func asConfigured(status int, name string, config map[string]string) func(map[string]Expanded) *Response {
	return func(live map[string]Expanded) *Response {
		found, ok := live[name]
		if !ok || !Equal(found.Info.Config, config) {
			return nil
		}
		return answerOf(status, found.Info)
	}
}

func asPatched(name string, changed map[string]string, removed map[string]any) func(map[string]Expanded) *Response {
	return func(live map[string]Expanded) *Response {
		found, ok := live[name]
		for key, value := range changed {
			now, has := found.Info.Config[key]
			ok = ok && has && now == value
		}
		for key := range removed {
			_, still := found.Info.Config[key]
			ok = ok && !still
		}
		if !ok {
			return nil
		}
		return answerOf(http.StatusOK, found.Info)
	}
}

func answerOf(status int, info Info) *Response {
	raw, err := json.Marshal(info)
	if err != nil {
		return nil
	}
	return &Response{StatusCode: status, JSON: raw}
}
