package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func (a *app) statusCommand() *cobra.Command {
	var watch, unhealthy bool
	var interval time.Duration
	c := &cobra.Command{
		Use:   "status [flags] [NAME|PATTERN...]",
		Short: "show how the connectors of a cluster are",
		Long: `Shows how connectors are: their state, how many of their tasks run, on which
workers, and what is wrong. What a worker calls RUNNING may have failed tasks or
none at all; both are shown as problems, with the first line of the trace.
Connectors with a problem come first. Paused and stopped ones are well.

The exit code is 0 when all are well, 2 when one is not, 1 after an error.`,
		Example: `  connectors status --env prod
  connectors status --env prod 'mongo-*' --watch
  connectors status --env prod --unhealthy -o json`,
		ValidArgsFunction: a.completeLive,
		RunE: func(c *cobra.Command, args []string) error {
			targets, err := a.targets(c.Context())
			if err != nil {
				return err
			}
			look := func() ([]clusterHealth, error) { return healthOfAll(c.Context(), targets, args, unhealthy) }
			if watch {
				return a.watch(c.Context(), interval, look)
			}
			reports, err := look()
			if err != nil && len(reports) == 0 {
				return err
			}
			return a.tellHealth(reports, err)
		},
	}
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on showing it until interrupted")
	c.Flags().DurationVar(&interval, "interval", 2*time.Second, "with --watch: the time between two looks")
	c.Flags().BoolVar(&unhealthy, "unhealthy", false, "only connectors with a problem")
	return c
}

// tellHealth writes the reports; the exit code says whether all are well.
func (a *app) tellHealth(reports []clusterHealth, failed error) error {
	err := a.write(reports, func() error {
		return a.showHealth(a.console.Out, reports, terminal.Is(a.console.Out))
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for _, r := range reports {
		if r.Unhealthy > 0 {
			return &cli.Exit{Code: cli.Differs}
		}
	}
	return nil
}

// healthOfAll asks all clusters. One that cannot be asked is part of the
// result, and of the error.
func healthOfAll(ctx context.Context, targets []*target, patterns []string, unhealthy bool) ([]clusterHealth, error) {
	var reports []clusterHealth
	var failed []error
	var known []string
	used := make([]bool, len(patterns))
	for _, t := range targets {
		now, err := t.now(ctx)
		if err != nil {
			failed = append(failed, err)
			reports = append(reports, clusterHealth{Cluster: t.name, Error: err.Error(), Workers: []worker{}, Connectors: []health{}})
			continue
		}
		var all []chosen
		for _, name := range slices.Sorted(maps.Keys(now)) {
			known = append(known, name)
			if matches(name, patterns, used) {
				all = append(all, chosen{t, name, now[name]})
			}
		}
		report := summary(t.name, all)
		if unhealthy {
			report.Connectors = slices.DeleteFunc(report.Connectors, func(h health) bool { return h.Healthy })
		}
		reports = append(reports, report)
	}
	if len(failed) == len(targets) {
		return nil, errors.Join(failed...)
	}
	failed = append(failed, unmatched(patterns, used, known, "on "+where(targets)))
	return reports, errors.Join(failed...)
}

// showHealth writes the reports as tables. Lines that would not fit on a
// terminal are cut.
func (a *app) showHealth(out io.Writer, reports []clusterHealth, cut bool) error {
	ink := a.console.Ink
	for i, report := range reports {
		if i > 0 {
			fmt.Fprintln(out)
		}
		total := report.Healthy + report.Unhealthy
		well := ink.Green("all well")
		switch {
		case report.Error != "":
			fmt.Fprintf(out, "%s: %s\n", ink.Bold(report.Cluster), ink.Red("cannot be asked"))
			continue
		case total == 0:
			well = "nothing to see"
		case report.Unhealthy > 0:
			well = ink.Red(fmt.Sprintf("%d not well", report.Unhealthy))
		}
		fmt.Fprintf(out, "%s: %s, %s\n", ink.Bold(report.Cluster), count(total, "connector"), well)
		for _, w := range report.Workers {
			fmt.Fprintf(out, "  worker %s: %s, %s\n", terminal.Clean(w.ID), count(w.Connectors, "connector"), count(w.Tasks, "task"))
		}
		if len(report.Connectors) == 0 {
			continue
		}
		fmt.Fprintln(out)
		table := terminal.Table{Head: []string{"CONNECTOR", "STATE", "TASKS", "WHAT IS WRONG"}}
		if cut {
			table.Width = terminal.Width(a.console.Out)
		}
		for _, h := range report.Connectors {
			tasks := fmt.Sprintf("%d/%d", h.Running, h.Tasks)
			table.Add(terminal.Clean(h.Connector), paintState(ink, h.State), tasks, h.Problem)
		}
		if err := table.Write(out, ink); err != nil {
			return err
		}
	}
	return nil
}

// watch shows the reports again and again: on a terminal in place, elsewhere
// whenever they have changed. An interruption is how it ends.
func (a *app) watch(ctx context.Context, interval time.Duration, look func() ([]clusterHealth, error)) error {
	screen, before := a.console.Screen(), ""
	if a.output != textOutput {
		screen = nil
	}
	if screen != nil {
		defer screen.Close()
	}
	for {
		var text bytes.Buffer
		reports, err := look()
		if ctx.Err() == nil {
			if showErr := a.writeHealth(&text, reports, screen != nil); showErr != nil {
				return showErr
			}
			if err != nil {
				fmt.Fprintf(&text, "\n%s\n", strings.TrimSpace(err.Error()))
			}
			switch {
			case screen != nil:
				screen.Show(fmt.Sprintf("%s  every %v, Ctrl-C ends it\n\n%s", time.Now().Format("15:04:05"), interval, text.String()))
			case text.String() != before:
				a.printf("%s", strings.TrimRight(text.String(), "\n"))
			}
			before = text.String()
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			if errors.Is(context.Cause(ctx), cli.ErrInterrupted) {
				return nil
			}
			return context.Cause(ctx)
		}
	}
}

// writeHealth writes reports in the form the user asked for.
func (a *app) writeHealth(out io.Writer, reports []clusterHealth, cut bool) error {
	switch a.output {
	case jsonOutput:
		return terminal.WriteJSON(out, reports)
	case yamlOutput:
		return terminal.WriteYAML(out, reports)
	}
	return a.showHealth(out, reports, cut)
}
