package charm

import (
	"context"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Needs gives an upper layer the rule for an endpoint it cannot do without: while
// it is not available the unit is blocked, and the status says what to relate
// ("a MongoDB application").
func Needs(unit *workers.Unit, endpoint flags.EndpointFlags, what string) reactive.Rule {
	return reactive.When(flags.Not(endpoint.Available)).
		Do("wait for "+endpoint.Name, func(context.Context, *reactive.Changes) error {
			return reactive.Blocked("%s is missing: juju integrate %s:%s with %s", endpoint.Name, unit.Application(), endpoint.Name, what)
		})
}
