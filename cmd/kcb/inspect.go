package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/cmd/kcb/internal/inspect"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

const aboutInspect = `Says what is inside a charm: endpoints, options with defaults and the layer that
each came from, actions, resources, architectures, bases, and the rules in the
order in which they run, with what they wait for and what they set and clear.

The charm may be for any architecture: its program is not run. Layers and rules
are known of charms that kcb built.`

func (a *app) inspectCommand() *cobra.Command {
	var (
		form  string
		graph bool
	)
	c := &cobra.Command{
		Use:   "inspect CHARM",
		Short: "say what is inside a charm",
		Long:  aboutInspect,
		Example: `  kcb inspect kafka-connect-file_amd64.charm
  kcb inspect --output json x.charm | jq '.options[] | select(.layer == "x")'
  kcb inspect --graph x.charm > rules.mmd`,
		Args: cli.ExactArgs("CHARM"),
		RunE: func(c *cobra.Command, args []string) error {
			report, err := inspect.Read(args[0])
			if err != nil {
				return err
			}
			if !graph {
				width := 0 // a pipe has no width
				if terminal.Is(a.console.Out) {
					width = terminal.Width(a.console.Out)
				}
				return a.write(form, report, func() error { return report.Write(a.console.Out, a.console.Ink, width) })
			}
			if c.Flags().Changed("output") {
				return cli.Usage(c, "cannot have both --graph and --output")
			}
			if report.Graph == "" {
				return fmt.Errorf("cannot draw the rules of %s: it has no rules.json, so kcb did not build it", args[0])
			}
			_, err = fmt.Fprint(a.console.Out, report.Graph)
			return err
		},
	}
	cli.Choice(c, &form, "output", "the form of the report", textOutput, jsonOutput, yamlOutput)
	c.Flags().BoolVar(&graph, "graph", false, "draw the rules and flags as a Mermaid flowchart instead")
	return c
}
