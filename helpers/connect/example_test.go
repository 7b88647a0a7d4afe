package connect_test

// The package as an author meets it.

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

func Example() {
	cluster := connecttest.NewCluster(connecttest.Options{}) // stands for real workers
	defer cluster.Close()
	worker, err := cluster.Listen()
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	client, err := connect.New(connect.Options{URLs: []string{worker.URL()}, Budget: time.Minute, AttemptTimeout: 20 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	resp, err := client.PutConfig(ctx, "orders", map[string]any{"connector.class": "MongoSink", "topics": "orders", "database": "shop", "tasks.max": 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("put:", resp.StatusCode)

	status, err := client.WaitRunning(ctx, "orders", connect.Wait{Stable: 10 * time.Millisecond, Interval: 10 * time.Millisecond})
	var over *connect.BudgetError
	switch {
	case errors.As(err, &over):
		fmt.Println("come back later:", err)
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(status.Connector.State, "with", len(status.Tasks), "tasks")
	}

	_, err = client.PutConfig(ctx, "bad", map[string]any{"connector.class": "MongoSink", "topics": "orders"})
	fmt.Println(errors.Is(err, connect.Invalid), err)
	// Output:
	// put: 201
	// RUNNING with 2 tasks
	// true cannot PUT /connectors/bad/config: 400, invalid: Connector configuration is invalid and contains the following 1 error(s): Missing required configuration "database" which has no default value. You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`
}

func ExampleDiff() {
	wanted, err := connect.Normalise(map[string]any{"topics": "orders", "tasks.max": 2.0, "connection.password": "new"})
	if err != nil {
		fmt.Println(err)
		return
	}
	live := map[string]string{"name": "x", "topics": "orders", "tasks.max": "1", "connection.password": "old"}
	for _, change := range connect.Diff(live, wanted) {
		fmt.Println(change)
	}
	// Output:
	// ~ connection.password: **** → ****
	// ~ tasks.max: "1" → "2"
}
