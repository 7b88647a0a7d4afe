package connecttest

// The workers' thread: it takes operations in order, stands still during a rebalance, and moves connectors from state
// to state. Real workers have one each; one for all shows the same.

import (
	"net/http"
	"slices"
	"time"
)

// A Phase is a part of a rebalance that a test can hold open.
type Phase string

// The phases.
const (
	// Stale: a configuration changed and workers are about to rejoin. What needs the current one is refused.
	Stale Phase = "stale"
	// Joining: workers agree on who does what. Everything that needs their thread waits.
	Joining Phase = "joining"
)

// tick is how often the thread looks for work.
const tick = 2 * time.Millisecond

// Hold begins a phase that lasts until the returned func is called.
func (c *Cluster) Hold(phase Phase) (release func()) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.held[phase]++
	c.count++
	released := false
	return func() {
		c.store.mu.Lock()
		defer c.store.mu.Unlock()
		if !released {
			released = true
			c.held[phase]--
		}
	}
}

// BreakForwarding keeps workers from reaching each other, or lets them again.
func (c *Cluster) BreakForwarding(broken bool) {
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	c.apart = broken
}

func (c *Cluster) stale() bool   { return c.held[Stale] > 0 || time.Now().Before(c.staleTil) }
func (c *Cluster) joining() bool { return c.held[Joining] > 0 || time.Now().Before(c.joinTil) }

// rebalance begins one; work is handed out anew when it ends, work of the dead after lost. The lock is held.
func (c *Cluster) rebalance(lost time.Duration) {
	c.count++
	now := time.Now()
	c.staleTil = now.Add(c.o.Timing.Stale)
	c.joinTil = c.staleTil.Add(c.o.Timing.Join)
	for _, name := range c.names() {
		c.in(c.connectors()[name], c.o.Timing.Stale+c.o.Timing.Join+lost, c.assign)
	}
}

// An operation is something a call wants done by the thread.
type operation struct {
	guarded bool // refused while a rebalance is due
	do      func() (answer, error)
	answer  chan result
}

type result struct {
	answer answer
	err    error
}

// perform hands an operation to the thread and waits for it, as long as a worker waits. An operation nobody waits for
// any more is done all the same.
func (c *Cluster) perform(r *http.Request, guarded bool, do func() (answer, error)) (answer, error) {
	op := &operation{guarded: guarded, do: do, answer: make(chan result, 1)}
	c.store.mu.Lock()
	c.queue = append(c.queue, op)
	c.store.mu.Unlock()
	timer := time.NewTimer(c.o.Timing.Request)
	defer timer.Stop()
	select {
	case got := <-op.answer:
		return got.answer, got.err
	case <-timer.C:
		return answer{}, refuse(500, "Request timed out. The worker is currently ensuring membership in the cluster, which began at %s",
			time.Now().Add(-c.o.Timing.Request).UTC().Format("2006-01-02T15:04:05.000Z"))
	case <-r.Context().Done():
		return answer{}, r.Context().Err()
	case <-c.done:
		return answer{}, refuse(500, "Request timed out")
	}
}

// errStale is what the thread says while a rebalance is due; how that is told depends on the call.
var errStale = refuse(500, "Request cannot be completed because a rebalance is expected")

func (c *Cluster) thread() {
	defer c.ended.Done()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
			c.store.mu.Lock()
			c.work()
			c.store.mu.Unlock()
		}
	}
}

// work is one round. Changes found in one round share one rebalance. The lock is held.
func (c *Cluster) work() {
	if len(c.workers) == 0 {
		c.queue = nil
		clear(c.steps)
		return
	}
	stale := c.stale()
	if c.joining() && !stale {
		return
	}
	queue := c.queue
	c.queue = nil
	for _, op := range queue {
		if op.guarded && stale {
			op.answer <- result{err: errStale}
			continue
		}
		got, err := op.do()
		op.answer <- result{got, err}
	}
	if !stale {
		for _, name := range c.names() {
			c.advance(c.connectors()[name])
		}
		c.move()
	}
	if c.due {
		c.due = false
		c.count++
		c.staleTil = time.Now().Add(c.o.Timing.Stale)
		c.joinTil = c.staleTil.Add(c.o.Timing.Join)
	}
}

// A step is something that happens to a connector at a time.
type step struct {
	at time.Time
	do func(*connector)
}

// in plans a step for a connector. The lock is held.
func (c *Cluster) in(k *connector, wait time.Duration, do func(*connector)) {
	at := time.Now().Add(wait)
	if n := len(c.steps[k]); n > 0 && c.steps[k][n-1].at.After(at) {
		at = c.steps[k][n-1].at // in order, always
	}
	c.steps[k] = append(c.steps[k], step{at, do})
}

// advance does the steps that are due.
func (c *Cluster) advance(k *connector) {
	for len(c.steps[k]) > 0 && !time.Now().Before(c.steps[k][0].at) {
		next := c.steps[k][0]
		c.steps[k] = slices.Delete(c.steps[k], 0, 1)
		next.do(k)
	}
}
