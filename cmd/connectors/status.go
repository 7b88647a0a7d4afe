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

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
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
Connectors with a problem come first. Paused and stopped ones are well, unless
a task had failed before: a resume does not restart it.

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
			look := func() ([]clusterHealth, error) { return healthOf(c.Context(), targets, args, unhealthy) }
			if watch {
				return a.watch(c.Context(), interval, look)
			}
			reports, err := look()
			return a.tellHealth(reports, err)
		},
	}
	c.Flags().BoolVarP(&watch, "watch", "w", false, "go on showing it until interrupted")
	c.Flags().DurationVar(&interval, "interval", 2*time.Second, "with --watch: the time between two looks")
	c.Flags().BoolVar(&unhealthy, "unhealthy", false, "only connectors with a problem")
	return c
}

// A clusterHealth is how the connectors of one cluster are. Health is nil
// where it could not be asked.
type clusterHealth struct {
	place
	Error  string             `json:"error,omitempty"`
	Health *connectors.Health `json:"health,omitempty"`
	well   bool
}

// healthOf asks all clusters. One that cannot be asked is part of the result,
// and of the error.
func healthOf(ctx context.Context, targets []*target, patterns []string, unhealthy bool) ([]clusterHealth, error) {
	var reports []clusterHealth
	var failed []error
	var known []string
	used := make([]bool, len(patterns))
	for _, t := range targets {
		live, err := t.observe(ctx)
		if err != nil {
			failed = append(failed, err)
			reports = append(reports, clusterHealth{place: t.place, Error: err.Error()})
			continue
		}
		known = slices.AppendSeq(known, maps.Keys(live.Connectors))
		health := connectors.CheckHealth(live).Only(func(name string) bool { return matches(name, patterns, used) })
		well := len(health.Unhealthy()) == 0
		if unhealthy {
			health.Connectors = health.Unhealthy()
		}
		reports = append(reports, clusterHealth{place: t.place, Health: health, well: well})
	}
	if len(failed) == 0 { // else the name may be on a cluster that did not answer
		failed = append(failed, unmatched(patterns, used, known, "on "+where(targets)))
	}
	return reports, errors.Join(failed...)
}

// tellHealth writes the reports; the exit code says whether all are well.
func (a *app) tellHealth(reports []clusterHealth, failed error) error {
	if failed != nil && a.output == textOutput && len(reports) == 1 && reports[0].Health != nil && len(reports[0].Health.Connectors) == 0 {
		return failed // without "0 connectors" before it
	}
	err := a.writeHealth(a.console.Out, reports, 0)
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for _, r := range reports {
		if !r.well {
			return &cli.Exit{Code: cli.Differs}
		}
	}
	return nil
}

// writeHealth writes reports in the form the user asked for. With a width
// lines are cut to it.
func (a *app) writeHealth(out io.Writer, reports []clusterHealth, width int) error {
	switch a.output {
	case jsonOutput:
		return terminal.WriteJSON(out, reports)
	case yamlOutput:
		return terminal.WriteYAML(out, reports)
	}
	shown, options := 0, a.textOptions()
	options.Width = width
	for _, report := range reports {
		if report.Health == nil {
			continue // the error says why
		}
		if shown++; shown > 1 {
			fmt.Fprintln(out)
		}
		if len(reports) > 1 {
			fmt.Fprintf(out, "%s\n", a.console.Ink.Bold(report.String()))
		}
		if err := report.Health.Text(out, options); err != nil {
			return err
		}
	}
	return nil
}

// textOptions say how results are written as text.
func (a *app) textOptions() connectors.TextOptions {
	return connectors.TextOptions{Colour: bool(a.console.Ink)}
}

// watch shows the reports again and again: on a terminal in place, elsewhere
// whenever they have changed. An interruption is how it ends.
func (a *app) watch(ctx context.Context, interval time.Duration, look func() ([]clusterHealth, error)) error {
	var screen *terminal.Screen
	if a.output == textOutput {
		screen = a.console.Screen()
	}
	width := 0
	if screen != nil {
		defer screen.Close()
	}
	for before := ""; ; {
		reports, err := look()
		if ctx.Err() == nil {
			if screen != nil {
				width = terminal.Width(a.console.Out)
			}
			text, failed := a.healthText(reports, err, width)
			switch {
			case failed != nil:
				return failed
			case screen != nil:
				screen.Show(watchHead(reports, interval) + "\n\n" + text)
			case text != before:
				a.printf("%s", text)
			}
			before = text
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

// watchHead is what stands above all: a long table hides its own last line.
func watchHead(reports []clusterHealth, interval time.Duration) string {
	head := fmt.Sprintf("%s  every %v, Ctrl-C ends it", clock(), interval)
	for _, report := range reports {
		if report.Health != nil {
			head += "\n" + report.String() + ": " + report.Health.Summary()
		}
	}
	return head
}

// healthText gives what is shown of the reports, and of what went wrong.
func (a *app) healthText(reports []clusterHealth, wrong error, width int) (string, error) {
	var text bytes.Buffer
	if err := a.writeHealth(&text, reports, width); err != nil {
		return "", err
	}
	if wrong != nil && a.output == textOutput {
		fmt.Fprintf(&text, "%s\n", a.console.Ink.Red(wrong.Error()))
	}
	return strings.TrimRight(text.String(), "\n"), nil
}
