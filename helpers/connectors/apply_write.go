package connectors

// The waves of writes: first what creates and changes, then what deletes.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// write creates and changes, and waits until all that runs. Writes use long,
// so that ctx's end does not cut one off whose outcome nobody would know.
func (a *applying) write(ctx, long context.Context) {
	free := a.selected(func(j *job) bool { return j.Action != Delete && !a.limited(j) })
	limited := a.selected(func(j *job) bool { return j.Action != Delete && a.limited(j) })
	a.each(ctx, Writing, free, func(j *job) (Result, error) {
		a.sent(j, a.writeOne(long, j))
		return j.result, j.err
	})
	a.roll(ctx, long, limited)
	a.resolve(long)
	written := a.selected(func(j *job) bool { return !j.written.IsZero() })
	if a.o.NoWait {
		for _, j := range written {
			j.end(Written, nil)
		}
		return
	}
	a.await(ctx, written)
}

// roll writes those of which only some may be unavailable at once: each waits
// for a place, and gives it back when it runs.
func (a *applying) roll(ctx, long context.Context, jobs []*job) {
	if len(jobs) == 0 {
		return
	}
	places := newSlots(a.o.MaxUnavailable)
	w := newWatcher(a, places, len(jobs))
	w.start(ctx)
	a.each(ctx, Writing, jobs, func(j *job) (Result, error) {
		if err := places.take(ctx); err != nil {
			j.end(NotDone, err)
			return j.result, j.err
		}
		a.sent(j, a.writeOne(long, j))
		if !j.open() {
			places.leave(j.result)
			return j.result, j.err
		}
		w.watch(j) // from here on it is the watcher's
		return "", nil
	})
	w.finish()
}

// await waits until all of them are as they should be.
func (a *applying) await(ctx context.Context, jobs []*job) {
	w := newWatcher(a, nil, len(jobs))
	for _, j := range jobs {
		w.watch(j)
	}
	w.start(ctx)
	w.finish()
}

// limited says that the job restarts a connector that counts as unavailable
// until it runs again.
func (a *applying) limited(j *job) bool {
	return a.o.MaxUnavailable > 0 && (j.Action == Update || j.Action == Adopt)
}

// sent notes what a write's answer means.
func (a *applying) sent(j *job, err error) {
	var over *connect.BudgetError
	switch {
	case err == nil:
		j.written = time.Now()
	case errors.As(err, &over), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		j.end(Unknown, err)
	default:
		j.end(Failed, err)
	}
}

// writeOne brings one connector to its configuration and its state.
func (a *applying) writeOne(ctx context.Context, j *job) error {
	switch {
	case j.Action == Create:
		return a.create(ctx, j)
	case !j.writes():
		return a.moveOne(ctx, j.Name, j.move)
	case j.move == Resume: // not before it has its new configuration
		if _, err := a.client.PutConfig(ctx, j.Name, j.body()); err != nil {
			return err
		}
		return a.moveOne(ctx, j.Name, j.move)
	}
	// To be paused or stopped first, so that it never runs with the new one.
	if err := a.moveOne(ctx, j.Name, j.move); err != nil {
		return err
	}
	_, err := a.client.PutConfig(ctx, j.Name, j.body())
	return err
}

// create makes a connector in its state: at once where the worker can
// (KIP-980, Kafka 3.7), else it runs for a moment.
func (a *applying) create(ctx context.Context, j *job) error {
	to := map[State]Action{Paused: Pause, Stopped: Stop}[j.To]
	if !j.skip {
		if to == "" || !a.worker.atLeast(3, 7) {
			if _, err := a.client.PutConfig(ctx, j.Name, j.body()); err != nil {
				return err
			}
		} else {
			initial := map[State]string{Paused: connect.Paused, Stopped: connect.Stopped}[j.To]
			_, err := a.client.Create(ctx, j.Name, j.body(), initial)
			if !errors.Is(err, connect.Conflict) {
				return err
			}
			if err := a.madeMeanwhile(ctx, j); err != nil {
				return err
			}
		}
	}
	if err := a.moveOne(ctx, j.Name, to); err != nil {
		return fmt.Errorf("it was created, but is not %s: %w", j.To, err)
	}
	return nil
}

// madeMeanwhile accepts a connector that somebody else made just now, if it is
// the same.
func (a *applying) madeMeanwhile(ctx context.Context, j *job) error {
	now, err := connect.As[map[string]connect.Expanded](a.client.Infos(ctx))
	if err != nil {
		return err
	}
	if live, there := now[j.Name]; !there || !connect.Equal(live.Info.Config, j.config) {
		return errStale
	}
	return nil
}

func (a *applying) moveOne(ctx context.Context, name string, move Action) error {
	var err error
	switch move {
	case Pause:
		_, err = a.client.Pause(ctx, name)
	case Resume:
		_, err = a.client.Resume(ctx, name)
	case Stop:
		_, err = a.client.Stop(ctx, name)
	}
	return err
}

// resolve looks what became of the requests whose answer never came, for as
// long as such a request may take.
func (a *applying) resolve(ctx context.Context) {
	var lost []*job
	for _, j := range a.jobs {
		if j.result == Unknown {
			lost = append(lost, j)
		}
	}
	if len(lost) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.o.Grace)
	defer cancel()
	now, err := connect.As[map[string]connect.Expanded](a.client.Infos(ctx))
	if err != nil {
		return // it stays unknown
	}
	for _, j := range lost {
		live, there := now[j.Name]
		switch {
		case j.Action == Delete && !there:
			j.end(Done, nil)
		case j.Action == Delete:
			j.end(NotDone, j.err)
		case j.writes() && (!there || !connect.Equal(live.Info.Config, j.config)):
			j.end(NotDone, j.err)
		case j.move == "" && (j.Action != Create || j.To == Running):
			j.result, j.err, j.written = "", nil, time.Now()
		}
	}
}

// delete deletes what is to be deleted, once everything else has succeeded and
// it still is ours.
func (a *applying) delete(ctx, long context.Context) {
	jobs := a.selected(func(j *job) bool { return j.Action == Delete })
	if len(jobs) == 0 {
		return
	}
	for _, j := range a.jobs {
		if j.err != nil {
			for _, waiting := range jobs {
				waiting.end(NotDone, errAfterOthers)
			}
			return
		}
	}
	now, err := connect.As[map[string]connect.Expanded](a.client.Infos(ctx))
	for _, j := range jobs {
		live, there := now[j.Name]
		switch {
		case ctx.Err() != nil:
			j.end(NotDone, context.Cause(ctx))
		case err != nil:
			j.end(NotDone, err)
		default:
			j.recheck(live.Info.Config, there)
		}
	}
	jobs = a.selected(func(j *job) bool { return j.Action == Delete })
	a.each(ctx, Deleting, jobs, func(j *job) (Result, error) {
		_, err := a.client.Delete(long, j.Name)
		a.sent(j, err)
		return j.result, j.err
	})
	a.resolve(long)
	a.waitGone(ctx)
}
