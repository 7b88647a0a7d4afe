package main

import "github.com/spf13/cobra"

// topics are pages of the help that belong to no single command.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "what the commands end with", Long: exitCodes},
		{Use: "output", Short: "what the commands print for machines", Long: machineOutput},
		{Use: "environment", Short: "the environment variables that are read", Long: environmentVariables},
	}
}

const exitCodes = `The commands end with one of these codes; of several clusters the worst counts.

  0    done, and all is as it should be
  1    an error, or a connector for which something failed
  2    plan: there are changes to make
       apply --dry-run: the same
       status: a connector or a task is not as it should be
  130  interrupted by Ctrl-C or SIGTERM; what was done is said`

const environmentVariables = `These environment variables stand for flags that are not given:

  CONNECTORS_DIR     --dir
  CONNECTORS_ENV     --env
  CONNECTORS_OWNER   --owner
  CONNECT_URL        --url; several are separated by blanks or commas

With --url, and for it only, these say who is asking:

  CONNECT_USERNAME, CONNECT_PASSWORD   basic authentication
  CONNECT_TOKEN                        a bearer token

They are variables and not flags, because every user of a machine can read the
arguments of a command. connectors.yaml names credentials by reference.

Colours follow NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM.`

const machineOutput = `With --output json, or yaml, results are printed for machines, on standard
output; progress, warnings and errors are on standard error. Where something may
be done on several clusters it is a list, with an entry for each:

  plan      [{"environment", "cluster", "error", "plan"}]
  apply     [{"environment", "cluster", "error", "plan", "report"}]
  status    [{"environment", "cluster", "error", "health"}]

The error is there where a cluster could not be asked, or not be brought to its
plan. The commands that act on single connectors give a list of what became of
each:

  restart, pause, resume, stop, delete, offsets set, offsets reset
            [{"environment", "cluster", "connector", "done", "error"}]

render gives the configurations, offsets get what offsets set takes, validate
how many files and connectors there are, init and export the folder and the
files they wrote. With --url and without --env there is
no environment, and the cluster is the address.`
