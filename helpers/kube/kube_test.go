package kube_test

// Shared by this package's tests: a cluster, a client, workers.

import (
	"context"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

const modelUUID = "8419cd78-4993-4c3a-928e-c646226beeee"

// example is what a charm would ask for.
func example() kube.Workers {
	return kube.Workers{
		Name: "mongo-connect", App: "mongo", Model: "data", ModelUUID: modelUUID,
		Replicas: 3,
		Image:    "apache/kafka:4.0.0",
		Profile:  kube.ProfileFor("apache/kafka:4.0.0"),
		Properties: map[string]string{
			"bootstrap.servers": "10.0.0.1:9092,10.0.0.2:9092",
			"group.id":          "mongo",
			"key.converter":     "org.apache.kafka.connect.json.JsonConverter",
		},
	}
}

func serve(t *testing.T, o kubetest.Options) *kubetest.Server {
	t.Helper()
	s, err := kubetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func connect(t *testing.T, kubeconfig []byte) *kube.Client {
	t.Helper()
	c, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// apply fails the test when it does not succeed.
func apply(t *testing.T, c *kube.Client, w kube.Workers) kube.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// rollout waits for a state of the rollout.
func rollout(t *testing.T, c *kube.Client, w kube.Workers, until func(kube.Rollout) bool) kube.Rollout {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		r, err := c.Rollout(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		if until(r) {
			return r
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the rollout never got there: %+v", r)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func done(r kube.Rollout) bool { return r.Done }
