package kube_test

import (
	"context"
	"fmt"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// Three workers are deployed, and waited for.
func Example() {
	cluster, err := kubetest.Start(kubetest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cluster.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	client, err := kube.Connect(kube.Options{Kubeconfig: cluster.Kubeconfig()})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	workers := kube.Workers{
		Name: "mongo-connect", App: "mongo", Model: "streams", ModelUUID: "8419cd78-4993-4c3a-928e-c646226beeee",
		Replicas: 3,
		Image:    "apache/kafka:4.0.0",
		Profile:  kube.ProfileFor("apache/kafka:4.0.0"),
		Properties: map[string]string{
			"bootstrap.servers": "10.0.0.1:9092",
			"group.id":          "mongo",
		},
	}
	applied, err := client.Apply(ctx, workers)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(applied.Changed), "objects written")
	for {
		rollout, err := client.Rollout(ctx, workers)
		if err != nil {
			fmt.Println(err)
			return
		}
		if rollout.Done {
			fmt.Println(rollout.Ready, "workers are ready")
			break
		}
	}
	base, _, err := client.Transport(ctx, workers)
	fmt.Println(base[len(cluster.URL()):], err)
	// Output:
	// 5 objects written
	// 3 workers are ready
	// /api/v1/namespaces/streams/services/mongo-connect:8083/proxy <nil>
}
