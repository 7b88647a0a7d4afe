package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/cmd/kcb/internal/build"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

const aboutBuild = `Composes the layers of the folder DIR (by default, this one), compiles the
charm's program, and packs NAME_ARCH.charm for each architecture.

Everything for which Juju 3.6 or 4 would refuse the charm, every rule that can
never run, and every option that the program asks for by name and config.yaml does
not have, is told with file and line, all at once; no charm is written then.
The same sources give the same bytes. Nothing is written into the layers.

A layer is looked for in the folders of --layer, then among the modules that
go.mod requires, by the last element of their paths, then in the folders of
--layer-path, then beside DIR.

The program is static: Juju runs the file dispatch for every hook and action, so
that is all there is. --links adds hooks/NAME and actions/NAME, links to it, for
tools that look for those; Juju itself has not needed them since 2.8.

Exit code 1: there are problems, or the build failed.`

func (a *app) buildCommand() *cobra.Command {
	var (
		options   build.Options
		form      string
		layerList []string
		path      []string
	)
	c := &cobra.Command{
		Use:   "build [DIR]",
		Short: "make charms of a layer and those it stands on",
		Long:  aboutBuild,
		Example: `  kcb build
  kcb build ./mycharm --out build --arch amd64,arm64
  kcb build --layer kafka-connect-base=../kafka-connect-base --output json`,
		Args: atMostOne("DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				options.Dir = args[0]
			}
			options.Finder.Named = map[string]string{}
			for _, one := range layerList {
				name, dir, ok := strings.Cut(one, "=")
				if !ok || name == "" || dir == "" {
					return cli.Usage(c, "cannot understand --layer %q: it is NAME=FOLDER", one)
				}
				options.Finder.Named[name] = dir
			}
			options.Finder.Path = append(path, filepath.SplitList(a.getenv("CHARM_LAYERS_DIR"))...)
			return a.build(c, options, form)
		},
	}
	f := c.Flags()
	f.StringVarP(&options.Out, "out", "d", ".", "the `FOLDER` for the charms, made if need be")
	f.StringSliceVar(&options.Architectures, "arch", nil, "build for this `ARCHITECTURE` of Juju's, also several: amd64, arm64, ppc64el, riscv64, s390x (by default, those in manifest.yaml, or this machine's)")
	f.StringVar(&options.Main, "main", "", "the `PACKAGE` of the program, relative to DIR (by default, the first main package of ./dispatch, ./cmd/dispatch and .)")
	f.StringArrayVar(&layerList, "layer", nil, "`NAME=FOLDER`: where that layer is; repeat it for others")
	f.StringArrayVar(&path, "layer-path", nil, "a `FOLDER` that has layers in folders of their names; repeat it for others. Those of CHARM_LAYERS_DIR follow")
	f.BoolVar(&options.Links, "links", false, "add links for all hooks and actions")
	f.StringVar(&options.Version, "version", "", "the `TEXT` that juju status shows as the charm's version (by default, what git describe says)")
	cli.Choice(c, &form, "output", "the form of the results", textOutput, jsonOutput, yamlOutput)
	return c
}

func (a *app) build(c *cobra.Command, options build.Options, form string) error {
	progress := a.console.Progress()
	options.Progress = func(what string) {
		if form == textOutput && !terminal.Is(a.console.Err) {
			progress.Note("%s", what) // in a log, too, one wants to know what takes so long
			return
		}
		progress.Doing("%s", what)
	}
	result, err := build.Run(c.Context(), options)
	progress.Close()
	if err != nil {
		return err
	}
	wrong := result.Problems.Err() != nil
	if form == textOutput {
		a.tell(result.Problems)
	}
	if err := a.write(form, result, func() error {
		for _, made := range result.Charms {
			if _, err := fmt.Fprintf(a.console.Out, "%s  %.1f MB\n", made.Path, float64(made.Size)/1e6); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	switch {
	case wrong && form != textOutput:
		return &cli.Exit{Code: cli.Failed}
	case wrong:
		return fmt.Errorf("cannot build %s: %s", orHere(options.Dir), counted(result.Problems))
	}
	return nil
}

// tell writes the problems, each in a line of its own that editors can follow.
func (a *app) tell(problems charmdir.Problems) {
	for _, p := range problems {
		lines := strings.Split(p.String(), "\n")
		for i, line := range lines {
			line = terminal.Clean(strings.ReplaceAll(line, "\t", "  "))
			if i == 0 && p.File != "" {
				place := p.File
				if p.Line > 0 {
					place = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
				}
				if rest, ok := strings.CutPrefix(line, place); ok {
					line = a.console.ErrInk.Bold(place) + rest
				}
			}
			fmt.Fprintln(a.console.Err, line)
		}
	}
}

func counted(problems charmdir.Problems) string {
	n := 0
	for _, p := range problems {
		if !p.Warning {
			n++
		}
	}
	if n == 1 {
		return "there is a problem, see above"
	}
	return fmt.Sprintf("there are %d problems, see above", n)
}

func orHere(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}

// atMostOne accepts one argument or none.
func atMostOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return cli.Usage(c, "cannot use %q: %s takes one %s only", args[1], c.CommandPath(), name)
		}
		return nil
	}
}
