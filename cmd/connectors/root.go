package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// An app is one run of the command: whom it speaks to, and what the flags of
// all commands say.
type app struct {
	console *terminal.Terminal
	getenv  func(string) string
	log     *slog.Logger
	// secrets are the texts of secret variables: nothing a cluster says may show them.
	secrets func() []string

	dir      string
	env      string
	clusters []string
	urls     []string
	owner    string
	noOwner  bool
	output   string
	noColour bool
	verbose  bool
	timeout  time.Duration
	parallel int

	once      bool                  // a worker that does not answer is not asked again
	unwritten atomic.Pointer[error] // why a line of a result was lost
}

// The groups of the help.
const (
	deploying = "deploying"
	operating = "operating"
	starting  = "starting"
)

const about = `Makes Kafka Connect clusters run the connectors that the files of a Git folder
describe. Only real differences are written, because Connect restarts a
connector even when its configuration is written unchanged.

A folder holds connectors/ENV/**/*.jsonnet (also .json and .yaml), one connector
each or several; connectors.yaml beside it describes the environments. Without
that file, --url and --env are enough.`

const firstSteps = `  connectors init myfolder                    # a folder to start from
  connectors plan --env prod                  # what would change
  connectors apply --env prod                 # change it
  connectors status --env prod --watch        # how it runs
  connectors plan --env prod --url http://connect.example.com:8083`

// newRoot gives the whole tree of commands.
func newRoot(console *terminal.Terminal, getenv func(string) string) *cobra.Command {
	a := &app{console: console, getenv: getenv, log: slog.New(slog.NewTextHandler(io.Discard, nil)), secrets: func() []string { return nil }}
	root := &cobra.Command{
		Use:                "connectors",
		Short:              "connectors in Git: planned, applied, kept",
		Long:               about,
		Example:            firstSteps,
		PersistentPreRunE:  a.prepare,
		PersistentPostRunE: a.written,
		CompletionOptions:  cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.AddGroup(
		&cobra.Group{ID: deploying, Title: "From the folder to the cluster:"},
		&cobra.Group{ID: operating, Title: "Looking after what runs:"},
		&cobra.Group{ID: starting, Title: "Starting:"},
	)
	a.globalFlags(root)
	group := func(id string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = id
			root.AddCommand(c)
		}
	}
	group(deploying, a.planCommand(), a.applyCommand(), a.validateCommand(), a.renderCommand())
	group(operating, a.statusCommand(), a.restartCommand(), a.pauseCommand(), a.resumeCommand(), a.stopCommand(), a.deleteCommand(), a.offsetsCommand())
	group(starting, a.initCommand(), a.exportCommand())
	root.AddCommand(completionCommand(), cli.Version("connectors"), cli.ManPages())
	root.AddCommand(topics()...)
	return root
}

func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.SortFlags = false
	f.StringVarP(&a.dir, "dir", "C", orElse(a.getenv("CONNECTORS_DIR"), "."), "the `FOLDER` that holds connectors/ and connectors.yaml")
	f.StringVarP(&a.env, "env", "e", a.getenv("CONNECTORS_ENV"), "the `ENVIRONMENT`; may be left out where there is one only")
	f.StringSliceVar(&a.clusters, "cluster", nil, "only this `CLUSTER` of the environment; repeat it for further ones")
	f.StringSliceVarP(&a.urls, "url", "u", fields(a.getenv("CONNECT_URL")), "the `URL` of a Connect worker, instead of those in connectors.yaml; repeat it for further workers of the same cluster")
	f.StringVar(&a.owner, "owner", a.getenv("CONNECTORS_OWNER"), "who keeps the connectors, instead of the `OWNER` in connectors.yaml")
	f.BoolVar(&a.noOwner, "no-owner", false, "write no owner into the connectors' configurations")
	f.StringVarP(&a.output, "output", "o", textOutput, "the `FORM` of the results: text, json or yaml")
	f.BoolVar(&a.noColour, "no-color", false, "no colours, as with NO_COLOR in the environment")
	f.BoolVarP(&a.console.Quiet, "quiet", "q", false, "no progress, only results and errors")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "log every request, and what is tried again, to standard error")
	f.DurationVar(&a.timeout, "timeout", 5*time.Minute, "how long a request may take with all its attempts, and a connector to do what it should")
	f.IntVar(&a.parallel, "parallel", 32, "how many requests are in flight, up to 64")
	a.completeGlobals(root)
}

// The forms of results.
const (
	textOutput     = "text"
	jsonOutput     = "json"
	yamlOutput     = "yaml"
	markdownOutput = "markdown"
)

// markdownToo marks commands whose --output may be markdown.
const markdownToo = "markdown"

func outputs(c *cobra.Command) []string {
	known := []string{textOutput, jsonOutput, yamlOutput}
	if c.Annotations[markdownToo] != "" {
		known = append(known, markdownOutput)
	}
	return known
}

// prepare checks the flags of all commands and makes the console as they say.
func (a *app) prepare(c *cobra.Command, _ []string) error {
	if a.noColour {
		a.console.Plain()
	}
	if a.verbose {
		a.log = slog.New(slog.NewTextHandler(a.console.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	switch known := outputs(c); {
	case !slices.Contains(known, a.output):
		return cli.Usage(c, "cannot give the output as %q: it is one of %s%s", a.output, strings.Join(known, ", "), nearest.Hint(a.output, known))
	case a.parallel < 1 || a.parallel > 64:
		return cli.Usage(c, "cannot keep %d requests in flight: --parallel is from 1 to 64", a.parallel)
	case a.timeout <= 0:
		return cli.Usage(c, "cannot wait %v: --timeout is more than zero", a.timeout)
	case a.owner != "" && a.noOwner && c.Flags().Changed("owner"):
		return cli.Usage(c, "cannot have both --owner and --no-owner")
	}
	return nil
}

// write gives a result in the form the user asked for.
func (a *app) write(value any, text func() error) error {
	switch a.output {
	case jsonOutput:
		return terminal.WriteJSON(a.console.Out, value)
	case yamlOutput:
		return terminal.WriteYAML(a.console.Out, value)
	}
	return text()
}

// printf writes a line of a result.
func (a *app) printf(format string, args ...any) {
	if _, err := fmt.Fprintf(a.console.Out, format+"\n", args...); err != nil {
		a.unwritten.Store(&err)
	}
}

// written says whether all lines of a result have reached whoever reads them.
func (a *app) written(*cobra.Command, []string) error {
	if err := a.unwritten.Load(); err != nil {
		return *err
	}
	return nil
}
