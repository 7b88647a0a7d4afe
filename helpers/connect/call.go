package connect

// The one loop: every method of this package is a call, made of attempts, until one settles it or the time is up.

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	firstPause = 250 * time.Millisecond
	maxPause   = 5 * time.Second
)

// A request is what one method wants. Repeating it must do no harm, unless settle can tell that it is not needed.
type request struct {
	method    string
	path      string // encoded
	query     url.Values
	body      any
	connector string
	once      bool // a probe: the first answer is the answer
	// settle looks at what is registered, after an attempt whose outcome is not known, and gives the answer that attempt
	// would have had; nil when it was not applied. Without settle the request is just repeated.
	settle func(live map[string]Expanded) *Response
}

func (r request) String() string {
	if len(r.query) == 0 {
		return r.method + " " + r.path
	}
	return r.method + " " + r.path + "?" + r.query.Encode()
}

// readBack asks for all there is: unlike a connector's own path it is never blocked or refused by a rebalance.
func readBack() request {
	return request{method: http.MethodGet, path: "/connectors", query: url.Values{"expand": {"info"}}}
}

// A call is one request on its way.
type call struct {
	*Client
	request
	unsure   bool      // an attempt may have been applied: look before repeating it
	ever     bool      // some attempt may have been
	conflict *Error    // "already exists", said after such an attempt: perhaps it was us
	refused  *Response // that came with conflict
	clear    bool      // it is known what to do next, without waiting
	aside    int       // workers in a row that could not be reached
	spent    BudgetError
}

// do makes the call.
func (c *Client) do(ctx context.Context, r request) (*Response, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	started := time.Now()
	next := &call{Client: c, request: r, spent: BudgetError{What: r.String()}}
	for {
		if c.o.Before != nil {
			if err := c.o.Before(ctx); err != nil {
				return nil, err
			}
		}
		resp, err, done := next.step(ctx)
		if done {
			return resp, err
		}
		if next.hasty() {
			continue
		}
		if c.o.Again != nil && ctx.Err() == nil {
			if err := c.o.Again(ctx, next.spent.Last); err != nil {
				return nil, err
			}
		}
		if pause(ctx, next.spent.Attempts) {
			continue
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, fmt.Errorf("cannot %s: %w", r, context.Canceled)
		}
		next.spent.Spent = time.Since(started)
		return nil, &next.spent
	}
}

// step makes one attempt, or looks what became of earlier ones, and says whether that was the end.
func (k *call) step(ctx context.Context) (resp *Response, err error, done bool) {
	if k.unsure {
		return k.look(ctx)
	}
	k.spent.Attempts++
	resp, fail := k.attempt(ctx, k.request)
	switch {
	case fail == nil:
		return resp, nil, true
	case fail.Kind == Conflict && k.ever:
		k.conflict, k.refused, k.unsure, k.clear = fail, resp, true, true
		return nil, nil, false
	case k.once || !fail.Kind.passes():
		return resp, fail, true
	}
	if fail.Kind == Unsure && k.settle != nil {
		k.unsure, k.ever = true, true
	}
	k.note(ctx, fail)
	return nil, nil, false
}

// look reads back what an attempt without a clear outcome left behind.
func (k *call) look(ctx context.Context) (resp *Response, err error, done bool) {
	resp, fail := k.attempt(ctx, readBack())
	if fail != nil {
		k.note(ctx, fail)
		return resp, fail, !fail.Kind.passes()
	}
	live, err := As[map[string]Expanded](resp, nil)
	if err != nil {
		return nil, err, true
	}
	if settled := k.settle(live); settled != nil {
		return settled, nil, true
	}
	if k.conflict != nil {
		return k.refused, k.conflict, true
	}
	k.unsure, k.clear = false, true // it was not applied: repeat it
	return nil, nil, false
}

// note remembers why the call is not at its end. What the clock did to the last attempt says less than what came before.
func (k *call) note(ctx context.Context, fail *Error) {
	if k.spent.Last == nil || ctx.Err() == nil {
		k.spent.Last = fail
	}
	if fail.Kind == Unreachable {
		k.aside++
	} else {
		k.aside = 0
	}
	k.o.Log.DebugContext(ctx, "ask kafka connect again", "request", k.request.String(), "attempt", k.spent.Attempts,
		"kind", string(fail.Kind))
}

// hasty says that there is nothing to wait for: it is known what to do next, or another worker can be asked.
func (k *call) hasty() bool {
	if k.clear {
		k.clear = false
		return true
	}
	return k.aside%len(k.workers.urls) != 0
}

// pause waits before attempt n+1: exponential with full jitter, so that many clients do not come back together.
// It does not wait at all when the time would be up by then.
func pause(ctx context.Context, n int) bool {
	limit := min(maxPause, firstPause<<min(n-1, 10))
	wait := rand.N(limit) + 1
	if ends, ok := ctx.Deadline(); ok && time.Until(ends) <= wait {
		return false
	}
	return sleep(ctx, wait)
}

// sleep says whether the context outlived it.
func sleep(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// budget is the time all calls of a client share.
type budget struct {
	total time.Duration
	once  sync.Once
	ends  time.Time
}

// bounded gives a call its time: its own limit, and what is left of the budget.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ends := time.Now().Add(c.o.CallTimeout)
	if c.budget.total > 0 {
		c.budget.once.Do(func() { c.budget.ends = time.Now().Add(c.budget.total) })
		if c.budget.ends.Before(ends) {
			ends = c.budget.ends
		}
	}
	return context.WithDeadline(ctx, ends)
}
