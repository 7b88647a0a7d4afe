package charm_test

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

func TestDeploy(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Kafka: kafkatest.Options{Brokers: 3}})
	l.deploy(3)
	if got, want := l.status(l.Leader("connect")), "active: 1 worker, 2 connectors"; got != want {
		t.Errorf("leader's status is %q, want %q", got, want)
	}
}
