// Package kafka holds this project's Kafka and Connect parts, and their fakes, against the real thing: Kafka brokers
// and Connect workers of every release named in KAFKA_VERSIONS (by default "3.9.2 4.3.1").
//
// Nothing here is skipped: where java or mvn is missing, the tests fail and say what to install.
package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// eachVersion runs f for each release, one after the other: two of them would fight over the machine's cores.
func eachVersion(t *testing.T, f func(t *testing.T, k *realkafka.Kafka)) {
	t.Helper()
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) {
			k, err := realkafka.Get(t.Context(), version, t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			f(t, k)
		})
	}
}

func startBrokers(t *testing.T, k *realkafka.Kafka, dir string, n int) *realkafka.Brokers {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	b, err := k.StartBrokers(ctx, dir, realkafka.BrokerOptions{Brokers: n, Secured: n == 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	t.Logf("%d brokers of Kafka %s are up after %s, with %v MiB", n, k.Version, b.Took.Round(10*time.Millisecond), b.MemoryMiB())
	return b
}

func startWorker(t *testing.T, k *realkafka.Kafka, dir, name string, properties map[string]string) *realkafka.Worker {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	w, err := k.StartWorker(ctx, dir, name, properties)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	t.Logf("worker %s of Kafka %s is up after %s, with %d MiB", name, k.Version, w.Took.Round(10*time.Millisecond), w.MemoryMiB())
	return w
}

// eventually asks until the answer is nil.
func eventually(t *testing.T, what string, ask func() error) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for {
		err := ask()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
