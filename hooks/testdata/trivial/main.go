// Command trivial is the smallest charm that does what a steady charm does: it
// looks at its options, an endpoint and leadership, and finds nothing to do.
package main

import (
	"context"
	"os"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func main() { os.Exit(hooks.RunUntilSignal(hooks.Process{Build: build})) }

func build(unit *juju.Unit) (reactive.Rules, error) {
	running := flags.New("trivial.running")
	kafka := flags.Endpoint("kafka", "host", "port")
	return reactive.Rules{
		reactive.When(flags.All(flags.Leader, kafka.Available, flags.ConfigSet("workers")).And(flags.Not(running))).
			Do("start", func(_ context.Context, change *reactive.Changes) error {
				change.Set(running)
				return nil
			}).Sets(running),
		reactive.When(flags.All(running, flags.ConfigChanged)).
			Do("reconfigure", func(context.Context, *reactive.Changes) error { return nil }),
		reactive.When(flags.All(running)).
			Do("report", func(context.Context, *reactive.Changes) error {
				unit.SetStatus(juju.Status{Kind: juju.Active, Message: "running"})
				return nil
			}),
	}, nil
}
