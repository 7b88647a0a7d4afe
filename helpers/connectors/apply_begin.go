package connectors

// Before the first write: does the plan still hold, can the workers do it, and do the plugins accept it?

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// errStale is why a connector is not touched that has changed since the plan.
var errStale = errors.New("it has changed since the plan was made: plan again")

// begin looks again: between a plan and its apply there may have been a
// question, and somebody else. It also finds connectors without a status.
func (a *applying) begin(ctx context.Context) error {
	now, err := connect.As[map[string]connect.Expanded](a.client.Infos(ctx))
	if err != nil {
		return fmt.Errorf("cannot apply the plan, nothing was written: %w", err)
	}
	for _, j := range a.selected(func(*job) bool { return true }) {
		live, there := now[j.Name]
		j.recheck(live.Info.Config, there)
	}
	needs := a.selected(func(j *job) bool { return j.move == Stop || j.Action == Create && j.To != Running })
	if len(needs) == 0 {
		return nil
	}
	root, err := connect.As[connect.Root](a.client.Root(ctx))
	if err != nil {
		return fmt.Errorf("cannot apply the plan, nothing was written: %w", err)
	}
	a.worker = parseVersion(root.Version)
	for _, j := range needs {
		if j.To == Stopped && !a.worker.atLeast(3, 5) {
			j.end(Failed, fmt.Errorf("the workers are of Kafka %s, and connectors can be stopped from 3.5 on", root.Version))
		}
	}
	return nil
}

// recheck compares what the plan saw with what is there now. What somebody
// else has already brought to where it should be needs no write.
func (j *job) recheck(live map[string]string, there bool) {
	same := there && connect.Equal(live, j.config)
	switch {
	case j.Action == Delete && !there:
		j.end(Done, nil)
	case j.Action == Delete:
		if live[OwnerKey] != j.live[OwnerKey] {
			j.end(NotDone, errStale)
		}
	case j.Action == Create && !there:
	case there && j.Action != Create && maps.Equal(live, j.live):
	case same:
		j.skip = true
	default:
		j.end(NotDone, errStale)
	}
}

// validate asks the plugins about every configuration that is to be written.
// What is refused, or not answered in time, is not written; the rest goes on.
func (a *applying) validate(ctx context.Context) {
	if a.o.SkipValidation {
		return
	}
	jobs := a.selected(func(j *job) bool { return j.writes() })
	a.each(ctx, Validating, jobs, func(j *job) (Result, error) {
		if err := a.validateOne(ctx, j); err != nil {
			result := Failed
			if ctx.Err() != nil {
				result, err = NotDone, context.Cause(ctx)
			}
			j.end(result, err)
		}
		return j.result, j.err
	})
}

// writes says that the job puts a configuration.
func (j *job) writes() bool {
	return !j.skip && (j.Action == Create || j.Action == Update || j.Action == Adopt)
}

func (a *applying) validateOne(ctx context.Context, j *job) error {
	limited, cancel := context.WithTimeout(ctx, a.o.ValidationTimeout)
	defer cancel()
	found, err := connect.As[connect.Validation](a.client.Validate(limited, j.Name, j.body()))
	var over *connect.BudgetError
	switch {
	case errors.As(err, &over) && limited.Err() != nil:
		return fmt.Errorf("its validation did not end in %s: %w", a.o.ValidationTimeout, err)
	case errors.Is(err, connect.Failed), errors.Is(err, connect.Invalid):
		return fmt.Errorf("it is not valid: %w", unknownClass(err, j.Class))
	case err != nil:
		return fmt.Errorf("it cannot be validated: %w", err)
	}
	if problems := found.Problems(); len(problems) > 0 {
		return fmt.Errorf("it is not valid: %s", a.client.Without(strings.Join(problems, "; ")))
	}
	return nil
}

// unknownClass makes a sentence of the worker's list of all it has, which is
// how it says that it does not have one (Connect 3.9 and 4).
func unknownClass(err error, class string) error {
	if strings.Contains(err.Error(), "Failed to find any class that implements Connector") {
		return fmt.Errorf("the workers have no connector class %q", class)
	}
	return err
}

// A version is the part of Kafka's that matters here.
type version struct{ major, minor int }

// parseVersion reads "3.9.2" or "7.8.0-ccs"; Confluent's 7.8 is Kafka's 3.8.
func parseVersion(text string) version {
	first, rest, _ := strings.Cut(text, ".")
	second, _, _ := strings.Cut(rest, ".")
	major, _ := strconv.Atoi(first)
	minor, _ := strconv.Atoi(second)
	if major >= 5 && strings.Contains(text, "-c") {
		return version{major - 4, minor}
	}
	return version{major, minor}
}

func (v version) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}
