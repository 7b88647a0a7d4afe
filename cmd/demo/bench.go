package main

// What one steady hook costs: update-status on a leader whose workers run, on a
// follower, and on a unit that nothing is related to.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// The goals for one steady hook.
const (
	goalCPU       = 20 * time.Millisecond
	goalPeak      = 30 << 20
	goalProcesses = 0
)

// warmUp is how many hooks run before those that count.
const warmUp = 3

// cost is what one hook used, as the program measure notes it; and, from the hook's own record, its calls.
type cost struct {
	Unit             string        `json:"unit"`
	CPU              time.Duration `json:"cpu"`
	Wall             time.Duration `json:"wall"`
	Peak             int64         `json:"peak"`
	calls, processes int
}

// bench measures and prints a table.
func bench(ctx context.Context, o options, ready string, stdout, stderr io.Writer) (err error) {
	progress := newProgress(stderr)
	charm, err := build(ctx, ready, progress)
	if err != nil {
		return err
	}
	measured, err := buildMeasured(ctx, charm, progress)
	if err != nil {
		return err
	}
	counting := &counter{}
	s, err := open(measured, counting, map[string]string{"MEASURE_PROGRAM": filepath.Join(charm, "dispatch")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(o.keep, stderr)) }()
	done := progress.begin(fmt.Sprintf("running %d hooks on each of three units", warmUp+o.runs))
	results, err := s.measureAll(ctx, o.runs, counting)
	done()
	if err != nil {
		return err
	}
	report(stdout, results, o.runs)
	return nil
}

// buildMeasured makes a charm whose dispatch is the program that measures.
func buildMeasured(ctx context.Context, charm string, progress *progress) (string, error) {
	measured := filepath.Join(filepath.Dir(charm), "measured")
	if err := errors.Join(os.RemoveAll(measured), os.CopyFS(measured, os.DirFS(charm))); err != nil {
		return "", fmt.Errorf("cannot copy the charm to measure: %w", err)
	}
	defer progress.begin("compiling what measures")()
	return measured, charmtest.Build(ctx, module+"/cmd/demo/measure", filepath.Join(measured, "dispatch"))
}

// counter is an audience that only counts the last hook's calls.
type counter struct {
	audiences
	last hookRun
}

func (c *counter) hook(h hookRun) { c.last = h }

// result is what the hooks of one kind of unit cost in the middle.
type result struct {
	kind string
	cost
}

const idle = "idle"

func (s *stage) measureAll(ctx context.Context, runs int, counting *counter) ([]result, error) {
	steps := []step{deploy(2), configFiles(), configKubernetes(), deployKafka(), integrate(),
		quiet("", func(s *stage) error { return s.Deploy(idle, s.charm, charmtest.DeployOptions{}) })}
	if err := s.setUp(ctx, steps...); err != nil {
		return nil, err
	}
	var results []result
	for _, unit := range []struct {
		kind, name string
		first      []step
	}{
		{"leader, 2 connectors running", app + "/0", nil}, {"follower", app + "/1", nil}, {"nothing related", idle + "/0", nil},
		{fmt.Sprintf("leader, %d connectors attached", manyAttached), app + "/0", []step{attachMany()}},
	} {
		if err := s.setUp(ctx, unit.first...); err != nil {
			return nil, err
		}
		costs, err := s.measure(ctx, unit.name, runs, counting)
		if err != nil {
			return nil, err
		}
		results = append(results, result{unit.kind, middle(costs)})
	}
	return results, nil
}

func (s *stage) setUp(ctx context.Context, steps ...step) error {
	for _, step := range steps {
		_, err := step.do(ctx, s)
		if err = cmp.Or(err, s.Settle(ctx)); err != nil {
			return fmt.Errorf("cannot set the units up: %w", err)
		}
	}
	return nil
}

// measure runs hooks on one unit.
func (s *stage) measure(ctx context.Context, unit string, runs int, counting *counter) ([]cost, error) {
	var costs []cost
	for i := range warmUp + runs {
		if err := cmp.Or(os.RemoveAll(s.costFile()), s.UpdateStatus(unit), s.Settle(ctx)); err != nil {
			return nil, fmt.Errorf("cannot measure update-status on %s: %w", unit, err)
		}
		text, err := os.ReadFile(s.costFile())
		if err != nil {
			return nil, fmt.Errorf("cannot read what the hook cost: %w", err)
		}
		var one cost
		if err := json.Unmarshal(bytes.TrimSpace(text), &one); err != nil || one.Unit != unit {
			return nil, fmt.Errorf("cannot read what one update-status on %s cost from %q: %v", unit, text, err)
		}
		one.calls, one.processes = counting.last.Record.Calls, counting.last.Record.Processes
		if i >= warmUp {
			costs = append(costs, one)
		}
	}
	return costs, nil
}

func (s *stage) costFile() string { return filepath.Join(s.dir, "cost") }

// middle takes the median of each figure for itself.
func middle(costs []cost) cost {
	return cost{
		CPU:       median(costs, func(c cost) time.Duration { return c.CPU }),
		Wall:      median(costs, func(c cost) time.Duration { return c.Wall }),
		Peak:      median(costs, func(c cost) int64 { return c.Peak }),
		calls:     median(costs, func(c cost) int { return c.calls }),
		processes: median(costs, func(c cost) int { return c.processes }),
	}
}

func median[T cmp.Ordered](costs []cost, of func(cost) T) T {
	var all []T
	for _, c := range costs {
		all = append(all, of(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func report(out io.Writer, results []result, runs int) {
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "One update-status of %s, compiled; median of %d.\n\n", filepath.Base(example), runs)
	fmt.Fprintf(table, "\tCPU\tpeak memory\twall\thook tool calls\tprocesses for them\t\n")
	fmt.Fprintf(table, "goal\t%s\t%s\t\t\t%d\t\n", short(goalCPU), mebibytes(goalPeak), goalProcesses)
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", r.kind, short(r.CPU), mebibytes(r.Peak), short(r.Wall), r.calls, r.processes, verdict(r.cost))
	}
	table.Flush() // what it writes to is written to by Fprintf above as well
}

func verdict(c cost) string {
	if c.CPU > goalCPU || c.Peak > goalPeak || c.processes > goalProcesses {
		return "over the goal"
	}
	return ""
}

func mebibytes(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
