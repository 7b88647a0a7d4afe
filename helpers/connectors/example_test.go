package connectors_test

import (
	"context"
	"fmt"
	"os"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// What a cluster runs is compared with what files want; only differences are
// told, and written.
func ExampleNewPlan() {
	live := &connectors.Live{Connectors: map[string]connect.Expanded{
		"orders": {
			Info: connect.Info{Config: map[string]string{"name": "orders", "connector.class": "S3SinkConnector", "flush.size": "500000",
				"topics": "orders", "aws.secret.access.key": "a", "connectors.owner": "payments/prod"}},
			Status: connect.Status{Connector: connect.State{State: connect.Running}, Tasks: []connect.State{{State: connect.Running}}},
		},
	}}
	wanted := []connectors.Connector{{
		Name: "orders", State: connectors.Stopped, Source: connectors.Source{File: "connectors/prod/orders.jsonnet"},
		Config: map[string]string{"connector.class": "S3SinkConnector", "flush.size": "1000000", "topics": "orders", "aws.secret.access.key": "b"},
	}}
	plan, err := connectors.NewPlan(wanted, live, connectors.Policy{Owner: "payments/prod"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = plan.Text(os.Stdout, connectors.TextOptions{})
	// Output:
	// ~ orders  update and stop  connectors/prod/orders.jsonnet
	//     ~ aws.secret.access.key  (secret)
	//     ~ flush.size             "500000" → "1000000"
	//
	// Plan: 1 to update; 0 unchanged.
}

// From a folder to a cluster that is so.
func Example() {
	sync := func(ctx context.Context, client *connect.Client) error {
		folder, err := connectors.Open(".")
		if err != nil {
			return err
		}
		prod, err := folder.Environment("prod")
		if err != nil {
			return err
		}
		desired, err := folder.Load(ctx, prod, connectors.LoadOptions{})
		if err != nil {
			return err
		}
		live, err := connectors.Observe(ctx, client)
		if err != nil {
			return err
		}
		plan, err := connectors.NewPlan(desired.Connectors, live, prod.Policy)
		if err != nil {
			return err
		}
		_, err = connectors.Apply(ctx, client, plan, connectors.ApplyOptions{})
		return err
	}
	_ = sync
}
