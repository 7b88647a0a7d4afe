package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func (a *app) deleteCommand() *cobra.Command {
	var s selection
	var yes, reset bool
	c := &cobra.Command{
		Use:   "delete [flags] NAME|PATTERN...",
		Short: "delete connectors from a cluster",
		Long: `Deletes connectors, after asking. What they have read or written so far stays
remembered in Kafka: a connector created anew under the same name goes on from
there. With --reset-offsets they are stopped first and that is forgotten too.`,
		Example: `  connectors delete --env prod orders
  connectors delete --env prod 'mongo-*' --yes
  connectors delete --env dev orders --reset-offsets`,
		ValidArgsFunction: a.completeLive,
		RunE: func(c *cobra.Command, args []string) error {
			found, err := a.live(c.Context(), c, args, s.all)
			if err != nil {
				return err
			}
			do := action{verb: "delete", done: "deleted", do: remove, reached: gone}
			if reset {
				do.do, do.done = removeAndForget, "deleted, offsets reset"
			}
			a.warnOwned(found, "remove its file")
			if err := a.sure(c.Context(), yes, "delete", names(found), places(found)); err != nil {
				return err
			}
			return a.act(c.Context(), found, do, !s.noWait)
		},
	}
	s.flags(c)
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().BoolVar(&reset, "reset-offsets", false, "forget what they have read or written so far (Kafka 3.6)")
	return c
}

func names(all []chosen) []string {
	list := make([]string, len(all))
	for i, c := range all {
		list[i] = c.name
	}
	return list
}

// places names the clusters that the connectors are on.
func places(all []chosen) string {
	var known []string
	for _, c := range all {
		if where := c.place.String(); !slices.Contains(known, where) {
			known = append(known, where)
		}
	}
	return " from " + strings.Join(known, ", ")
}

// errDeclined ends a command whose user said no.
var errDeclined = errors.New("nothing was changed: not confirmed")

// sure asks whether something is really to be done.
func (a *app) sure(ctx context.Context, yes bool, verb string, names []string, where string) error {
	if yes || len(names) == 0 {
		return nil
	}
	what := count(len(names), "connector") + " (" + list(names, 5) + ")" + where
	answer, err := a.console.Ask(ctx, fmt.Sprintf("%s %s?", capital(verb), what))
	switch {
	case errors.Is(err, terminal.ErrNobody):
		return fmt.Errorf("cannot %s %s without being told to: there is no terminal to ask at; add --yes", verb, what)
	case err != nil:
		return fmt.Errorf("cannot %s %s: %w", verb, what, err)
	case !answer:
		return errDeclined
	}
	return nil
}

func remove(ctx context.Context, c chosen) error {
	_, err := c.client.Delete(ctx, c.name)
	return err
}

// gone says whether there is no such connector any more.
func gone(now *connect.Expanded) (bool, error) { return now == nil, nil }

func removeAndForget(ctx context.Context, c chosen) error {
	return connectors.DeleteAndReset(ctx, c.client, c.name)
}
