package main

import (
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/cmd/kcb/internal/scaffold"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

const aboutNew = `Writes a layer on kafka-connect-base to start from, which builds, passes its
tests and packs as it is: a Go module of its own with a rule of each kind, the
files of a charm, a test on embedded Kafka, Kubernetes and Connect, a README, a
Makefile and a workflow for CI.

It requires the base layer in the version of this kcb, or takes it from a folder
with --replace.`

func (a *app) newCommand() *cobra.Command {
	var options scaffold.Options
	c := &cobra.Command{
		Use:   "new NAME",
		Short: "write a layer to start from",
		Long:  aboutNew,
		Example: `  kcb new kafka-connect-audit
  kcb new kafka-connect-audit --module github.com/me/audit --dir audit
  kcb new x --replace ../kafka-connect-base`,
		Args: cli.ExactArgs("NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			options.Name = args[0]
			if options.Version == "" {
				options.Version = ownVersion()
			}
			paths, err := scaffold.Write(c.Context(), options)
			if err != nil {
				return err
			}
			dir := options.Dir
			if dir == "" {
				dir = options.Name
			}
			for _, path := range paths {
				if _, err := fmt.Fprintln(a.console.Out, path); err != nil {
					return err
				}
			}
			if !a.console.Quiet {
				fmt.Fprintf(a.console.Err, "\nNext:\n  cd %s\n  make test\n  kcb build\n", cli.Word(filepath.Clean(dir)))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&options.Dir, "dir", "", "the `FOLDER`, new or empty (by default, NAME)")
	f.StringVar(&options.Module, "module", "", "the `PATH` of the Go module (by default, example.com/NAME)")
	f.StringVar(&options.Replace, "replace", "", "take the base layer from this `FOLDER`, a checkout of it")
	f.StringVar(&options.Version, "base-version", "", "the `VERSION` of the base layer (by default, that of this command)")
	return c
}

// ownVersion is the version of the module that this command was built from, ""
// if it was built from a checkout.
func ownVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	version := ""
	if info.Main.Path == scaffold.Base {
		version = info.Main.Version
	}
	for _, m := range info.Deps {
		if m.Path == scaffold.Base && m.Replace == nil {
			version = m.Version
		}
	}
	if version == "(devel)" || strings.HasSuffix(version, "+dirty") {
		return ""
	}
	return version
}
