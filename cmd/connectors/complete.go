package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
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

// completeLive completes the names of connectors on the clusters. All are asked
// at once, each only once: who presses a key does not wait for what is down.
func (a *app) completeLive(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(contextOf(c), patienceOfShells)
	defer cancel()
	a.timeout, a.once = patienceOfShells, true
	targets, err := a.targets(ctx)
	if err != nil {
		return nil, noFiles
	}
	found := make([][]string, len(targets))
	var all sync.WaitGroup
	for i, t := range targets {
		all.Go(func() { found[i], _ = connect.As[[]string](t.client.Connectors(ctx)) }) // without an answer there is no name
	}
	all.Wait()
	return offered(c, slices.Concat(found...), args), noFiles
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
	return offered(c, known, args), noFiles
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

// offered gives names in order, each once, and none that is there already. One
// that begins with "-" would be taken for a flag until "--" has ended the flags.
func offered(c *cobra.Command, names, already []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		return slices.Contains(already, name) || strings.HasPrefix(name, "-") && !cli.FlagsEnded(contextOf(c))
	})
}

// contextOf is a command's context; completions run without one.
func contextOf(c *cobra.Command) context.Context {
	if ctx := c.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
