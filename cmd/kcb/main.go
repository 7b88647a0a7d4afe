// Command kcb is the charm author's: it writes a layer to start from, makes
// charms of layers, and says what is inside a charm.
package main

import (
	"os"

	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func main() {
	console := terminal.New(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	os.Exit(cli.Run(newRoot(console, os.Getenv), console, os.Args[1:]))
}
