package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

// An action is something done to single connectors of a cluster.
type action struct {
	verb string // "pause"
	done string // "paused"
	// may refuses before anything is sent. By default, nothing is refused.
	may func(c chosen) error
	do  func(ctx context.Context, c chosen) error
	// reached says whether the connector has come where it should; an error
	// ends the waiting. By default, nothing is waited for. A connector that is
	// gone is nil.
	reached func(now *connect.Expanded) (bool, error)
	// grace is how long an error of reached may still be that of before.
	grace time.Duration
	// lasts is how it would last where a folder keeps the connector: a warning
	// says that otherwise the next apply undoes it. By default, nobody is
	// warned.
	lasts string
}

// An outcome is what became of one connector.
type outcome struct {
	place
	Connector string `json:"connector"`
	Done      string `json:"done,omitempty"`
	Error     string `json:"error,omitempty"`
	err       error
}

// act does something to the chosen connectors, many at a time, goes on when
// one fails, waits, and says what became of each.
func (a *app) act(ctx context.Context, all []chosen, do action, wait bool) error {
	if len(all) == 0 && a.output == textOutput {
		a.printf("there are no connectors")
		return nil
	}
	if do.lasts != "" {
		a.warnOwned(all, do.lasts)
	}
	outcomes := make([]outcome, len(all))
	progress := a.console.Progress()
	var group errgroup.Group
	group.SetLimit(a.parallel)
	for i, c := range all {
		group.Go(func() error {
			progress.Doing("%s %s", do.verb, c.name)
			err := a.actOn(ctx, c, do, wait)
			outcomes[i] = outcome{place: c.place, Connector: c.name, Done: do.done}
			if err != nil {
				outcomes[i] = outcome{place: c.place, Connector: c.name, Error: err.Error(), err: err}
			}
			return nil
		})
	}
	_ = group.Wait() // each outcome holds its own error
	progress.Close()
	return a.tell(outcomes)
}

func (a *app) actOn(ctx context.Context, c chosen, do action, wait bool) error {
	if ctx.Err() != nil {
		return fmt.Errorf("cannot %s %s: %w", do.verb, c, context.Cause(ctx))
	}
	if do.may != nil {
		if err := do.may(c); err != nil {
			return fmt.Errorf("cannot %s %s: %w", do.verb, c, err)
		}
	}
	if err := do.do(ctx, c); err != nil {
		return fmt.Errorf("cannot %s %s: %w", do.verb, c, err)
	}
	if !wait || do.reached == nil {
		return nil
	}
	if err := a.await(ctx, c, do.reached, do.grace); err != nil {
		return fmt.Errorf("cannot see %s %s: %w", c, do.done, err)
	}
	return nil
}

// look is how often a connector that is waited for is looked at.
const look = 250 * time.Millisecond

// await looks at a connector until it has come where it should.
func (a *app) await(ctx context.Context, c chosen, reached func(*connect.Expanded) (bool, error), grace time.Duration) error {
	started := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("it has not come to that in %v (--timeout)", a.timeout))
	defer cancel()
	for {
		now, err := c.look(ctx)
		if err == nil {
			var there bool
			if there, err = reached(now); there || err != nil && time.Since(started) >= grace {
				return err
			}
		} else if ctx.Err() == nil {
			return err
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// look asks for a connector's state; nil means that there is none.
func (c chosen) look(ctx context.Context) (*connect.Expanded, error) {
	status, err := connect.As[connect.Status](c.client.Status(ctx, c.name))
	switch {
	case errors.Is(err, connect.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &connect.Expanded{Info: c.now.Info, Status: c.client.Conceal(status)}, nil
}

// warnOwned says that what is done now will not last, and how it would.
func (a *app) warnOwned(all []chosen, lasts string) {
	owned := map[string][]string{}
	for _, c := range all {
		if owner := c.now.Info.Config[connectors.OwnerKey]; owner != "" {
			owned[owner] = append(owned[owner], c.name)
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(owned)) {
		cli.Warn(a.console, "the folder of %q keeps %s: its next apply undoes this; %s to make it last",
			owner, list(owned[owner], 3), lasts)
	}
}

// tell writes what became of the connectors; the error says how many failed.
func (a *app) tell(outcomes []outcome) error {
	failed, interrupted := 0, false
	for _, o := range outcomes {
		if o.err != nil {
			failed++
			interrupted = interrupted || errors.Is(o.err, cli.ErrInterrupted) || errors.Is(o.err, context.Canceled)
		}
	}
	err := a.write(outcomes, func() error {
		for _, o := range outcomes {
			if o.err == nil {
				a.printf("%s: %s", o.named(o.Connector), a.console.Ink.Green(o.Done))
			}
		}
		return nil
	})
	if err != nil || failed == 0 {
		return err
	}
	for _, o := range outcomes {
		if o.err != nil {
			cli.PrintError(a.console, o.err)
		}
	}
	code := cli.Failed
	if interrupted {
		code = cli.Interrupted
	}
	return &cli.Exit{Code: code}
}
