package workers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// parallel is how many connectors are written at once: writes that arrive
// together share a rebalance.
const parallel = 16

// farewell is how long all unregistering may take when Kafka or Kubernetes goes.
const farewell = 20 * time.Second

// UnregisterAll deletes the connectors this application registered, as far as
// the workers still answer, and keeps them in mind: [Unit.Restore] brings
// them back. It gives the names that could not be deleted, which is no error:
// the workers that run them are about to go. Leader only.
func (u *Unit) UnregisterAll(ctx context.Context) (left []string, err error) {
	if err := u.mustLead(ctx); err != nil {
		return nil, err
	}
	m, err := u.recall(ctx)
	if err != nil || len(m.Connectors) == 0 {
		return nil, err
	}
	names := sortedKeys(m.Connectors)
	if u.nobodyAnswers(ctx) {
		return names, nil
	}
	client, err := u.connect(ctx)
	if err != nil {
		return names, nil
	}
	ctx, cancel := context.WithTimeout(ctx, min(farewell, u.remaining()))
	defer cancel()
	failures := each(ctx, names, func(ctx context.Context, name string) error {
		_, err := client.Delete(ctx, name)
		if errors.Is(err, connect.NotFound) {
			return nil
		}
		return err
	})
	for i, name := range names {
		if failures[i] != nil {
			u.Log().Warn("connector stays registered", "connector", name, "reason", failures[i])
			left = append(left, name)
		}
	}
	return left, nil
}

// nobodyAnswers says whether it is certain that no worker is there to be asked,
// as when a hook that was killed had stopped them already: asking would take all
// the time there is.
func (u *Unit) nobodyAnswers(ctx context.Context) bool {
	w, p, err := u.identified(ctx)
	if err != nil {
		return false
	}
	r, err := p.rollout(ctx, w)
	return err == nil && r.Ready == 0
}

// each runs do for every name, some at once, and gives each one's error. A
// canceled context ends them all.
func each(ctx context.Context, names []string, do func(context.Context, string) error) []error {
	failures := make([]error, len(names))
	var group errgroup.Group
	group.SetLimit(parallel)
	for i, name := range names {
		group.Go(func() error {
			failures[i] = do(ctx, name)
			return nil
		})
	}
	group.Wait() // its functions give no error: each keeps its own
	return failures
}

// Restore registers every remembered connector that Connect does not have, or
// has otherwise, and gives it the state it had. It gives how many it had to write.
// Leader only.
func (u *Unit) Restore(ctx context.Context) (written int, err error) {
	m, err := u.recall(ctx)
	if err != nil || len(m.Connectors) == 0 {
		return 0, err
	}
	v, err := u.open(ctx)
	if err != nil {
		return 0, err
	}
	live, err := u.live(ctx)
	if err != nil {
		return 0, err
	}
	var missing []string
	for _, name := range sortedKeys(m.Connectors) {
		if config, known := v.Connectors[name]; known && !asRemembered(live[name], config, m.Connectors[name].State) {
			missing = append(missing, name)
		}
	}
	failures := each(ctx, missing, func(ctx context.Context, name string) error {
		return u.restore(ctx, name, v.Connectors[name], m.Connectors[name].State, live[name])
	})
	return len(missing), errors.Join(failures...)
}

func asRemembered(live connect.Expanded, config map[string]string, state State) bool {
	paused := live.Status.Connector.State == string(StatePaused)
	return connect.Equal(live.Info.Config, config) && paused == (state == StatePaused)
}

func (u *Unit) restore(ctx context.Context, name string, config map[string]string, state State, live connect.Expanded) error {
	_, err := u.must(ctx, name, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
		if connect.Equal(live.Info.Config, config) {
			return &connect.Response{StatusCode: http.StatusOK}, nil
		}
		return c.PutConfig(ctx, name, anyMap(config))
	})
	if err != nil || state == StateRunning || state == "" {
		return err
	}
	_, err = u.must(ctx, name, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Pause(ctx, name) })
	return err
}

// must is call for those to whom a refusal is an error.
func (u *Unit) must(ctx context.Context, name string, request func(context.Context, *connect.Client) (*connect.Response, error)) (*connect.Response, error) {
	response, err := u.call(ctx, request)
	if err != nil {
		return nil, err
	}
	if !succeeded(response) {
		return response, fmt.Errorf("cannot register connector %q again: %s", name, Refusal(response))
	}
	return response, nil
}

// live asks for all connectors with their configurations and states, in one request.
func (u *Unit) live(ctx context.Context) (map[string]connect.Expanded, error) {
	response, err := u.call(ctx, func(ctx context.Context, c *connect.Client) (*connect.Response, error) { return c.Expand(ctx) })
	if err != nil {
		return nil, err
	}
	var live map[string]connect.Expanded
	if !succeeded(response) {
		return nil, restOutcome(fmt.Errorf("cannot list the connectors: %s", Refusal(response)))
	}
	return live, response.Decode(&live)
}

// StopWorkers scales the workers to zero, where there are any. Leader only.
func (u *Unit) StopWorkers(ctx context.Context) error {
	if err := u.mustLead(ctx); err != nil {
		return err
	}
	m, err := u.recall(ctx)
	if err != nil || m.Deployed == "" {
		return err
	}
	w, p, err := u.identified(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, u.remaining())
	defer cancel()
	if err := p.scale(ctx, w, 0); err != nil {
		return err
	}
	return u.remember(ctx, func(m *memory) { m.Deployed = stopped })
}

// stopped stands for the fingerprint of workers that were scaled to zero because
// Kafka went: they are ours and are not what is wanted.
const stopped = "stopped"

// RemoveWorkers deletes what was deployed. The last unit does it, leader or not; topics stay.
func (u *Unit) RemoveWorkers(ctx context.Context) error {
	w, p, err := u.identified(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, u.remaining())
	defer cancel()
	return p.remove(ctx, w)
}

// Connectors gives all connectors of the cluster with their states, sorted by name. Leader only.
func (u *Unit) Connectors(ctx context.Context) ([]connect.Expanded, error) {
	live, err := u.live(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]connect.Expanded, 0, len(live))
	for _, name := range sortedKeys(live) {
		list = append(list, live[name])
	}
	return list, nil
}
