package workers

// What an operator makes of a connector: it runs, it is paused, it is stopped;
// and what the workers could run.

import (
	"context"
	"errors"
	"net/http"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// ConnectorStop ends a connector's tasks and keeps its configuration and its
// offsets, and remembers that. Workers before Kafka 3.5 answer 404 or 405. Leader only.
func (u *Unit) ConnectorStop(ctx context.Context, name string) (*connect.Response, error) {
	return u.setState(ctx, name, StateStopped, (*connect.Client).Stop)
}

// ListPlugins gives what the worker that answered can run: connectors, and from
// Kafka 3.2 converters, transformations and predicates. Leader only.
func (u *Unit) ListPlugins(ctx context.Context) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Plugins(ctx, false) })
}

// resting is what an operator made of a connector, whatever else it is doing: one that
// failed, or has no status yet, is meant to run.
func resting(state State) State {
	if state == StatePaused || state == StateStopped {
		return state
	}
	return StateRunning
}

// bring makes a connector run, pause or stop.
func (u *Unit) bring(ctx context.Context, name string, state State) error {
	change := (*connect.Client).Resume
	switch resting(state) {
	case StatePaused:
		change = (*connect.Client).Pause
	case StateStopped:
		change = (*connect.Client).Stop
	}
	_, err := u.must(ctx, name, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return change(c, ctx, name) })
	return err
}

// restAgain is for a connector that was just created: it runs, whatever it did before.
func (u *Unit) restAgain(ctx context.Context, name string, response *connect.Response) error {
	m, err := u.recall(ctx)
	if err != nil || response.StatusCode != http.StatusCreated || resting(m.Connectors[name].State) == StateRunning {
		return err
	}
	return u.bring(ctx, name, m.Connectors[name].State)
}

// ConnectorConfig gives a connector's configuration, secrets and all. Leader only.
func (u *Unit) ConnectorConfig(ctx context.Context, name string) (*connect.Response, error) {
	return u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Config(ctx, name) })
}

// Keeps says whether there is a place for connector configurations, so that what is
// registered can come back. Leader only.
func (u *Unit) Keeps(ctx context.Context) (bool, error) {
	_, err := u.Secrets().Info(ctx, vaultLabel)
	switch {
	case err == nil, errors.Is(err, juju.ErrNotFound):
		return true, nil
	case !errors.Is(err, juju.ErrUnsupported):
		return false, err
	}
	p, err := u.where(ctx)
	if err != nil {
		return false, err
	}
	_, able := p.(keeper)
	return able, nil
}
