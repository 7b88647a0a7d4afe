package workers

// How what was built is taken down: when Kafka or Kubernetes goes, and when the
// application does.

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// TakeLeave runs while what an endpoint gives is missing, Kafka or Kubernetes: it
// unregisters what this application registered, as far as that is still possible,
// and stops the workers. All is remembered and comes back with them. It says
// whether there was anything to leave. Two units do nothing: one that has only not
// met the other side yet, and one that itself is going while others stay; the
// world they would take down is whole. Leader only.
func (u *Unit) TakeLeave(ctx context.Context, endpoint string) (left bool, err error) {
	if err := u.mustLead(ctx); err != nil {
		return false, err
	}
	m, err := u.recall(ctx)
	if err != nil || m.Deployed == "" || m.Deployed == stopped {
		return m != nil && m.Deployed == stopped, err
	}
	if gone, err := u.gone(ctx, endpoint); err != nil || !gone {
		return false, err
	}
	dying, others, err := u.fate(ctx)
	if err != nil || dying && others {
		return false, err
	}
	if _, err := u.UnregisterAll(ctx); err != nil {
		return false, err
	}
	if access, err := u.Access(ctx); err != nil || access == "" {
		u.Log().Warn("no way to Kubernetes: the workers go on there as they are", "namespace", m.Namespace, "statefulset", u.Application()+"-connect")
		return true, err
	}
	return true, u.StopWorkers(ctx)
}

// gone says whether the other side of an endpoint went, as opposed to not having
// reached this unit yet: a new unit may lead from its first hook on. While the
// relation is being removed Juju still lists the other side's units, so then the
// hook tells. An application of another model stands there by its URL.
func (u *Unit) gone(ctx context.Context, endpoint string) (bool, error) {
	hook := u.Env().Hook
	if hook.Endpoint == endpoint && (strings.HasSuffix(hook.Name, "-departed") || strings.HasSuffix(hook.Name, "-broken")) {
		return true, nil
	}
	goal, err := u.GoalState(ctx)
	if err != nil {
		return false, err
	}
	for name, member := range goal.Relations[endpoint] {
		if strings.Contains(name, "/") && member.Status != "dying" && member.Status != "dead" {
			return false, nil
		}
	}
	return true, nil
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
		u.Log().Warn("no way to Kubernetes: what was deployed there stays, delete it by its label", "label", "app.kubernetes.io/instance="+u.Application()+"-connect")
		return err
	}
	u.together = true
	if m, err := u.recall(ctx); errors.Is(err, reactive.ErrNewerState) {
		return err
	} else if err != nil {
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

// farewell is how long all unregistering may take when Kafka or Kubernetes goes.
const farewell = 20 * time.Second

// UnregisterAll deletes the connectors this application registered, and those
// that it keeps as the attached folder says, as far as the workers still answer.
// They are not forgotten: [Unit.Restore] brings back the ones, [Unit.KeepAttached]
// the others. It gives the names that could not be deleted, which is no error:
// the workers that run them are about to go. Leader only.
func (u *Unit) UnregisterAll(ctx context.Context) (left []string, err error) {
	if err := u.mustLead(ctx); err != nil {
		return nil, err
	}
	m, err := u.recall(ctx)
	if err != nil || len(m.Connectors) == 0 && m.Owner == "" {
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
	names = append(names, u.attachedThere(ctx, client, m.Owner)...)
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
	ctx, cancel := u.attempt(ctx)
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
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	return p.remove(ctx, w)
}
