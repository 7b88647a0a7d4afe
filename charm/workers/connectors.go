package workers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The methods of this file are the original layer's REST helpers. Each gives
// Connect's answer, whatever its status code, and a nil error; a request that
// could not be made gives nil and an error, which a handler may return as it is:
// [ErrNotLeader], or a waiting outcome when Connect did not answer in time.

// RegisterConnector makes Connect run the connector: it is created, or its
// configuration replaced. Values may be strings, numbers and booleans. Where Connect already
// has just this configuration nothing is written, because writing restarts a
// connector; the answer is then 200. It is remembered, so that it is registered
// again after Kafka or Kubernetes went and came. One that an operator paused stays
// paused, also when it has to be created anew. Leader only.
func (u *Unit) RegisterConnector(ctx context.Context, connector map[string]any, name string) (*connect.Response, error) {
	config, err := normalise(connector, name)
	if err != nil {
		return nil, reactive.Blocked("connector %q cannot be registered: %v", name, err)
	}
	if err := u.notAttached(ctx, name); err != nil {
		return nil, err
	}
	response, err := u.put(ctx, name, config)
	if err != nil || !succeeded(response) {
		return response, err
	}
	if err := u.keep(ctx, func(v *vault) { v.Connectors[name] = config }); err != nil {
		return nil, err
	}
	if err := u.remember(ctx, func(m *memory) {
		registered := m.Connectors[name]
		registered.State = State(orDefault(string(registered.State), string(StateRunning)))
		registered.Hash = fingerprint(config)
		m.Connectors[name] = registered
	}); err != nil {
		return nil, err
	}
	return response, u.restAgain(ctx, name, response)
}

// normalise refuses a bad name before any call, and makes every value a string.
func normalise(connector map[string]any, name string) (map[string]string, error) {
	if err := connect.CheckName(name); err != nil {
		return nil, err
	}
	config, err := connect.Normalise(connector)
	if err != nil {
		return nil, err
	}
	if given := config["name"]; given != "" && given != name {
		return nil, fmt.Errorf("its configuration says name=%q", given)
	}
	config["name"] = name
	return config, nil
}

func anyMap(config map[string]string) map[string]any {
	out := make(map[string]any, len(config))
	for key, value := range config {
		out[key] = value
	}
	return out
}

// put writes a configuration unless Connect has it.
func (u *Unit) put(ctx context.Context, name string, config map[string]string) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
		response, err := c.Config(ctx, name)
		var live map[string]string
		if err == nil && response.Decode(&live) == nil && connect.Equal(live, config) {
			return response, nil
		}
		if err != nil && !isAnswer(err) {
			return nil, err
		}
		return c.PutConfig(ctx, name, anyMap(config))
	})
}

// UnregisterConnector deletes a connector and forgets it. One that is not there
// answers 404, which is as good as 204. Its offsets are kept, as Connect does. Leader only.
func (u *Unit) UnregisterConnector(ctx context.Context, name string) (*connect.Response, error) {
	if err := u.notAttached(ctx, name); err != nil {
		return nil, err
	}
	response, err := u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
		return c.Delete(ctx, name)
	})
	if err != nil || !succeeded(response) && response.StatusCode != http.StatusNotFound {
		return response, err
	}
	return response, u.forget(ctx, name)
}

func (u *Unit) forget(ctx context.Context, name string) error {
	m, err := u.recall(ctx)
	if err != nil {
		return err
	}
	if _, known := m.Connectors[name]; !known {
		return nil
	}
	if err := u.keep(ctx, func(v *vault) { delete(v.Connectors, name) }); err != nil {
		return err
	}
	return u.remember(ctx, func(m *memory) { delete(m.Connectors, name) })
}

// ListConnectors gives a JSON array of names. Leader only.
func (u *Unit) ListConnectors(ctx context.Context) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Connectors(ctx) })
}

// ConnectorStatus gives a connector's state and its tasks'. Just after a connector
// was registered Connect answers 404. Leader only.
func (u *Unit) ConnectorStatus(ctx context.Context, name string) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Status(ctx, name) })
}

// ConnectorRestart restarts the connector itself; see [Unit.RestartConnector] for its tasks. Leader only.
func (u *Unit) ConnectorRestart(ctx context.Context, name string) (*connect.Response, error) {
	return u.RestartConnector(ctx, name, connect.Restart{})
}

// RestartConnector restarts a connector, with its tasks or only what failed where asked. Leader only.
func (u *Unit) RestartConnector(ctx context.Context, name string, options connect.Restart) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
		return c.Restart(ctx, name, options)
	})
}

// ConnectorPause pauses a connector and its tasks, and remembers that. Leader only.
func (u *Unit) ConnectorPause(ctx context.Context, name string) (*connect.Response, error) {
	return u.setState(ctx, name, StatePaused, (*connect.Client).Pause)
}

// ConnectorResume resumes a paused or stopped connector, and remembers that. Leader only.
func (u *Unit) ConnectorResume(ctx context.Context, name string) (*connect.Response, error) {
	return u.setState(ctx, name, StateRunning, (*connect.Client).Resume)
}

