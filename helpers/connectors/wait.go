package connectors

// Waiting: one look at everything for all connectors that are awaited, not one look for each.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// A watcher looks at the cluster until every connector it watches has come to
// where it should, or will not.
type watcher struct {
	a      *applying
	places *slots // given back by what runs; nil for none
	total  int

	mu      sync.Mutex
	pending map[*job]bool
	closing bool
	behind  int
	ended   chan struct{}
	nudge   chan struct{}
}

func newWatcher(a *applying, places *slots, total int) *watcher {
	return &watcher{a: a, places: places, total: total, pending: map[*job]bool{}, ended: make(chan struct{}), nudge: make(chan struct{}, 1)}
}

// watch awaits one more connector.
func (w *watcher) watch(j *job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pending[j] = true
	w.wake()
}

// start begins to look.
func (w *watcher) start(ctx context.Context) { go w.run(ctx) }

// finish waits until there is nothing left to wait for.
func (w *watcher) finish() {
	w.mu.Lock()
	w.closing = true
	w.wake()
	w.mu.Unlock()
	<-w.ended
}

func (w *watcher) wake() {
	select {
	case w.nudge <- struct{}{}:
	default:
	}
}

func (w *watcher) run(ctx context.Context) {
	defer close(w.ended)
	cost, interval := time.Duration(0), w.a.o.Poll/4 // a few are there soon
	for {
		w.mu.Lock()
		waiting, closing := len(w.pending), w.closing
		w.mu.Unlock()
		switch {
		case waiting == 0 && closing:
			return
		case waiting == 0:
			<-w.nudge
			continue
		}
		if !sleep(ctx, jittered(max(interval, min(4*cost, restful)))) {
			w.giveUp(ctx)
			if w.isClosing() {
				return
			}
			<-w.nudge
			continue
		}
		asked := time.Now()
		now, err := connect.As[map[string]connect.Expanded](w.a.client.Expand(ctx))
		cost, interval = time.Since(asked), min(2*interval, w.a.o.Poll)
		w.judge(ctx, withoutSecretTraces(w.a.client, now), err)
	}
}

func (w *watcher) isClosing() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closing
}

// judge decides about every connector that is awaited.
func (w *watcher) judge(ctx context.Context, now map[string]connect.Expanded, failed error) {
	var over *connect.BudgetError
	if failed != nil && ctx.Err() != nil {
		return // giveUp speaks
	}
	w.mu.Lock()
	awaited := slices.Collect(maps.Keys(w.pending))
	w.mu.Unlock()
	var again []*job
	for _, j := range awaited {
		next := verdict{missing: "the workers do not answer"}
		if failed == nil {
			next = j.verdict(now, time.Now(), w.a.o)
		}
		switch {
		case failed != nil && !errors.As(failed, &over):
			w.settle(j, Failed, fmt.Errorf("it was written, but cannot be seen: %w", failed))
		case next.reached:
			w.settle(j, Done, nil)
		case next.failed != nil:
			w.settle(j, Failed, next.failed)
		case next.restart:
			again = append(again, j)
		case time.Since(j.written) > w.a.o.WaitTimeout:
			w.settle(j, Failed, fmt.Errorf("it was written, but is not %s after %s: %s", j.To, w.a.o.WaitTimeout, next.missing))
		}
	}
	w.restart(ctx, again)
}

// restful is the longest time between two looks: what looking costs is little
// compared with it, also where a thousand connectors are just starting.
const restful = time.Second

// restartTimeout bounds the restart of what had failed, as others wait.
const restartTimeout = 30 * time.Second

// restart restarts what had failed before the change, and still has.
func (w *watcher) restart(ctx context.Context, jobs []*job) {
	ctx, cancel := context.WithTimeout(ctx, restartTimeout)
	defer cancel()
	var group sync.WaitGroup
	places := make(chan struct{}, w.a.o.Parallel)
	for _, j := range jobs {
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			_, err := w.a.client.Restart(ctx, j.Name, connect.Restart{IncludeTasks: true, OnlyFailed: true})
			j.restarted = time.Now()
			if err != nil && !errors.Is(err, context.Canceled) {
				w.settle(j, Failed, fmt.Errorf("it was written, but what had failed cannot be restarted: %w", err))
			}
		})
	}
	group.Wait()
}

// settle ends the waiting for one connector.
func (w *watcher) settle(j *job, result Result, err error) {
	j.end(result, err)
	w.places.leave(result)
	w.mu.Lock()
	delete(w.pending, j)
	w.behind++
	behind := w.behind
	w.mu.Unlock()
	w.a.mu.Lock()
	defer w.a.mu.Unlock()
	w.a.tell(Event{Phase: Waiting, Name: j.Name, Action: j.Action, Result: result, Err: j.err, Done: behind, Total: w.total})
}

