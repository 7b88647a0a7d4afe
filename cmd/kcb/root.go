package main

import (
	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// An app is one run of the command: whom it speaks to, and what the flags of all
// commands say.
type app struct {
	console  *terminal.Terminal
	getenv   func(string) string
	noColour bool
}

const about = `Makes Juju charms of layers. A layer is a folder with a layer.yaml, most often a
Go module; it names the layers it stands on, and adds its options, endpoints,
actions and rules to theirs.`

const firstSteps = `  kcb new kafka-connect-audit     # a layer to start from
  cd kafka-connect-audit
  make test
  kcb build                       # kafka-connect-audit_amd64.charm
  kcb inspect *.charm
  juju deploy ./kafka-connect-audit_amd64.charm`

// newRoot gives the whole tree of commands.
func newRoot(console *terminal.Terminal, getenv func(string) string) *cobra.Command {
	a := &app{console: console, getenv: getenv}
	root := &cobra.Command{
		Use:               "kcb",
		Short:             "make charms of layers",
		Long:              about,
		Example:           firstSteps,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRun: func(*cobra.Command, []string) {
			if a.noColour {
				console.Plain()
			}
		},
	}
	f := root.PersistentFlags()
	f.BoolVar(&a.noColour, "no-color", false, "no colours, as with NO_COLOR in the environment")
	f.BoolVarP(&console.Quiet, "quiet", "q", false, "no progress, only results and errors")
	root.AddCommand(a.newCommand(), a.buildCommand(), a.inspectCommand(), cli.Completion("kcb"), cli.Version("kcb"), cli.ManPages())
	return root
}

// The forms of results.
const (
	textOutput = "text"
	jsonOutput = "json"
	yamlOutput = "yaml"
)

// write gives a result in the form that was asked for.
func (a *app) write(form string, value any, text func() error) error {
	switch form {
	case jsonOutput:
		return terminal.WriteJSON(a.console.Out, value)
	case yamlOutput:
		return terminal.WriteYAML(a.console.Out, value)
	}
	return text()
}
