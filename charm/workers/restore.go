package workers

// How connectors come back that Connect no longer has as they were registered.

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Restore registers every remembered connector that Connect does not have, or
// has otherwise, and gives it the state it had. It gives how many it had to write.
// Leader only.
func (u *Unit) Restore(ctx context.Context) (written int, err error) {
	if err := u.adoptFormer(ctx); err != nil {
		return 0, err
	}
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
	for _, err := range each(ctx, missing, func(ctx context.Context, name string) error {
		return u.restore(ctx, name, v.Connectors[name], m.Connectors[name].State, live[name])
	}) {
		if err != nil {
			return 0, err
		}
	}
	return len(missing), nil
}

// asRemembered: a state that is not known yet is no reason to write.
func asRemembered(live connect.Expanded, config map[string]string, state State) bool {
	return connect.Equal(live.Info.Config, config) && resting(State(live.Status.Connector.State)) == resting(state)
}

func (u *Unit) restore(ctx context.Context, name string, config map[string]string, state State, live connect.Expanded) error {
	if !connect.Equal(live.Info.Config, config) {
		if _, err := u.must(ctx, name, func(ctx context.Context, c *connect.Client) (*connect.Response, error) {
			return c.PutConfig(ctx, name, anyMap(config))
		}); err != nil {
			return err
		}
	}
	if resting(State(live.Status.Connector.State)) == resting(state) {
		return nil
	}
	return u.bring(ctx, name, state)
}

// must is call for those to whom a refusal is an end: a blocked outcome.
func (u *Unit) must(ctx context.Context, name string, request func(context.Context, *connect.Client) (*connect.Response, error)) (*connect.Response, error) {
	response, err := u.call(ctx, request)
	if err != nil {
		return nil, err
	}
	if !succeeded(response) {
		return response, reactive.Blocked("connector %s: %s", name, Refusal(response))
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
	err = response.Decode(&live)
	for name, one := range live {
		one.Status = u.Conceal(one.Status)
		live[name] = one
	}
	u.seen = live
	return live, err
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

// parallel is how many connectors are written at once: writes that arrive
// together share a rebalance.
const parallel = 16

// each runs do for every name, some at once, and gives each one's error. A
// cancelled context ends them all.
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
