package connectors

// Applying: from a plan to a cluster that is so, in waves. Nothing is written before everything was validated, nothing
// deleted before everything else has succeeded, and one connector's failure is not another's.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// ApplyOptions say how a plan is applied. The zero value is right for most.
type ApplyOptions struct {
	// Parallel is how many requests are in flight at once, up to 64: writes
	// that arrive together share a rebalance. By default, 32.
	Parallel int
	// SkipValidation writes without asking the plugins first. By default, the
	// cluster validates every configuration before the first write.
	SkipValidation bool
	// ValidationTimeout bounds the validation of one connector, which may look
	// at a database that does not answer. By default, 30 seconds.
	ValidationTimeout time.Duration
	// NoWait does not wait until what was written runs. By default, it does.
	NoWait bool
	// WaitTimeout bounds that for one connector, from its write. By default, 5
	// minutes.
	WaitTimeout time.Duration
	// IdleSources is satisfied with a source that runs without tasks, as some
	// do while there is nothing to read. By default, that is waited for.
	IdleSources bool
	// Settle is how long the state Connect shows may still be that of before a
	// change, so how long a connector must be seen running. By default, a
	// second; less than zero, no time.
	Settle time.Duration
	// Poll is the time between two looks while waiting; it grows when looking
	// takes long, and is jittered. By default, half a second.
	Poll time.Duration
	// MaxUnavailable is how many changed connectors may not be running at
	// once. One that fails counts for good, so that a change that breaks
	// connectors ends there. By default, as the plan's policy says.
	MaxUnavailable int
	// Grace is how long requests that are in flight may take to end when ctx
	// ends, and how long the look at what became of those without an answer
	// may. By default, 20 seconds.
	Grace time.Duration
	// Progress is told what goes on, one event at a time. By default, nobody.
	Progress func(Event)
}

// A Phase is a part of an apply.
type Phase string

// The phases, in their order.
const (
	Validating Phase = "validate"
	Writing    Phase = "write"
	Waiting    Phase = "wait"
	Deleting   Phase = "delete"
)

// An Event is a connector that has a phase behind it.
type Event struct {
	Phase  Phase
	Name   string
	Action Action
	// Result and Err are set when its outcome is known.
	Result Result
	Err    error
	// Done and Total are how many have the phase behind them, of how many.
	Done, Total int
}

func (o ApplyOptions) withDefaults(policy Policy) ApplyOptions {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
		*d = max(*d, 0)
	}
	if o.Parallel <= 0 {
		o.Parallel = 32
	}
	o.Parallel = min(o.Parallel, 64)
	set(&o.ValidationTimeout, 30*time.Second)
	set(&o.WaitTimeout, 5*time.Minute)
	set(&o.Settle, time.Second)
	set(&o.Poll, 500*time.Millisecond)
	set(&o.Grace, 20*time.Second)
	if o.MaxUnavailable <= 0 {
		o.MaxUnavailable = policy.MaxUnavailable
	}
	return o
}

// errAfterOthers is why something was not deleted.
var errAfterOthers = errors.New("other changes have not succeeded, and deletions come after them")

// Apply brings a cluster to a plan: it looks again whether the plan still
// holds, validates, creates and changes, waits until what it wrote runs, and
// then deletes what is to be deleted, if nothing has failed. One failure does
// not keep other connectors from being written.
//
// The report says for each connector what became of it; the error is that of
// the report ([Report.Err]). There is no report when nothing was begun: the
// plan is refused, or the cluster cannot be asked. When ctx ends, no further
// write is begun, those in flight are waited for ([ApplyOptions.Grace]), and
// what their answers would have told is looked up. Applying again does the
// rest, and applying twice at once ends as applying once.
func Apply(ctx context.Context, client *connect.Client, plan *Plan, options ApplyOptions) (*Report, error) {
	if plan.Refused != "" {
		return nil, fmt.Errorf("cannot apply the plan: %s", plan.Refused)
	}
	a := &applying{client: client, o: options.withDefaults(plan.policy), policy: plan.policy, started: time.Now(), before: client.Requests()}
	for i := range plan.Steps {
		if s := &plan.Steps[i]; s.Action.changes() || s.Action == Conflict {
			a.jobs = append(a.jobs, newJob(s))
		}
	}
	if plan.Changes() > 0 {
		long, cancel := outlive(ctx, a.o.Grace)
		defer cancel()
		if err := a.begin(ctx); err != nil {
			return nil, err
		}
		a.validate(ctx)
		a.write(ctx, long)
		a.delete(ctx, long)
	}
	report := a.report(ctx)
	return report, report.Err()
}

