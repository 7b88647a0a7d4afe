package main

import "github.com/spf13/cobra"

// topics are pages of the help that belong to no single command.
func topics() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "what the commands end with", Long: exitCodes},
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
