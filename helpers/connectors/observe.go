package connectors

// Observing: what a cluster runs now, in one request.

import (
	"context"
	"fmt"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// Live is what a cluster ran at one moment.
type Live struct {
	// Connectors are all that have a status, by name. One that was created
	// less than a moment ago has none yet, and Connect leaves it out; [Apply]
	// finds it all the same, before it creates anything.
	Connectors map[string]connect.Expanded
}

// Observe asks a cluster for all its connectors: one request, which no
// rebalance holds up, however many there are. Traces are without the client's
// secrets.
func Observe(ctx context.Context, client *connect.Client) (*Live, error) {
	all, err := connect.As[map[string]connect.Expanded](client.Expand(ctx))
	if err != nil {
		return nil, fmt.Errorf("cannot see the connectors of %s: %w", client.URL(), err)
	}
	return &Live{Connectors: withoutSecretTraces(client, all)}, nil
}

// owner is who keeps a live connector; "" for nobody that says so.
func owner(of connect.Expanded) string { return of.Info.Config[OwnerKey] }
