package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

func (a *app) restartCommand() *cobra.Command {
	var s selection
	var failedOnly, keep bool
	var keeper connectors.Keeper
	c := &cobra.Command{
		Use:   "restart [flags] [NAME|PATTERN...]",
		Short: "restart connectors with their tasks, or what has failed of them",
		Long: `Restarts connectors with all their tasks, and waits until they run. With
--failed-only it restarts only what has failed: of the named connectors, or of
all where none is named. What a folder says of the connectors is not changed.
One that is paused or stopped would stay so, and is refused.

With --keep it goes on: it looks again and again and restarts what has failed,
each connector with growing pauses and no more often than --max-restarts. One
that has run well for an hour is treated as if nothing had been.`,
		Example: `  connectors restart --env prod orders
  connectors restart --env prod --failed-only
  connectors restart --env prod --failed-only --keep 'mongo-*'`,
		ValidArgsFunction: a.completeLive,
		RunE: func(c *cobra.Command, args []string) error {
			if keep {
				if !failedOnly {
					return cli.Usage(c, "cannot keep on restarting what runs: --keep needs --failed-only")
				}
				return a.keepRunning(c.Context(), args, keeper)
			}
			found, err := a.live(c.Context(), c, args, s.all || failedOnly && len(args) == 0)
			if err != nil {
				return err
			}
			if failedOnly {
				found = failedOf(found)
				if len(found) == 0 && a.output == textOutput {
					a.printf("nothing has failed")
					return nil
				}
			}
			return a.act(c.Context(), found, restarting(failedOnly), !s.noWait)
		},
	}
	s.flags(c)
	c.Flags().BoolVar(&failedOnly, "failed-only", false, "only connectors and tasks that have failed")
	c.Flags().BoolVar(&keep, "keep", false, "go on until interrupted")
	c.Flags().DurationVar(&keeper.Interval, "interval", 30*time.Second, "with --keep: the time between two looks")
	c.Flags().DurationVar(&keeper.First, "backoff", time.Minute, "with --keep: the pause after a connector's first restart; each further one is twice as long, up to an hour")
	c.Flags().IntVar(&keeper.Most, "max-restarts", 7, "with --keep: how often one connector is restarted at most")
	return c
}

// restarting is the action that restarts connectors with their tasks.
func restarting(failedOnly bool) action {
	return action{
		verb: "restart", done: "restarted",
		may: func(c chosen) error {
			switch state := c.now.Status.Connector.State; {
			case failedOnly:
			case state == connect.Paused, state == connect.Stopped:
				return fmt.Errorf("it is %s, and a restart leaves it so; resume it", strings.ToLower(state))
			}
			return nil
		},
		do: func(ctx context.Context, c chosen) error {
			_, err := c.client.Restart(ctx, c.name, connect.Restart{IncludeTasks: true, OnlyFailed: failedOnly})
			return err
		},
		reached: func(now *connect.Expanded) (bool, error) {
			if failedOnly && now != nil && now.Status.Connector.State == connect.Paused { // its task had failed before
				return every(now, connect.Paused)
			}
			return every(now, connect.Running)
		},
		// Workers tell each other by a topic that something restarts.
		grace: 2 * time.Second,
	}
}

// failedOf gives those of which something has failed.
func failedOf(all []chosen) []chosen {
	return slices.DeleteFunc(all, func(c chosen) bool {
		states := append([]connect.State{c.now.Status.Connector}, c.now.Status.Tasks...)
		return !slices.ContainsFunc(states, func(at connect.State) bool { return at.State == connect.FailedNow })
	})
}
