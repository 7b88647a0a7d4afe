package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

// A pace says how often what has failed is restarted.
type pace struct {
	interval time.Duration // between two looks
	first    time.Duration // the pause after a first restart; it doubles
	most     int           // restarts of one connector
}

// The longest pause between two restarts, and how long a connector must not
// have failed to begin anew.
const (
	longest  = time.Hour
	forgiven = time.Hour
)

// A patient is a connector that has failed before.
type patient struct {
	restarts int
	next     time.Time // not restarted before
	failed   time.Time // last seen failed
	givenUp  bool
}

// A ward remembers which connectors have failed. Its key is cluster and name.
type ward map[[2]string]*patient

// A ruling says what to do about a connector that has failed.
type ruling int

const (
	letBe ruling = iota
	again
	giveUp
)

// rule decides about a connector that is seen failed.
func (w ward) rule(key [2]string, at time.Time, p pace) (ruling, *patient) {
	one := w[key]
	if one == nil || at.Sub(one.failed) >= forgiven {
		one = &patient{}
		w[key] = one
	}
	one.failed = at
	switch {
	case one.givenUp || at.Before(one.next):
		return letBe, one
	case one.restarts >= p.most:
		one.givenUp = true
		return giveUp, one
	}
	one.next = at.Add(min(p.first<<min(one.restarts, 20), longest))
	one.restarts++
	return again, one
}

// keepRunning looks at connectors until it is interrupted, and restarts what
// has failed. A cluster that cannot be asked is asked again at the next look.
func (a *app) keepRunning(ctx context.Context, patterns []string, p pace) error {
	targets, err := a.targets(ctx)
	if err != nil {
		return err
	}
	known := ward{}
	for {
		for _, t := range targets {
			if err := a.tend(ctx, t, patterns, known, p); err != nil && ctx.Err() == nil {
				cli.PrintError(a.console, err)
			}
		}
		select {
		case <-time.After(p.interval):
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), cli.ErrInterrupted) {
				return nil // that is how it ends
			}
			return context.Cause(ctx)
		}
	}
}

// tend restarts what has failed on one cluster and is due.
func (a *app) tend(ctx context.Context, t *target, patterns []string, known ward, p pace) error {
	now, err := t.now(ctx)
	if err != nil {
		return err
	}
	var all []chosen
	used := make([]bool, len(patterns))
	for name, one := range now {
		if matches(name, patterns, used) {
			all = append(all, chosen{t, name, one})
		}
	}
	for _, c := range failedOf(all) {
		why, _ := failure(c.now)
		switch ruling, one := known.rule([2]string{t.String(), c.name}, time.Now(), p); ruling {
		case giveUp:
			a.printf("%s %s: %s after %s: %s", clock(), c.name, a.console.Ink.Red("given up"), count(p.most, "restart"), why)
		case again:
			if err := restarting(true).do(ctx, c); err != nil {
				return fmt.Errorf("cannot restart %s: %w", c, err)
			}
			a.printf("%s %s: %s (%d of %d): %s", clock(), c.name, a.console.Ink.Yellow("restarted"), one.restarts, p.most, why)
		}
	}
	return nil
}

// clock is the time of day, as lines that come over hours begin.
func clock() string { return time.Now().Format("15:04:05") }
