package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func (a *app) offsetsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "offsets",
		Short: "see, set or reset how far a connector has come",
		Long: `Shows how far a connector has come, sets it, or forgets it. For a sink these are
the offsets of its consumer group, for a source what its plugin noted of each
partition it reads. To change them the connector must be stopped (Kafka 3.6);
--stop stops it around the change.`,
		Example: `  connectors offsets get --env prod orders -o json > offsets.json
  connectors offsets set --env prod orders offsets.json --stop
  connectors offsets reset --env prod orders --stop`,
	}
	c.AddCommand(a.offsetsGetCommand(), a.offsetsSetCommand(), a.offsetsResetCommand())
	return c
}

func (a *app) offsetsGetCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "get NAME",
		Short:             "show how far a connector has come",
		Long:              "Shows how far a connector has come. As JSON it is what \"offsets set\" takes.",
		Example:           "  connectors offsets get --env prod orders\n  connectors offsets get --env prod orders -o json > offsets.json",
		Args:              cli.ExactArgs("NAME"),
		ValidArgsFunction: a.completeOneLive,
		RunE: func(c *cobra.Command, args []string) error {
			one, err := a.one(c.Context(), args[0])
			if err != nil {
				return err
			}
			offsets, err := connect.As[connect.Offsets](one.client.Offsets(c.Context(), one.name))
			if err != nil {
				return fmt.Errorf("cannot read the offsets of %s: %w", one, err)
			}
			return a.write(offsets, func() error { return a.showOffsets(offsets) })
		},
	}
}

func (a *app) showOffsets(offsets connect.Offsets) error {
	if len(offsets.Offsets) == 0 {
		a.printf("no offsets yet")
		return nil
	}
	table := terminal.Table{Head: []string{"PARTITION", "OFFSET"}}
	for _, o := range offsets.Offsets {
		partition, _ := json.Marshal(o.Partition) // they came as JSON
		offset, _ := json.Marshal(o.Offset)
		table.Add(string(partition), string(offset))
	}
	return table.Write(a.console.Out, a.console.Ink)
}

func (a *app) offsetsSetCommand() *cobra.Command {
	var around bool
	c := &cobra.Command{
		Use:   "set [flags] NAME FILE",
		Short: "set how far a connector has come, from a JSON file",
		Long: `Sets how far a connector has come, to what a JSON file says, or standard input
where FILE is "-". The file is what "offsets get -o json" gives; partitions that
are not in it stay as they are, and one whose offset is null is forgotten:

  {"offsets": [
    {"partition": {"filename": "/data/orders.txt"}, "offset": {"position": 0}}
  ]}`,
		Example:           "  connectors offsets set --env prod orders offsets.json --stop\n  jq … offsets.json | connectors offsets set --env prod orders -",
		Args:              cli.ExactArgs("NAME", "FILE"),
		ValidArgsFunction: a.completeOneLive,
		RunE: func(c *cobra.Command, args []string) error {
			offsets, err := a.readOffsets(args[1])
			if err != nil {
				return err
			}
			return a.changeOffsets(c.Context(), args[0], around, "offsets set", func(ctx context.Context, one chosen) (*connect.Response, error) {
				return one.client.SetOffsets(ctx, one.name, offsets...)
			})
		},
	}
	c.Flags().BoolVar(&around, "stop", false, "stop the connector around the change, and let it go on afterwards as before")
	return c
}

func (a *app) offsetsResetCommand() *cobra.Command {
	var around, yes bool
	c := &cobra.Command{
		Use:               "reset [flags] NAME",
		Short:             "forget how far a connector has come",
		Long:              "Forgets how far a connector has come, after asking: when it runs again, it begins\nfrom the start.",
		Example:           "  connectors offsets reset --env dev orders --stop --yes",
		Args:              cli.ExactArgs("NAME"),
		ValidArgsFunction: a.completeOneLive,
		RunE: func(c *cobra.Command, args []string) error {
			if err := a.sure(c.Context(), yes, "reset the offsets of", args, ""); err != nil {
				return err
			}
			return a.changeOffsets(c.Context(), args[0], around, "offsets reset", func(ctx context.Context, one chosen) (*connect.Response, error) {
				return one.client.ResetOffsets(ctx, one.name)
			})
		},
	}
	c.Flags().BoolVar(&around, "stop", false, "stop the connector around the change, and let it go on afterwards as before")
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return c
}

// readOffsets reads a file, or standard input where it is "-".
func (a *app) readOffsets(file string) ([]connect.Offset, error) {
	in := a.console.In
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("cannot read the offsets: %w", err)
		}
		defer opened.Close()
		in = opened
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("cannot read the offsets: %w", err)
	}
	var offsets connect.Offsets
	if err := json.Unmarshal(text, &offsets); err != nil {
		return nil, fmt.Errorf("cannot read the offsets in %s: %w", file, err)
	}
	if len(offsets.Offsets) == 0 {
		return nil, fmt.Errorf(`cannot find offsets in %s: it should be {"offsets": [{"partition": {…}, "offset": {…}}]}, as "offsets get -o json" gives it`, file)
	}
	return offsets.Offsets, nil
}

// one finds the connector of this name on the only cluster that has it.
func (a *app) one(ctx context.Context, name string) (chosen, error) {
	targets, err := a.targets(ctx)
	if err != nil {
		return chosen{}, err
	}
	found, err := choose(ctx, targets, []string{name})
	if err != nil {
		return chosen{}, err
	}
	if len(found) > 1 {
		return chosen{}, fmt.Errorf("cannot tell which connector %q is meant: %d match on %s; use its name, and --cluster", name, len(found), where(targets))
	}
	return found[0], nil
}

// changeOffsets makes a change that needs a stopped connector. With around it
// is stopped before, and brought back to where it was after, also when the
// change failed.
func (a *app) changeOffsets(ctx context.Context, name string, around bool, done string, change func(context.Context, chosen) (*connect.Response, error)) error {
	one, err := a.one(ctx, name)
	if err != nil {
		return err
	}
	if now := one.now.Status.Connector.State; now != connect.Stopped && !around {
		return fmt.Errorf("cannot change the offsets of %s while it is %s: stop it first (connectors stop %s), or add --stop", one, now, one.name)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("that took longer than %v (--timeout)", a.timeout))
	defer cancel()
	_, err = connectors.ChangeOffsets(ctx, one.client, one.name, func() (*connect.Response, error) { return change(ctx, one) })
	if err != nil {
		return fmt.Errorf("cannot change the offsets of %s: %w", one, err)
	}
	return a.tell([]outcome{{place: one.place, Connector: one.name, Done: done}})
}
