package main

import (
	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
)

func completionCommand() *cobra.Command {
	c := cli.Completion("connectors")
	c.Long = `Gives the script by which a shell completes commands, flags, environments,
clusters, and the names of connectors: of those in the folder for plan, apply
and render, of those on the cluster for the commands that act on it.`
	return c
}
