// Command connectors makes Kafka Connect clusters run the connectors that the
// files of a Git folder describe: it plans, asks and applies, and looks after
// what runs.
package main

import (
	"os"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func main() {
	if jsonnet.IsChild() { // which evaluates files for another run of this program
		os.Exit(jsonnet.ServeChild(os.Stdin, os.Stdout))
	}
	console := terminal.New(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	os.Exit(cli.Run(newRoot(console, os.Getenv), console, os.Args[1:]))
}
