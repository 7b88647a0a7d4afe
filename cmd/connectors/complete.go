package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

func completionCommand() *cobra.Command {
	c := cli.Completion("connectors")
	c.Long = `Gives the script by which a shell completes commands, flags, environments,
clusters, and the names of connectors: of those in the folder for plan, apply
and render, of those on the cluster for the commands that act on it.`
	return c
}

// patienceOfShells is how long a completion may ask a cluster.
const patienceOfShells = 2 * time.Second

const noFiles = cobra.ShellCompDirectiveNoFileComp

func (a *app) completeGlobals(root *cobra.Command) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"output": func(c *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return outputs(c), noFiles
		},
		"dir": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		"env": a.completeEnvironments, "cluster": a.completeClusters,
		"url": cobra.NoFileCompletions, "owner": cobra.NoFileCompletions,
		"timeout": cobra.NoFileCompletions, "parallel": cobra.NoFileCompletions,
	} {
		_ = root.RegisterFlagCompletionFunc(flag, complete) // fails for unknown flags only
	}
}

// completeLive completes the names of connectors on the clusters.
func (a *app) completeLive(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(contextOf(c), patienceOfShells)
	defer cancel()
	a.timeout = patienceOfShells
	targets, err := a.targets(ctx)
	if err != nil {
		return nil, noFiles
	}
	var found []string
	for _, t := range targets {
		if now, err := t.now(ctx); err == nil {
			found = slices.AppendSeq(found, maps.Keys(now))
		}
	}
	return without(found, args), noFiles
}

// completeFiles completes the names of connectors that the files give.
func (a *app) completeFiles(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(contextOf(c), patienceOfShells)
	defer cancel()
	a.console.Quiet = true
	files, err := a.load(ctx, evaluation{allowPasswords: true})
	if err != nil {
		return nil, noFiles
	}
	found, err := files.named(nil)
	if err != nil {
		return nil, noFiles
	}
	var known []string
	for _, one := range found {
		known = append(known, one.Name)
	}
	return without(known, args), noFiles
}

// completeEnvironments completes the names of the folder's environments.
func (a *app) completeEnvironments(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	folder, err := connectors.Open(a.dir)
	if err != nil {
		return nil, noFiles
	}
	return folder.Environments(), noFiles
}

// completeClusters completes the names of an environment's clusters.
func (a *app) completeClusters(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	a.clusters, a.urls = nil, nil
	_, env, err := a.environment()
	if err != nil {
		return nil, noFiles
	}
	var known []string
	for _, cluster := range env.Clusters {
		known = append(known, cluster.Name)
	}
	return known, noFiles
}

// completeOneLive completes the first argument only, and files after it.
func (a *app) completeOneLive(c *cobra.Command, args []string, to string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completeLive(c, args, to)
}

// without gives names in order, each once, and none that is there already.
func without(names, already []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return slices.Contains(already, name) })
}

// contextOf is a command's context; completions run without one.
func contextOf(c *cobra.Command) context.Context {
	if ctx := c.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
