package connectors

// Restarting what has failed: once, or for as long as somebody wants it kept running.

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// A Restarted is a connector that had failed.
type Restarted struct {
	Name string
	// Why it had failed, in one line without secrets.
	Why string
	// Err is set when it could not be restarted.
	Err error
}

// RestartFailed restarts the failed connectors and failed tasks that live
// shows, and nothing else of them (KIP-745, Kafka 3.0), many at a time. Keep
// says which; nil means all.
func RestartFailed(ctx context.Context, client *connect.Client, live *Live, keep func(name string) bool) []Restarted {
	var all []Restarted
	for _, c := range CheckHealth(live).Connectors {
		if hasFailed(live.Connectors[c.Name]) && (keep == nil || keep(c.Name)) {
			all = append(all, Restarted{Name: c.Name, Why: c.Problem})
		}
	}
	var group sync.WaitGroup
	places := make(chan struct{}, 32)
	for i := range all {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			_, all[i].Err = client.Restart(ctx, all[i].Name, connect.Restart{IncludeTasks: true, OnlyFailed: true})
		})
	}
	group.Wait()
	return all
}

// A Keeper restarts what fails, each connector with growing pauses and not
// without end. The zero value is right for most.
type Keeper struct {
	// Interval is the time between two looks. By default, 30 seconds.
	Interval time.Duration
	// First is the pause after a connector's first restart; each further one
	// is twice as long, up to Longest. By default, a minute and an hour.
	First, Longest time.Duration
	// Most is how often one connector is restarted. By default, 7 times.
	Most int
	// Forgive is how long a connector must not have been seen failed for its
	// restarts to be forgotten. By default, an hour.
	Forgive time.Duration
	// Only says which connectors are kept. By default, all.
	Only func(name string) bool
	// Progress is told of every restart, every connector that is given up,
	// and every look that failed. By default, nobody.
	Progress func(Kept)

	patients map[string]*patient
}

// A Kept is something a Keeper did.
type Kept struct {
	Restarted
	// Times is how often the connector has been restarted, of Most.
	Times, Most int
	// GivenUp says that it will not be restarted any more.
	GivenUp bool
}

// A patient is a connector that has failed.
type patient struct {
	restarts int
	next     time.Time // not before
	failed   time.Time // last seen
	givenUp  bool
}

// Keep looks and restarts until ctx ends, and then gives its cause. A look
// that fails is told to Progress, and made again at the next interval; only
// credentials that are refused end it.
func (k *Keeper) Keep(ctx context.Context, client *connect.Client) error {
	interval := k.Interval
	if interval <= 0 {
		interval = 30 * time.Second
	}
	for {
		live, err := Observe(ctx, client)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, connect.Denied):
			return err
		case err != nil:
			k.tell(Kept{Restarted: Restarted{Err: err}})
		default:
			k.Round(ctx, client, live, time.Now())
		}
		if !sleep(ctx, interval) {
			return context.Cause(ctx)
		}
	}
}

// Round restarts what has failed and is due at a time.
func (k *Keeper) Round(ctx context.Context, client *connect.Client, live *Live, at time.Time) {
	due := map[string]bool{}
	for name, now := range live.Connectors {
		if !hasFailed(now) || k.Only != nil && !k.Only(name) {
			continue
		}
		again, givenUp := k.rule(name, at)
		due[name] = again
		if givenUp {
			k.tell(Kept{Restarted: Restarted{Name: name, Why: ailment(now)}, Times: k.most(), Most: k.most(), GivenUp: true})
		}
	}
	for _, one := range RestartFailed(ctx, client, live, func(name string) bool { return due[name] }) {
		if one.Err != nil {
			one.Err = fmt.Errorf("cannot restart connector %q: %w", one.Name, one.Err)
		}
		k.tell(Kept{Restarted: one, Times: k.patients[one.Name].restarts, Most: k.most()})
	}
}

// rule decides about a connector that is seen failed.
func (k *Keeper) rule(name string, at time.Time) (again, givenUp bool) {
	if k.patients == nil {
		k.patients = map[string]*patient{}
	}
	p := k.patients[name]
	if p == nil || at.Sub(p.failed) >= orDefault(k.Forgive, time.Hour) {
		p = &patient{}
		k.patients[name] = p
	}
	p.failed = at
	switch {
	case p.givenUp || at.Before(p.next):
		return false, false
	case p.restarts >= k.most():
		p.givenUp = true
		return false, true
	}
	p.next = at.Add(min(orDefault(k.First, time.Minute)<<min(p.restarts, 20), orDefault(k.Longest, time.Hour)))
	p.restarts++
	return true, false
}

func (k *Keeper) most() int {
	if k.Most <= 0 {
		return 7
	}
	return k.Most
}

func (k *Keeper) tell(what Kept) {
	if k.Progress != nil {
		k.Progress(what)
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}
