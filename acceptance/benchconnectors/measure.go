package main

// Measuring: one tool through a site's whole history, step by step.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/thousand"
)

// A step is a state of the folder that is deployed.
type step struct {
	name    string
	changed int     // how many files, counted from the first, are not as in the beginning
	goal    float64 // how many times as fast as the script, for a thousand; 0 for none
}

// A past is what a site with so many workers goes through.
type past struct {
	workers int
	steps   []step
}

// pasts are the histories that are measured. Those files that are changed later include those that are already.
func pasts(o options) []past {
	all, few := o.connectors, o.connectors/5
	own := []past{{1, []step{
		{fmt.Sprintf("first deploy of %d", all), 0, 4},
		{fmt.Sprintf("%d unchanged", all), 0, 30},
		{fmt.Sprintf("1 changed among %d", all), 1, 0},
		{fmt.Sprintf("%d changed among %d", few, all), 1 + few, 8},
	}}}
	if o.kafka != "" { // each rebalance costs more where workers have to agree
		own = append(own, past{2, []step{{fmt.Sprintf("first deploy of %d, two workers", all), 0, 4}}})
	}
	return own
}

// A result is what a step took.
type result struct {
	step
	tool       string
	wall       time.Duration
	requests   map[string]int
	rebalances int
	load       string // of the machine when it ended
}

// A tool deploys the folder dir to a site.
type tool struct {
	name   string
	deploy func(ctx context.Context, dir string, to *site) (*exec.Cmd, error)
}

// ours is the command connectors with further flags. Home keeps what it remembers of files.
func ours(binary, home, name string, flags ...string) tool {
	return tool{name: name, deploy: func(ctx context.Context, dir string, to *site) (*exec.Cmd, error) {
		args := append([]string{"apply", "--env", "prod", "--yes", "--quiet", "--dir", dir, "--url", to.url}, flags...)
		c := exec.CommandContext(ctx, binary, args...)
		c.Env = append(os.Environ(), "HOME="+home, "XDG_CACHE_HOME="+home)
		return c, nil
	}}
}

// measureAll has every tool go through its history.
func measureAll(ctx context.Context, o options) ([]result, *baseline, error) {
	dir, err := os.MkdirTemp("", "benchconnectors-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := filepath.Abs(o.binary)
	if err != nil {
		return nil, nil, err
	}
	region, err := newRegion(ctx, o, dir)
	if err != nil {
		return nil, nil, err
	}
	defer region.close()
	base, err := newBaseline(binary, dir)
	if err != nil {
		return nil, nil, err
	}
	tools := []tool{
		ours(binary, filepath.Join(dir, "home"), "connectors"),
		ours(binary, filepath.Join(dir, "home-64"), "connectors-64", "--parallel", "64"), // as many in flight as may be
	}
	if base.python != "" && !o.alone {
		tools = append([]tool{base.tool()}, tools...)
	}
	var results []result
	for _, p := range pasts(o) {
		for _, t := range tools {
			own, err := history(ctx, o, region, filepath.Join(dir, "folder"), t, p)
			if err != nil {
				return nil, nil, fmt.Errorf("cannot measure %s: %w", t.name, err)
			}
			results = append(results, own...)
		}
	}
	return results, base, nil
}

// history opens a site and brings it from state to state of the folder dir.
func history(ctx context.Context, o options, in *region, dir string, t tool, p past) ([]result, error) {
	at, err := in.open(ctx, fmt.Sprintf("%s-%d", t.name, p.workers), p.workers)
	if err != nil {
		return nil, err
	}
	defer at.close()
	var results []result
	for _, s := range p.steps {
		if err := thousand.Write(dir, thousand.Options{Connectors: o.connectors, Changed: s.changed}); err != nil {
			return nil, err
		}
		r, err := measure(ctx, at, dir, t, s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		o.logf("%s: %s: %s", t.name, s.name, seconds(r.wall))
		results = append(results, r)
	}
	return results, nil
}

// measure runs a tool as a process, and waits until the worker has come to rest.
func measure(ctx context.Context, at *site, dir string, t tool, s step) (result, error) {
	before, held, err := at.seen()
	if err != nil {
		return result{}, err
	}
	c, err := t.deploy(ctx, dir, at)
	if err != nil {
		return result{}, err
	}
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	begun := time.Now()
	if err := c.Run(); err != nil {
		return result{}, fmt.Errorf("%w\n%s", err, output.String())
	}
	r := result{step: s, tool: t.name, wall: time.Since(begun), load: load(), requests: map[string]int{}}
	if err := rest(ctx, at); err != nil {
		return result{}, err
	}
	after, now, err := at.seen()
	if err != nil {
		return result{}, err
	}
	for _, request := range after[len(before):] {
		if of := kind(request); of != "" {
			r.requests[of]++
		}
	}
	r.rebalances = now - held
	return r, nil
}

// rest waits until everything runs and nothing was rebalanced in three looks.
func rest(ctx context.Context, at *site) error {
	for quiet, last := 0, -1; quiet < 3; {
		_, rebalances, err := at.seen()
		if err != nil {
			return err
		}
		steady, err := running(ctx, at)
		switch {
		case err != nil:
			return err
		case !steady || rebalances != last:
			quiet = 0
		default:
			quiet++
		}
		last = rebalances
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(500 * time.Millisecond):
		}
	}
	return nil
}

// running says whether every connector runs and has a task that does.
func running(ctx context.Context, at *site) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.url+"/connectors?expand=status&benchmark", nil)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	defer func() { _ = answer.Body.Close() }()
	var all map[string]connect.Expanded
	if err := json.NewDecoder(answer.Body).Decode(&all); err != nil {
		return false, err
	}
	for _, one := range all {
		if one.Status.Connector.State != connect.Running || len(one.Status.Tasks) == 0 {
			return false, nil
		}
		for _, task := range one.Status.Tasks {
			if task.State != connect.Running {
				return false, nil
			}
		}
	}
	return true, nil
}