// applying is an apply on its way.
type applying struct {
	client  *connect.Client
	o       ApplyOptions
	policy  Policy
	jobs    []*job
	worker  version // only known when a state needs it
	started time.Time
	before  map[string]int // requests

	mu sync.Mutex // of events
}

// A job is a step on its way. One goroutine at a time touches it.
type job struct {
	*Step
	begun     time.Time
	written   time.Time // when Connect had it
	ended     time.Time
	result    Result
	err       error
	skip      bool      // somebody else has written it meanwhile
	since     time.Time // as wanted from then on
	restarted time.Time
}

func newJob(s *Step) *job {
	j := &job{Step: s}
	if s.Action == Conflict {
		j.result, j.err = NotDone, errors.New(s.Reason)
	}
	return j
}

// open says that the job's outcome is not known yet.
func (j *job) open() bool { return j.result == "" }

// end notes an outcome. What a worker says of it may quote the configuration.
func (j *job) end(result Result, err error) {
	j.result, j.err, j.ended = result, concealed(err, j.hide), time.Now()
}

// config is what is written for a step.
func (j *job) body() map[string]any {
	body := make(map[string]any, len(j.config))
	for key, value := range j.config {
		body[key] = value
	}
	return body
}

// selected are the jobs of which pick says so, that are still open.
func (a *applying) selected(pick func(*job) bool) []*job {
	return slices.DeleteFunc(slices.Clone(a.jobs), func(j *job) bool { return !j.open() || !pick(j) })
}

// each does something for many jobs, as many at once as may be; when ctx ends,
// the rest is not begun.
// What do gives is the outcome by then.
func (a *applying) each(ctx context.Context, phase Phase, jobs []*job, do func(*job) (Result, error)) {
	var group sync.WaitGroup
	next := make(chan *job)
	behind := 0
	for range min(a.o.Parallel, len(jobs)) {
		group.Go(func() {
			for j := range next {
				if j.begun.IsZero() {
					j.begun = time.Now()
				}
				result, err := do(j)
				a.mu.Lock()
				behind++
				a.tell(Event{Phase: phase, Name: j.Name, Action: j.Action, Result: result, Err: concealed(err, j.hide), Done: behind, Total: len(jobs)})
				a.mu.Unlock()
			}
		})
	}
	for _, j := range jobs {
		if ctx.Err() == nil {
			select {
			case next <- j:
				continue
			case <-ctx.Done():
			}
		}
		j.end(NotDone, context.Cause(ctx))
	}
	close(next)
	group.Wait()
}

// tell passes an event on. The lock is held, so that they come one at a time.
func (a *applying) tell(e Event) {
	if a.o.Progress != nil {
		a.o.Progress(e)
	}
}

// outlive gives a context that goes on for a while after ctx has ended.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(context.Cause(ctx))
		case <-long.Done():
		}
	})
	return long, func() { stop(); cancel(nil) }
}

func (a *applying) report(ctx context.Context) *Report {
	r := &Report{Started: a.started, Took: time.Since(a.started), Requests: map[string]int{}}
	for kind, n := range a.client.Requests() {
		if n > a.before[kind] {
			r.Requests[kind] = n - a.before[kind]
		}
	}
	for _, j := range a.jobs {
		o := Outcome{Name: j.Name, Action: j.Action, Source: j.Source, Result: j.result, Err: j.err, written: !j.written.IsZero(), to: j.To}
		if !j.begun.IsZero() {
			o.Took = j.ended.Sub(j.begun)
		}
		r.Outcomes = append(r.Outcomes, o)
		if j.err != nil && ctx.Err() != nil {
			r.interrupted = context.Cause(ctx)
		}
	}
	return r
}
