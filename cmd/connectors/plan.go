package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A leave is what a plan may do that it otherwise may not.
type leave struct {
	prune        bool
	adopt        bool
	takeOver     bool
	allowDeletes bool
	all          bool
}

func (l *leave) flags(c *cobra.Command) {
	c.Flags().BoolVar(&l.prune, "prune", false, "delete connectors that carry this folder's owner and that no file wants")
	c.Flags().BoolVar(&l.allowDeletes, "allow-deletes", false, "with --prune: delete as many as that are, not just a few")
	c.Flags().BoolVar(&l.adopt, "adopt", false, "write the owner to connectors that equal their file and carry none")
	c.Flags().BoolVar(&l.takeOver, "take-over", false, "write to connectors that carry another owner")
	c.Flags().BoolVar(&l.all, "all", false, "name what is unchanged and what is left alone as well")
}

// policy gives the policy of the environment with what the flags allow.
func (l *leave) policy(env *connectors.Environment) connectors.Policy {
	p := env.Policy
	p.Prune = p.Prune || l.prune
	p.Adopt = p.Adopt || l.adopt
	p.TakeOver = p.TakeOver || l.takeOver
	if l.allowDeletes {
		p.MaxDelete = 1
	}
	return p
}

// A clusterPlan is what would be done to one cluster. Plan is nil where it
// could not be asked.
type clusterPlan struct {
	place
	*target `json:"-"`
	Error   string           `json:"error,omitempty"`
	Plan    *connectors.Plan `json:"plan,omitempty"`
	err     error
}

const aboutPlan = `Shows what apply would do: for each connector and each of its keys what would be
created, changed, deleted, paused, resumed or left alone. The files are compared
with what the cluster runs now, which is one request; nothing is written.
Passwords are never shown.

The exit code is 0 when there is nothing to change, 2 when there is, and 1 after
an error.`

func (a *app) planCommand() *cobra.Command {
	var how evaluation
	var may leave
	c := &cobra.Command{
		Use:         "plan [flags] [NAME|PATTERN...]",
		Short:       "show what apply would change",
		Long:        aboutPlan,
		Annotations: map[string]string{markdownToo: "yes"},
		Example: `  connectors plan --env prod
  connectors plan --env prod 'mongo-*' --prune
  connectors plan --env prod -o markdown > plan.md     # for a pull request
  connectors plan --env prod --url http://connect.example.com:8083`,
		ValidArgsFunction: a.completeFiles,
		RunE: func(c *cobra.Command, args []string) error {
			return a.showPlan(c.Context(), how, may, args)
		},
	}
	how.flags(c)
	may.flags(c)
	return c
}

// plan compares the files with all chosen clusters. That a cluster cannot be
// asked is part of the result.
func (a *app) plan(ctx context.Context, how evaluation, may leave, patterns []string) ([]clusterPlan, error) {
	files, err := a.load(ctx, how)
	if err != nil {
		return nil, err
	}
	targets, err := a.targetsOf(ctx, files.env)
	if err != nil {
		return nil, err
	}
	progress := a.console.Progress()
	defer progress.Close()
	var plans []clusterPlan
	var known []string
	used, answered := make([]bool, len(patterns)), true
	for _, t := range targets {
		progress.Doing("asking %s", t)
		one := clusterPlan{place: t.place, target: t}
		live, err := t.observe(ctx)
		if err == nil {
			one.Plan, err = connectors.NewPlan(files.desired.For(t.cluster), live, may.policy(files.env))
		}
		if err != nil {
			one.err, one.Error, answered = err, err.Error(), false
		} else {
			for _, step := range one.Plan.Steps {
				known = append(known, step.Name)
			}
			one.Plan = one.Plan.Only(func(name string) bool { return matches(name, patterns, used) })
		}
		plans = append(plans, one)
	}
	if answered { // else the name may be on a cluster that did not answer
		err = unmatched(patterns, used, known, "in the files of "+files.env.Name+", nor on "+where(targets))
	}
	return plans, err
}

// failures are why clusters could not be asked.
func failures(plans []clusterPlan) error {
	var all []error
	for _, p := range plans {
		all = append(all, p.err)
	}
	return errors.Join(all...)
}

// showPlan plans and shows it; the exit code says whether there is something
// to do.
func (a *app) showPlan(ctx context.Context, how evaluation, may leave, patterns []string) error {
	plans, err := a.plan(ctx, how, may, patterns)
	if err != nil {
		return err
	}
	if err := errors.Join(a.writePlans(plans, may.all), failures(plans)); err != nil {
		return err
	}
	for _, p := range plans {
		if !p.Plan.Empty() {
			return &cli.Exit{Code: cli.Differs}
		}
	}
	return nil
}

// writePlans writes plans in the form the user asked for.
func (a *app) writePlans(plans []clusterPlan, all bool) error {
	switch a.output {
	case jsonOutput, yamlOutput:
		return a.write(plans, nil)
	case markdownOutput:
		return a.writeMarkdown(plans)
	}
	options := a.textOptions()
	options.All = all
	shown := 0
	for _, p := range plans {
		if p.Plan == nil {
			continue // the error says why
		}
		if shown++; shown > 1 {
			a.printf("")
		}
		if len(plans) > 1 {
			a.printf("%s\n", a.console.Ink.Bold(p.String()+":"))
		}
		if err := p.Plan.Text(a.console.Out, options); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) writeMarkdown(plans []clusterPlan) error {
	for i, p := range plans {
		if i > 0 {
			a.printf("")
		}
		a.printf("### Connectors of `%s`\n", p)
		if p.Plan == nil {
			a.printf("The cluster could not be asked:\n\n```\n%s\n```", terminal.Clean(p.Error))
			continue
		}
		if err := p.Plan.Markdown(a.console.Out); err != nil {
			return fmt.Errorf("cannot write the plan: %w", err)
		}
	}
	return nil
}
