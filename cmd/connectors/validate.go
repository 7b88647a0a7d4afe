package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// validating is how long one connector's plugin may look at it, and --timeout
// where that is less.
const validating = 30 * time.Second

func (a *app) validateCommand() *cobra.Command {
	var how evaluation
	var online bool
	c := &cobra.Command{
		Use:   "validate [flags] [NAME|PATTERN...]",
		Short: "check the files, without a cluster or with one",
		Long: `Checks the files of an environment: that they evaluate, that names, keys and
values are such as Connect takes, that no two describe one connector, that no
password is written into one. All mistakes are reported together. No cluster is
asked; with --online each is asked what its plugins think of the configurations.`,
		Example: `  connectors validate --env prod
  connectors validate --env prod --online 'mongo-*'`,
		ValidArgsFunction: a.completeFiles,
		RunE: func(c *cobra.Command, args []string) error {
			files, err := a.load(c.Context(), how)
			if err != nil {
				return err
			}
			found, err := files.named(args)
			if err != nil {
				return err
			}
			if online {
				if err := a.validateOnline(c.Context(), files, args); err != nil {
					return err
				}
			}
			return a.write(map[string]int{"files": files.desired.Files, "connectors": len(found)}, func() error {
				a.printf("%s in %s: %s", count(len(found), "connector"), count(files.desired.Files, "file"), a.console.Ink.Green("all well"))
				return nil
			})
		},
	}
	how.flags(c)
	c.Flags().BoolVar(&online, "online", false, "also ask the clusters' plugins")
	return c
}

// validateOnline asks every cluster about the connectors that go there.
func (a *app) validateOnline(ctx context.Context, files *source, patterns []string) error {
	targets, err := a.targetsOf(ctx, files.env)
	if err != nil {
		return err
	}
	used := make([]bool, len(patterns))
	var wrong []error
	for _, t := range targets {
		if _, err := t.observe(ctx); err != nil { // one answer for a cluster that is down, not one for each connector
			wrong = append(wrong, err)
			continue
		}
		var here []connectors.Connector
		for _, c := range files.desired.For(t.cluster) {
			if matches(c.Name, patterns, used) {
				here = append(here, c)
			}
		}
		wrong = append(wrong, a.validateAll(ctx, t, here)...)
	}
	return errors.Join(wrong...)
}

// validateAll asks one cluster's plugins, many at a time; one that hangs does
// not hold up the others.
func (a *app) validateAll(ctx context.Context, t *target, all []connectors.Connector) []error {
	progress := a.console.Progress()
	defer progress.Close()
	wrong := make([]error, len(all))
	var group errgroup.Group
	group.SetLimit(a.parallel)
	for i, c := range all {
		group.Go(func() error {
			progress.Doing("asking %s about %s", t, c.Name)
			if err := validateOne(ctx, t, c, min(a.timeout, validating)); err != nil {
				wrong[i] = fmt.Errorf("cannot use connector %q (%s): %w", c.Name, c.Source, err)
			}
			return nil
		})
	}
	_ = group.Wait() // each connector has its own error
	return wrong
}

func validateOne(ctx context.Context, t *target, c connectors.Connector, limit time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("its validation did not end in %v", limit))
	defer cancel()
	config := make(map[string]any, len(c.Config))
	for key, value := range c.Config {
		config[key] = value
	}
	found, err := connect.As[connect.Validation](t.client.Validate(ctx, c.Name, config))
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case len(found.Problems()) > 0:
		return errors.New(t.client.Without(strings.Join(found.Problems(), "; ")))
	}
	return nil
}
