package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A manner says how a plan is applied.
type manner struct {
	yes, dryRun    bool
	noValidate     bool
	noWait         bool
	idleSources    bool
	maxUnavailable int
}

const aboutApply = `Plans, shows the plan, asks, and makes the cluster so. Only what differs is
written, many connectors at a time; what is to be deleted is deleted last, when
all else has succeeded. The cluster validates every configuration before the
first write. Each connector is waited for until it and all its tasks run; one
that fails does not keep the others from being written, and is said at the end
with its file and the first line of its trace.

Where there is no terminal to ask at, --yes is needed. Ctrl-C ends in good order:
what is in flight is finished, and what was not done is said; a second one ends
at once. Run again, apply does the rest.`

func (a *app) applyCommand() *cobra.Command {
	var how evaluation
	var may leave
	var m manner
	c := &cobra.Command{
		Use:   "apply [flags] [NAME|PATTERN...]",
		Short: "make a cluster run what the files describe",
		Long:  aboutApply,
		Example: `  connectors apply --env prod
  connectors apply --env prod --yes --prune            # in CI
  connectors apply --env prod 'mongo-*' --max-unavailable 5`,
		ValidArgsFunction: a.completeFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if m.dryRun {
				return a.showPlan(c.Context(), how, may, args)
			}
			return a.apply(c.Context(), how, may, m, args)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVarP(&m.yes, "yes", "y", false, "do not ask")
	f.BoolVar(&m.dryRun, "dry-run", false, "only plan, as the command plan does")
	may.flags(c)
	f.IntVar(&m.maxUnavailable, "max-unavailable", 0, "how many changed connectors may not be running at once; the environment's policy says otherwise")
	f.BoolVar(&m.noValidate, "no-validate", false, "do not let the cluster validate the configurations first")
	f.BoolVar(&m.noWait, "no-wait", false, "do not wait until what was written runs")
	f.BoolVar(&m.idleSources, "idle-sources", false, "be content with a source that runs without tasks")
	how.flags(c)
	return c
}

// apply plans all chosen clusters, asks once, and brings each to its plan in
// turn. A cluster that cannot be asked does not keep the others from that.
func (a *app) apply(ctx context.Context, how evaluation, may leave, m manner, patterns []string) error {
	plans, err := a.plan(ctx, how, may, patterns)
	if err != nil {
		return err
	}
	if a.output == textOutput {
		if err := a.writePlans(plans, may.all); err != nil {
			return err
		}
	}
	for _, p := range plans {
		if p.Plan != nil && p.Plan.Refused != "" {
			return fmt.Errorf("cannot apply the plan for %s: %s; add --allow-deletes to do it all the same", p.place, p.Plan.Refused)
		}
	}
	if err := a.agree(ctx, plans, m.yes); err != nil {
		return err
	}
	return a.carryOut(ctx, plans, m)
}

// agree asks whether the plans are to be carried out.
func (a *app) agree(ctx context.Context, plans []clusterPlan, yes bool) error {
	changes, where := 0, ""
	for _, p := range plans {
		if p.Plan != nil && p.Plan.Changes() > 0 {
			changes += p.Plan.Changes()
			where += ", " + p.String()
		}
	}
	if changes == 0 || yes {
		return nil
	}
	where = where[len(", "):]
	if a.output != textOutput { // nobody has seen the plan
		return fmt.Errorf("cannot ask whether to apply %s to %s with --output %s: add --yes", count(changes, "change"), where, a.output)
	}
	answer, err := a.console.Ask(ctx, fmt.Sprintf("\nApply %s to %s?", count(changes, "change"), where))
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return fmt.Errorf("cannot apply %s to %s without being told to: there is no terminal to ask at; add --yes", count(changes, "change"), where)
	case err != nil:
		return fmt.Errorf("cannot apply %s to %s: %w", count(changes, "change"), where, err)
	case !answer:
		return errDeclined
	}
	return nil
}

// A clusterReport is what was done to one cluster. Report is nil where nothing
// was begun.
type clusterReport struct {
	place
	Error  string             `json:"error,omitempty"`
	Plan   *connectors.Plan   `json:"plan,omitempty"`
	Report *connectors.Report `json:"report,omitempty"`
}

// carryOut applies the plans one after another; the error holds those of all.
func (a *app) carryOut(ctx context.Context, plans []clusterPlan, m manner) error {
	var reports []clusterReport
	var wrong []error
	for _, p := range plans {
		one := clusterReport{place: p.place, Plan: p.Plan}
		err := p.err
		if err == nil && ctx.Err() != nil && p.Plan.Changes() > 0 {
			err = fmt.Errorf("cannot apply %s to %s: %w", count(p.Plan.Changes(), "change"), p.place, context.Cause(ctx))
		}
		if err == nil {
			one.Report, err = a.applyOne(ctx, p, m)
		}
		if err != nil {
			one.Error = err.Error()
			wrong = append(wrong, err)
		}
		if one.Report != nil && len(one.Report.Outcomes) > 0 && a.output == textOutput {
			a.tellApplied(one, len(plans) > 1)
		}
		reports = append(reports, one)
	}
	if a.output != textOutput {
		wrong = append(wrong, a.write(reports, nil))
	}
	return errors.Join(wrong...)
}

func (a *app) tellApplied(r clusterReport, several bool) {
	summary := r.Report.Summary()
	if several {
		summary = r.String() + ": " + summary
	}
	a.printf("\n%s", a.console.Ink.Bold(summary))
}

// applyOne brings one cluster to its plan and shows how that goes.
func (a *app) applyOne(ctx context.Context, p clusterPlan, m manner) (*connectors.Report, error) {
	progress := a.console.Progress()
	defer progress.Close()
	stop := context.AfterFunc(ctx, func() {
		progress.Note("Interrupted: finishing what is in flight; a second Ctrl-C ends at once.")
	})
	defer stop()
	return connectors.Apply(ctx, p.client, p.Plan, connectors.ApplyOptions{
		Parallel:          a.parallel,
		SkipValidation:    m.noValidate,
		ValidationTimeout: min(a.timeout, validating),
		NoWait:            m.noWait,
		WaitTimeout:       a.timeout,
		IdleSources:       m.idleSources,
		MaxUnavailable:    m.maxUnavailable,
		Progress:          func(e connectors.Event) { a.follow(progress, p.place, e) },
	})
}

// follow shows one event: on the live line how far the phase is, as a line
// that stays what has come to an end. On a terminal only failures stay, as the
// plan is above.
func (a *app) follow(progress *terminal.Progress, at place, e connectors.Event) {
	doing := map[connectors.Phase]string{
		connectors.Validating: "validated", connectors.Writing: "written",
		connectors.Waiting: "as they should be", connectors.Deleting: "deleted",
	}
	in := ""
	if !at.one && at.Environment != "" {
		in = at.String() + ": "
	}
	progress.Doing("%s%d of %d %s: %s", in, e.Done, e.Total, doing[e.Phase], e.Name)
	ink := a.console.ErrInk
	switch {
	case e.Err != nil:
		progress.Note("%s%s %s %s: %s", in, ink.Red(string(e.Result)), e.Action, e.Name, terminal.Clean(e.Err.Error()))
	case e.Result != "" && !terminal.Is(a.console.Err):
		progress.Note("%s%s %s %s", in, ink.Green(string(e.Result)), e.Action, e.Name)
	}
}