// giveUp ends the waiting for all when ctx has ended: they are written, and
// nobody has seen them running.
func (w *watcher) giveUp(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for j := range w.pending {
		j.end(Written, fmt.Errorf("it was written, and nobody waited until it is %s: %w", j.To, context.Cause(ctx)))
		w.places.leave(Written)
		delete(w.pending, j)
	}
}

// A verdict is what one look at a connector tells.
type verdict struct {
	reached bool
	restart bool
	failed  error
	missing string // what is awaited, when it is none of the others
}

// verdict judges one look. A connector that is not in it has no status yet.
func (j *job) verdict(all map[string]connect.Expanded, at time.Time, o ApplyOptions) verdict {
	now, there := all[j.Name]
	if !there {
		j.since = time.Time{}
		return verdict{missing: "it has no status yet"}
	}
	if hasFailed(now) && j.To != Stopped && (j.To == Running || stateOf(now) == failedState) {
		j.since = time.Time{}
		return j.afterFailure(now, at, o.Settle)
	}
	missing := j.missing(now, o)
	switch {
	case missing != "":
		j.since = time.Time{}
		return verdict{missing: missing}
	case j.since.IsZero():
		j.since = at
	}
	if j.To == Running && at.Sub(j.since) < o.Settle {
		return verdict{missing: "it has only just begun to run"}
	}
	return verdict{reached: true}
}

// missing says what the connector lacks to be as wanted; "" for nothing.
func (j *job) missing(now connect.Expanded, o ApplyOptions) string {
	idle := o.IdleSources && len(now.Status.Tasks) == 0 && (now.Info.Type == "source" || now.Status.Type == "source")
	switch {
	case j.To == Running && stateOf(now) == Running && idle:
		return ""
	case stateOf(now) != j.To:
		return fmt.Sprintf("it is %s", stateOf(now))
	case j.To == Running:
		return ailment(now)
	case j.To == Stopped && len(now.Status.Tasks) > 0:
		return "its tasks have not ended"
	}
	for _, task := range now.Status.Tasks {
		if task.State == connect.Running {
			return fmt.Sprintf("task %d still runs", task.ID)
		}
	}
	return ""
}

// afterFailure decides about a connector that is seen failed. Before 3.8 or so
// Connect does not restart failed tasks when their configuration changes; and
// for a moment a failure that is seen may be that of before.
func (j *job) afterFailure(now connect.Expanded, at time.Time, settle time.Duration) verdict {
	switch {
	case j.failed && j.restarted.IsZero() && at.Sub(j.written) < settle,
		!j.restarted.IsZero() && at.Sub(j.restarted) < settle:
		return verdict{missing: "it has failed, perhaps before the change"}
	case j.failed && j.restarted.IsZero():
		return verdict{restart: true}
	}
	return verdict{failed: fmt.Errorf("it was written, but %s", ailment(now))}
}

// waitGone waits until no deleted connector is listed any more.
func (a *applying) waitGone(ctx context.Context) {
	jobs := a.selected(func(j *job) bool { return j.Action == Delete })
	behind, total := 0, len(jobs)
	for len(jobs) > 0 {
		now, err := connect.As[map[string]connect.Expanded](a.client.Infos(ctx))
		rest := jobs[:0]
		for _, j := range jobs {
			_, there := now[j.Name]
			switch {
			case a.o.NoWait, ctx.Err() != nil, err != nil:
				j.end(Written, nil) // Connect has said that it is deleted
			case !there:
				j.end(Done, nil)
			case time.Since(j.written) > a.o.WaitTimeout:
				j.end(Failed, fmt.Errorf("it was deleted, but is still there after %s", a.o.WaitTimeout))
			default:
				rest = append(rest, j)
				continue
			}
			behind++
			a.mu.Lock()
			a.tell(Event{Phase: Waiting, Name: j.Name, Action: j.Action, Result: j.result, Err: j.err, Done: behind, Total: total})
			a.mu.Unlock()
		}
		jobs = rest
		if len(jobs) > 0 {
			sleep(ctx, jittered(a.o.Poll))
		}
	}
}

// jittered is a time near d, so that many do not come together.
func jittered(d time.Duration) time.Duration {
	return d*4/5 + rand.N(max(d*2/5, 1))
}

// sleep says whether ctx outlived it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
