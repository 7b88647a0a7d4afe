package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

// inFile is how a state lasts.
const inFile = "set " + connectors.StateKey + " in its file"

// A selection is what the commands that act on live connectors have in common.
type selection struct {
	all    bool
	noWait bool
}

func (s *selection) flags(c *cobra.Command) {
	c.Flags().BoolVar(&s.all, "all", false, "all connectors, instead of names and patterns")
	c.Flags().BoolVar(&s.noWait, "no-wait", false, "do not wait until it is so")
}

// live finds the connectors that a command is to act on; that these are all
// has to be said.
func (a *app) live(ctx context.Context, c *cobra.Command, args []string, all bool) ([]chosen, error) {
	switch {
	case len(args) == 0 && !all:
		return nil, cli.Usage(c, "cannot %s without a name or a pattern: add --all to mean all connectors", c.Name())
	case len(args) > 0 && all:
		return nil, cli.Usage(c, "cannot %s %s and --all: it is one or the other", c.Name(), list(args, 3))
	}
	targets, err := a.targets(ctx)
	if err != nil {
		return nil, err
	}
	return choose(ctx, targets, args)
}

// stateCommand is a command that brings connectors into a state.
func (a *app) stateCommand(do action, short, long, example string) *cobra.Command {
	var s selection
	c := &cobra.Command{
		Use:               do.verb + " [flags] NAME|PATTERN...",
		Short:             short,
		Long:              long,
		Example:           example,
		ValidArgsFunction: a.completeLive,
		RunE: func(c *cobra.Command, args []string) error {
			found, err := a.live(c.Context(), c, args, s.all)
			if err != nil {
				return err
			}
			return a.act(c.Context(), found, do, !s.noWait)
		},
	}
	s.flags(c)
	return c
}

func (a *app) pauseCommand() *cobra.Command {
	return a.stateCommand(action{
		verb: "pause", done: "paused", lasts: inFile,
		may: func(c chosen) error {
			if c.now.Status.Connector.State == connect.FailedNow {
				return errors.New("it has failed, and a worker pauses only what runs; stop it, or restart it first")
			}
			return nil
		},
		do: func(ctx context.Context, c chosen) error {
			_, err := c.client.Pause(ctx, c.name)
			return err
		},
		reached: func(now *connect.Expanded) (bool, error) { return every(now, connect.Paused) },
	}, "pause connectors, and keep their tasks",
		"Pauses connectors: nothing flows, while the tasks stay where they are. What has\nfailed cannot be paused; stop does more, and works then too.",
		"  connectors pause --env prod orders 'mongo-*'\n  connectors pause --env prod --all")
}

func (a *app) resumeCommand() *cobra.Command {
	return a.stateCommand(action{
		verb: "resume", done: "running", lasts: inFile,
		do: func(ctx context.Context, c chosen) error {
			_, err := c.client.Resume(ctx, c.name)
			return err
		},
		reached: func(now *connect.Expanded) (bool, error) { return every(now, connect.Running) },
	}, "let paused or stopped connectors run",
		"Lets paused or stopped connectors run again, and waits until they and all their\ntasks do.",
		"  connectors resume --env prod orders\n  connectors resume --env prod 'mongo-*' --no-wait")
}

func (a *app) stopCommand() *cobra.Command {
	return a.stateCommand(action{
		verb: "stop", done: "stopped", lasts: inFile, do: stop, reached: stopped,
	}, "stop connectors: end their tasks, keep their configuration",
		"Stops connectors: their tasks end, their configuration and what they have read\nso far stay. Needs workers of Kafka 3.5 or later.",
		"  connectors stop --env prod orders\n  connectors stop --env prod 'mongo-*'")
}

func stop(ctx context.Context, c chosen) error {
	_, err := c.client.Stop(ctx, c.name)
	if errors.Is(err, connect.NotFound) {
		return fmt.Errorf("%w (stopping needs workers of Kafka 3.5 or later)", err)
	}
	return err
}

func stopped(now *connect.Expanded) (bool, error) {
	return now != nil && now.Status.Connector.State == connect.Stopped && len(now.Status.Tasks) == 0, nil
}

// every says whether a connector and all its tasks are in a state. A failure is
// an error: it does not pass by itself.
func every(now *connect.Expanded, state string) (bool, error) {
	if now == nil {
		return false, nil
	}
	failed := func(what string, at connect.State) error {
		return fmt.Errorf("%s has failed: %s", what, connect.FirstLine(at.Trace, now.Info.Config))
	}
	if now.Status.Connector.State == connect.FailedNow {
		return false, failed("it", now.Status.Connector)
	}
	there := now.Status.Connector.State == state
	for _, task := range now.Status.Tasks {
		if task.State == connect.FailedNow {
			return false, failed(fmt.Sprintf("task %d", task.ID), task)
		}
		there = there && task.State == state
	}
	return there && (len(now.Status.Tasks) > 0 || state != connect.Running), nil
}
