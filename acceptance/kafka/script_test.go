package kafka

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
)

// connectScript has the real worker say what the fake one is held to.
func connectScript(t *testing.T, k *realkafka.Kafka, worker *realkafka.Worker) {
	exchanges, err := connecttest.Script(t.Context(), worker.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range connecttest.Differences(exchanges, k.Version) {
		t.Error(difference)
	}
	t.Logf("%d exchanges", len(exchanges))
}