// ListTasks gives a connector's tasks with their configurations. Leader only.
func (u *Unit) ListTasks(ctx context.Context, name string) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Tasks(ctx, name) })
}

func (u *Unit) setState(ctx context.Context, name string, state State,
	set func(*connect.Client, context.Context, string) (*connect.Response, error),
) (*connect.Response, error) {
	if err := u.notAttached(ctx, name); err != nil {
		return nil, err
	}
	response, err := u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
		return set(c, ctx, name)
	})
	if err != nil || !succeeded(response) {
		return response, err
	}
	m, err := u.recall(ctx)
	if err != nil {
		return nil, err
	}
	registered, known := m.Connectors[name]
	if !known || registered.State == state {
		return response, nil
	}
	registered.State = state
	return response, u.remember(ctx, func(m *memory) { m.Connectors[name] = registered })
}

// call makes a request as the leader, within the hook's budget. An answer of any
// status is a response; only what never came is an error.
func (u *Unit) call(ctx context.Context, request func(context.Context, *connect.Client) (*connect.Response, error)) (*connect.Response, error) {
	client, err := u.reach(ctx)
	if err != nil {
		return nil, err
	}
	u.seen = nil
	ctx, cancel := context.WithTimeout(ctx, u.remaining())
	defer cancel()
	response, err := request(ctx, client)
	if isAnswer(err) {
		return response, nil
	}
	if err != nil {
		return nil, restOutcome(err)
	}
	return response, nil
}

// reach gives the REST client to the leader, where there are workers.
func (u *Unit) reach(ctx context.Context) (*connect.Client, error) {
	if err := u.mustLead(ctx); err != nil {
		return nil, err
	}
	if settings, err := u.Settings(ctx); err == nil && settings.Workers == 0 {
		return nil, reactive.Blocked("no worker runs to be asked: option workers is 0")
	}
	return u.connect(ctx)
}

// isAnswer says whether an error is Connect's own word, not a lack of one.
func isAnswer(err error) bool {
	var refused *connect.Error
	var late *connect.BudgetError
	return errors.As(err, &refused) && refused.Status != 0 && !errors.As(err, &late)
}

func succeeded(r *connect.Response) bool { return r != nil && r.StatusCode/100 == 2 }

// Refusal says in one line what an answer that is no success says.
func Refusal(r *connect.Response) string {
	var body struct{ Message string }
	if r.Decode(&body) != nil || body.Message == "" {
		return fmt.Sprintf("Kafka Connect answered %d", r.StatusCode)
	}
	return fmt.Sprintf("Kafka Connect answered %d: %s", r.StatusCode, body.Message)
}

// restOutcome: whatever did not answer in time is asked again in the next hook.
func restOutcome(err error) error {
	if err == nil || errors.Is(err, ErrNotLeader) {
		return err
	}
	if o, _ := reactive.OutcomeOf(err); o != reactive.OutcomeFailed {
		return err
	}
	if errors.Is(err, connect.Invalid) {
		return reactive.Blocked("%v", err)
	}
	return reactive.Waiting("waiting for Kafka Connect: %v", err)
}

// Accepted turns what a REST helper gave into what a handler returns: nil where
// Connect accepted the request, a blocked outcome with Connect's words where it refused.
func Accepted(response *connect.Response, err error) error {
	if err != nil || succeeded(response) {
		return err
	}
	return reactive.Blocked("%s", Refusal(response))
}

// connect makes the REST client, once a hook. Where Kubernetes is no longer
// reachable the address is tried at which the workers last answered.
func (u *Unit) connect(ctx context.Context) (*connect.Client, error) {
	if u.client != nil {
		return u.client, nil
	}
	urls, transport, err := u.rest(ctx)
	if err != nil {
		return nil, err
	}
	u.client, err = connect.New(connect.Options{
		URLs: urls, HTTP: &http.Client{Transport: transport}, Seam: u.options.Seam, Log: u.Log(),
		Budget: u.remaining(), AttemptTimeout: attemptLimit, Before: u.mustLead,
		Secrets: func() []string { return u.attachedTexts(ctx) },
	})
	return u.client, err
}

func (u *Unit) rest(ctx context.Context) ([]string, http.RoundTripper, error) {
	access, err := u.Access(ctx)
	if err != nil {
		return nil, nil, err
	}
	if m, err := u.recall(ctx); access == "" && err == nil && len(m.Service) > 0 {
		return m.Service, nil, nil
	}
	w, p, err := u.identified(ctx)
	if err != nil {
		return nil, nil, err
	}
	return p.rest(ctx, w)
}

// GetWorkerService gives "host:port" of the workers' Service, or "" where it is
// not known yet. Leader only.
func (u *Unit) GetWorkerService(ctx context.Context) (string, error) {
	m, err := u.recall(ctx)
	if err != nil || len(m.Service) == 0 {
		return "", err
	}
	_, address, _ := strings.Cut(m.Service[0], "://")
	return strings.TrimSuffix(address, "/"), nil
}
