package workers

// How the workers and the connectors are.

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// Health is what a look at Kubernetes and Connect found.
type Health struct {
	Deployed bool   // the workload is there, as it was deployed
	Ready    bool   // and every worker is ready and answers
	Message  string // what is not so
	Missing  int    // remembered connectors that Connect does not have as they were registered, or that rest or run against what was asked
	Failed   string // a remembered connector that failed, or has a failed task, with the first line of its trace
}

// Health looks at Kubernetes and Connect, with one request to each where all is well. Leader only.
func (u *Unit) Health(ctx context.Context) (Health, error) {
	if err := u.mustLead(ctx); err != nil {
		return Health{}, err
	}
	w, err := u.Wanted(ctx)
	if err != nil {
		return Health{}, err
	}
	p, err := u.where(ctx)
	if err != nil {
		return Health{}, err
	}
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	r, err := p.rollout(ctx, w)
	if err != nil {
		return Health{}, err
	}
	health := Health{Deployed: r.Current, Ready: r.Done, Message: r.Message}
	if !health.Deployed || !health.Ready {
		return health, nil
	}
	err = u.connectorHealth(ctx, &health)
	return health, err
}

func (u *Unit) connectorHealth(ctx context.Context, health *Health) error {
	m, err := u.recall(ctx)
	if err != nil || len(m.Connectors) == 0 {
		return err
	}
	live, err := u.live(ctx)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(m.Connectors) {
		registered := m.Connectors[name]
		info, known := live[name]
		if !known || fingerprint(info.Info.Config) != registered.Hash || resting(State(info.Status.Connector.State)) != resting(registered.State) {
			health.Missing++
		} else if why := failure(info); why != "" && health.Failed == "" {
			health.Failed = fmt.Sprintf("connector %s failed: %s", name, why)
		}
	}
	return nil
}

// failure gives the first line of the trace of what failed, without secrets.
func failure(now connect.Expanded) string {
	for _, state := range append([]connect.State{now.Status.Connector}, now.Status.Tasks...) {
		if state.State == connect.FailedNow {
			return orDefault(connect.FirstLine(state.Trace, now.Info.Config), "no reason given")
		}
	}
	return ""
}

// Registered gives a count of the connectors this application has registered by
// the time it is asked. Leader only.
func (u *Unit) Registered(ctx context.Context) (count func() int, err error) {
	m, err := u.recall(ctx)
	if err != nil {
		return nil, err
	}
	return func() int { return len(m.Connectors) }, nil
}
