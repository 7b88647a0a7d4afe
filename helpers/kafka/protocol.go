package kafka

// Which clients the brokers still understand. The original's image carries Kafka 0.10, whose clients do not ask which
// versions are served: they send what they know, and brokers from 4.0 on close the connection (KIP-896).

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go/protocol"
)

// Protocol says which clients the brokers still understand.
type Protocol struct {
	// Kafka010 reports whether a Connect worker of Kafka 0.10.1 can work with these brokers.
	Kafka010 bool
	// Refused names the requests such a worker makes and the brokers refuse, like "Fetch v3 (served: v4 to v17)".
	Refused []string
}

// spoken010 is what the clients within a Connect worker of Kafka 0.10.1.1 send, read from the protocol classes of
// that release: always the newest version they know, without asking.
func spoken010() []struct {
	key     protocol.ApiKey
	version int16
} {
	return []struct {
		key     protocol.ApiKey
		version int16
	}{
		{protocol.Produce, 2}, {protocol.Fetch, 3}, {protocol.ListOffsets, 1}, {protocol.Metadata, 2},
		{protocol.OffsetCommit, 2}, {protocol.OffsetFetch, 1}, {protocol.FindCoordinator, 0}, {protocol.JoinGroup, 1},
		{protocol.Heartbeat, 0}, {protocol.LeaveGroup, 0}, {protocol.SyncGroup, 0},
	}
}

// Protocol asks one broker which requests it serves. In the middle of an upgrade another broker may answer otherwise.
func (a *Admin) Protocol(ctx context.Context) (Protocol, error) {
	var answer Protocol
	err := a.call(ctx, "kafka: ask for versions", func(ctx context.Context) error {
		return a.onAnyBroker(ctx, func(_ context.Context, c *conn) error {
			answer = protocolOf(c.served)
			return nil
		})
	})
	if err != nil {
		return Protocol{}, fmt.Errorf("cannot ask Kafka which clients it understands: %w", err)
	}
	return answer, nil
}

func protocolOf(served map[protocol.ApiKey]versionRange) Protocol {
	answer := Protocol{Kafka010: true}
	for _, s := range spoken010() {
		r, ok := served[s.key]
		if ok && r.min <= s.version && s.version <= r.max {
			continue
		}
		answer.Kafka010 = false
		answer.Refused = append(answer.Refused, fmt.Sprintf("%s v%d (served: v%d to v%d)", s.key, s.version, r.min, r.max))
	}
	return answer
}
