package helpers_test

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

var registered = flags.New("my-charm.registered")

// A layer is a function from the unit to rules. Its handlers call the unit's
// helpers and return what those give: an error, or an outcome that becomes a status.
func Example() {
	layer := func(unit *helpers.Unit) reactive.Rules {
		register := func(ctx context.Context, change *reactive.Changes) error {
			connector := map[string]any{"connector.class": "FileStreamSink", "topics": "lines", "file": "/tmp/lines", "tasks.max": 1}
			if err := helpers.Accepted(unit.RegisterConnector(ctx, connector, "lines")); err != nil {
				return err
			}
			change.Set(registered)
			return nil
		}
		return reactive.Rules{
			reactive.When(flags.All(charm.Ready, charm.Running, flags.Leader).And(flags.Not(registered))).
				Do("register the connector", register).Sets(registered),
		}
	}
	for _, rule := range layer(&helpers.Unit{}) {
		fmt.Println(rule)
	}
	// Output:
	// register the connector: when kafka-connect-base.ready & kafka-connect.running & leadership.is_leader & !my-charm.registered, may set my-charm.registered
}
