// Command faultcharm is the dispatch of the file example, with one more thing:
// it can be struck at any effect it has on the world (see package fault).
package main

import (
	"os"
	"slices"
	"time"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charm/internal/fault"
	"github.com/connectcharm/kafka-connect-base/charm/workers"
	file "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// budget is short: a test's workers are ready at once or not at all.
const budget = 10 * time.Second

func main() {
	process := hooks.Process{Build: func(unit *juju.Unit) (reactive.Rules, error) {
		whole := workers.New(unit, workers.Options{Getenv: os.Getenv, Budget: budget, Poll: 5 * time.Millisecond})
		return slices.Concat(charm.Layer(whole), file.Layer(whole)), nil
	}}
	if folder := os.Getenv(fault.Variable); folder != "" {
		process.Seam = fault.Folder(folder).Seam()
	}
	os.Exit(hooks.RunUntilSignal(process))
}
