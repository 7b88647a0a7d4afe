package connect

// Waiting: a 200 says that a configuration was written down, not that anything runs.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// A Wait says when to be satisfied. The zero value is right for most connectors.
type Wait struct {
	// NoTasks accepts a connector without any task, as some sources are when there is nothing to read.
	NoTasks bool
	// Stable is how long everything must have been running without a break: after a change, tasks still run with the old
	// configuration for a moment, and nothing in the API tells which. By default, one second; less than zero, no time.
	Stable time.Duration
	// Interval is the time between two looks. By default, half a second.
	Interval time.Duration
	// Timeout bounds the waiting. By default, the client's CallTimeout.
	Timeout time.Duration
}

// A StateError says that waiting is of no use: the connector or a task failed, or somebody has paused or stopped it.
type StateError struct {
	Connector string
	Task      int // -1 for the connector itself
	State     string
	Worker    string
	Trace     string // first line, without secrets
}

func (e *StateError) Error() string {
	text := "cannot run " + taskName(e.Connector, e.Task) + ": it is " + e.State
	if e.Worker != "" {
		text += " on " + e.Worker
	}
	if e.Trace != "" {
		text += ": " + e.Trace
	}
	return text
}

// WaitRunning asks for the status again and again until the connector and every task run, and gives that status. It ends
// early with a [StateError] when that will not happen by itself, and with a [BudgetError] when the time is up.
func (c *Client) WaitRunning(ctx context.Context, name string, until Wait) (*Status, error) {
	ctx, cancel := context.WithTimeout(ctx, orElse(until.Timeout, c.o.CallTimeout))
	defer cancel()
	started := time.Now()
	end := &BudgetError{What: "see " + taskName(name, -1) + " running"}
	var since time.Time // running from then on
	for {
		status, err := As[Status](c.Status(ctx, name))
		end.Attempts++
		var over *BudgetError
		switch {
		case err == nil:
			if bad := c.stuck(status); bad != nil {
				return &status, bad
			}
			err = until.unsatisfied(status)
		case errors.As(err, &over): // what was seen before says more
			end.Spent = time.Since(started)
			end.Last = cmp.Or(end.Last, over.Last)
			return nil, end
		case !errors.Is(err, NotFound): // as it is for a moment after a create
			return nil, err
		}
		end.Last = err
		switch {
		case err != nil:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		}
		if err == nil && time.Since(since) >= until.stable() {
			return &status, nil
		}
		if !sleep(ctx, orElse(until.Interval, 500*time.Millisecond)) {
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, fmt.Errorf("cannot %s: %w", end.What, context.Canceled)
			}
			end.Spent = time.Since(started)
			return nil, end
		}
	}
}

func (w Wait) stable() time.Duration {
	if w.Stable == 0 {
		return time.Second
	}
	return w.Stable
}

// unsatisfied says what is missing yet; nil for nothing.
func (w Wait) unsatisfied(s Status) error {
	if s.Connector.State != Running {
		return fmt.Errorf("connector %q is %s", s.Name, s.Connector.State)
	}
	for _, task := range s.Tasks {
		if task.State != Running {
			return fmt.Errorf("task %d of connector %q is %s", task.ID, s.Name, task.State)
		}
	}
	if len(s.Tasks) == 0 && !w.NoTasks {
		return fmt.Errorf("connector %q has no tasks yet", s.Name)
	}
	return nil
}

// stuck finds the state that will not pass by itself; a failed connector before failed tasks.
func (c *Client) stuck(s Status) error {
	name := func(task int, at State) error {
		return &StateError{Connector: s.Name, Task: task, State: at.State, Worker: at.WorkerID, Trace: c.secrets.firstLine(at.Trace)}
	}
	switch s.Connector.State {
	case FailedNow, Paused, Stopped:
		return name(-1, s.Connector)
	}
	for _, task := range s.Tasks {
		if task.State == FailedNow {
			return name(task.ID, task)
		}
	}
	return nil
}
