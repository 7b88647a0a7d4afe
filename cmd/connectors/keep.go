package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

// keepRunning looks at the connectors of all clusters until it is interrupted,
// and restarts what has failed.
func (a *app) keepRunning(ctx context.Context, patterns []string, how connectors.Keeper) error {
	targets, err := a.targets(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range targets {
		keeper := how
		keeper.Only = func(name string) bool { return matches(name, patterns, make([]bool, len(patterns))) }
		keeper.Progress = func(what connectors.Kept) { a.tellKept(t, what) }
		group.Go(func() error { return keeper.Keep(ctx, t.client) })
	}
	err = group.Wait()
	if errors.Is(err, cli.ErrInterrupted) {
		return nil // that is how it ends
	}
	return err
}

// tellKept writes a line for something a keeper did.
func (a *app) tellKept(t *target, what connectors.Kept) {
	ink := a.console.Ink
	switch {
	case errors.Is(what.Err, context.Canceled): // interrupted, which is how it ends
	case what.Err != nil:
		cli.PrintError(a.console, what.Err)
	case what.GivenUp:
		a.printf("%s %s: %s after %s: %s", clock(), t.named(what.Name), ink.Red("given up"), count(what.Most, "restart"), what.Why)
	default:
		a.printf("%s %s: %s (%d of %d): %s", clock(), t.named(what.Name), ink.Yellow("restarted"), what.Times, what.Most, what.Why)
	}
}

// clock is the time of day, as lines that come over hours begin.
func clock() string { return time.Now().Format("15:04:05") }
