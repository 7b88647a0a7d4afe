package workers

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// identified gives what finds the workers again and where they are. It works
// with wrong options too, since it needs the namespace only.
func (u *Unit) identified(ctx context.Context) (kube.Workers, platform, error) {
	p, err := u.where(ctx)
	if err != nil {
		return kube.Workers{}, nil, err
	}
	config, err := u.Config(ctx)
	if err != nil {
		return kube.Workers{}, nil, err
	}
	settings, _ := parseSettings(config, u.Application(), u.Model()) // the namespace is read even where others are wrong
	w := u.identity(settings)
	if leads, err := u.IsLeader(ctx); err == nil && leads {
		if m, err := u.recall(ctx); err == nil && m.Namespace != "" {
			w.Namespace = m.Namespace
		}
	}
	return w, p, nil
}

// workersExist says whether this application has workers already.
func (u *Unit) workersExist(ctx context.Context) (bool, error) {
	if access, err := u.Access(ctx); err != nil || access == "" {
		return false, err
	}
	w, p, err := u.identified(ctx)
	if err != nil {
		return false, err
	}
	r, err := p.rollout(ctx, w)
	if isWaiting(err) {
		return false, nil
	}
	return r.Exists, err
}

// Health is what a look at Kubernetes and Connect found.
type Health struct {
	Deployed bool   // the workload is there, as it was deployed
	Ready    bool   // and every worker is ready and answers
	Message  string // what is not so
	Missing  int    // remembered connectors that Connect does not have as they were registered
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
	r, err := p.rollout(ctx, w)
	if err != nil {
		return Health{}, err
	}
	health := Health{Deployed: r.Current, Ready: r.Done, Message: r.Message}
	if !health.Deployed || !health.Ready {
		return health, nil
	}
	return health, u.connectorHealth(ctx, &health)
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
		if !known || fingerprint(info.Info.Config) != registered.Hash {
			health.Missing++
		} else if why := failure(info.Status); why != "" && health.Failed == "" {
			health.Failed = fmt.Sprintf("connector %s failed: %s", name, why)
		}
	}
	return nil
}

// failure gives the first line of the trace of what failed.
func failure(status connect.Status) string {
	for _, state := range append([]connect.State{status.Connector}, status.Tasks...) {
		if state.State == connect.FailedNow {
			line, _, _ := strings.Cut(orDefault(state.Trace, "no reason given"), "\n")
			return strings.TrimSpace(line)
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

// StandBy takes back what this unit wrote into relations while it was the leader.
func (u *Unit) StandBy(ctx context.Context) error {
	if err := u.withdraw(ctx); err != nil {
		return err
	}
	return u.clear(ctx, WebsiteEndpoint, "hostname", "private-address", "port")
}

// WebsiteEndpoint is where a proxy learns the REST API's address.
const WebsiteEndpoint = "website"

// TellWebsite writes the workers' address, as the interface http has it. Leader only.
func (u *Unit) TellWebsite(ctx context.Context) error {
	address, err := u.GetWorkerService(ctx)
	if err != nil || address == "" {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil // reached through the API server's proxy: no address a proxy could use
	}
	relations, err := u.Relations(ctx, WebsiteEndpoint)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		relation.Set("hostname", host)
		relation.Set("private-address", host)
		relation.Set("port", port)
	}
	return nil
}

// TakeLeave runs while Kafka or Kubernetes is gone: it unregisters what this
// application registered, as far as that is still possible, and stops the
// workers. All is remembered and comes back with them. It says whether
// there was anything to leave. A unit that itself is going while others stay
// does nothing: the next leader's world is still whole. Leader only.
func (u *Unit) TakeLeave(ctx context.Context) (left bool, err error) {
	if err := u.mustLead(ctx); err != nil {
		return false, err
	}
	m, err := u.recall(ctx)
	if err != nil || m.Deployed == "" || m.Deployed == stopped {
		return m != nil && m.Deployed == stopped, err
	}
	dying, others, err := u.fate(ctx)
	if err != nil || dying && others {
		return false, err
	}
	if _, err := u.UnregisterAll(ctx); err != nil {
		return false, err
	}
	if access, err := u.Access(ctx); err != nil || access == "" {
		return true, err
	}
	return true, u.StopWorkers(ctx)
}

// RemoveWithLast deletes the workers when this unit goes and no other unit stays.
// Units that go together do not wait for each other: the first to come here, leader
// or not, also unregisters what the leader could not yet, as far as Juju lets it
// read what that is.
func (u *Unit) RemoveWithLast(ctx context.Context) error {
	dying, others, err := u.fate(ctx)
	if err != nil || !dying || others {
		return err
	}
	if access, err := u.Access(ctx); err != nil || access == "" {
		return err
	}
	u.together = true
	if m, err := u.recall(ctx); err != nil {
		u.Log().Warn("connectors stay registered in Connect's topics", "reason", err)
	} else if m.Deployed != stopped {
		if _, err := u.UnregisterAll(ctx); err != nil {
			return err
		}
	}
	return u.RemoveWorkers(ctx)
}

// fate asks Juju whether this unit is going, and whether other units stay. A pod
// that is only restarted is not going.
func (u *Unit) fate(ctx context.Context) (dying, others bool, err error) {
	goal, err := u.GoalState(ctx)
	if err != nil {
		return false, false, err
	}
	for name, unit := range goal.Units {
		gone := unit.Status == "dying" || unit.Status == "dead"
		switch {
		case name == u.Name():
			dying = gone
		case !gone:
			others = true
		}
	}
	return dying, others, nil
}

// Remote gives the data of the first remote unit, or else application, that has
// written every key the endpoint was declared with. While there is none the
// error is a waiting outcome; a rule that waits for Available never sees it.
func (u *Unit) Remote(ctx context.Context, endpoint flags.EndpointFlags) (map[string]string, error) {
	relations, err := u.Relations(ctx, endpoint.Name)
	if err != nil {
		return nil, err
	}
	for _, relation := range relations {
		units, err := relation.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, unit := range units {
			data, err := relation.Get(ctx, unit)
			if err != nil || hasAll(data, endpoint.Available.Needs()) {
				return data, err
			}
		}
		data, err := relation.AppData(ctx)
		if err != nil || hasAll(data, endpoint.Available.Needs()) {
			return data, err
		}
	}
	return nil, reactive.Waiting("waiting for the relation %q to be complete", endpoint.Name)
}

func hasAll(data map[string]string, keys []string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return data[key] == "" })
}
