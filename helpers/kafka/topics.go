package kafka

// Topics: what they are like, and making those that are missing.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/protocol/createtopics"
	"github.com/segmentio/kafka-go/protocol/describeconfigs"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// Topic is a topic as far as Connect cares.
type Topic struct {
	Name string
	// Partitions is their number.
	Partitions int
	// ReplicationFactor is the number of replicas each partition has; of a topic whose partitions differ, the least.
	ReplicationFactor int
	// Compacted: cleanup.policy is exactly "compact". A policy of "compact,delete" loses what is old and does not count.
	Compacted bool
}

// Topics describes those of the named topics that exist; the others are not in the map. It asks for these names only
// and never makes a topic come into being. Without names it asks nothing.
func (a *Admin) Topics(ctx context.Context, names ...string) (map[string]Topic, error) {
	if len(names) == 0 {
		return map[string]Topic{}, nil
	}
	var topics map[string]Topic
	err := a.call(ctx, "kafka: describe topics", func(ctx context.Context) (err error) {
		topics, err = a.describe(ctx, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot describe the topics %s: %w", quoted(names), err)
	}
	return topics, nil
}

func (a *Admin) describe(ctx context.Context, names []string) (map[string]Topic, error) {
	res, err := a.metadata(ctx, names...)
	if err != nil {
		return nil, err
	}
	topics := map[string]Topic{}
	for _, t := range res.Topics {
		if !slices.Contains(names, t.Name) || code(t.ErrorCode) == unknownTopicOrPartition {
			continue
		}
		if t.ErrorCode != 0 && !retriable(t.ErrorCode) {
			return nil, codeError("", t.ErrorCode, "")
		}
		topics[t.Name] = Topic{Name: t.Name, Partitions: len(t.Partitions), ReplicationFactor: replicas(t)}
	}
	return topics, a.describePolicies(ctx, topics)
}

func replicas(t metadata.ResponseTopic) int {
	least := 0
	for i, p := range t.Partitions {
		if n := len(p.ReplicaNodes); i == 0 || n < least {
			least = n
		}
	}
	return least
}

// describePolicies asks for the cleanup policies of topics that exist, and notes them there.
func (a *Admin) describePolicies(ctx context.Context, topics map[string]Topic) error {
	if len(topics) == 0 {
		return nil
	}
	const topicResource = 2
	req := &describeconfigs.Request{}
	for name := range topics {
		req.Resources = append(req.Resources, describeconfigs.RequestResource{
			ResourceType: topicResource, ResourceName: name, ConfigNames: []string{"cleanup.policy"},
		})
	}
	return a.onAnyBroker(ctx, func(ctx context.Context, c *conn) error {
		res, err := ask[*describeconfigs.Response](ctx, c, req)
		if err != nil {
			return err
		}
		for _, r := range res.Resources {
			if r.ErrorCode != 0 {
				return codeError(c.addr, r.ErrorCode, r.ErrorMessage)
			}
			t := topics[r.ResourceName]
			for _, entry := range r.ConfigEntries {
				t.Compacted = t.Compacted || entry.ConfigName == "cleanup.policy" && entry.ConfigValue == "compact"
			}
			topics[r.ResourceName] = t
		}
		return nil
	})
}

// Create makes topics, one after the other in the order given. One that exists already is no error, whatever it is
// like: Topics tells. It returns when every one of them is visible with a leader for each partition, because creation
// reaches the brokers after it is answered. Doing it again is harmless, so is a call whose answer was lost.
//
// What a cluster answers while it elects a controller is tried again until the time is up. More replicas than there
// are brokers is ErrTooFewBrokers.
func (a *Admin) Create(ctx context.Context, topics ...Topic) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
		err := a.write(ctx, "kafka: create topic "+t.Name, func(ctx context.Context) error { return a.create(ctx, t) })
		if err != nil {
			return fmt.Errorf("cannot create topic %q: %w", t.Name, err)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	err := a.call(ctx, "kafka: await topics", func(ctx context.Context) error { return a.awaitVisible(ctx, names) })
	if err != nil {
		return fmt.Errorf("cannot see the topics %s after creating them: %w", quoted(names), err)
	}
	return nil
}

// create asks any broker first, as every broker of a KRaft cluster forwards to the controller, and the controller
// itself when that is refused, as the brokers of a ZooKeeper cluster do.
func (a *Admin) create(ctx context.Context, t Topic) error {
	req := &createtopics.Request{TimeoutMs: 5000, Topics: []createtopics.RequestTopic{{
		Name: t.Name, NumPartitions: int32(t.Partitions), ReplicationFactor: int16(t.ReplicationFactor),
	}}}
	if t.Compacted {
		req.Topics[0].Configs = []createtopics.RequestConfig{{Name: "cleanup.policy", Value: "compact"}}
	}
	return a.patiently(ctx, func(ctx context.Context) error {
		send := func(ctx context.Context, c *conn) error { return sendCreate(ctx, c, req) }
		err := a.onAnyBroker(ctx, send)
		if errors.Is(err, notController) {
			err = a.onController(ctx, send)
		}
		if errors.Is(err, invalidReplication) {
			err = a.explainReplicas(ctx, t, err)
		}
		return err
	})
}

func sendCreate(ctx context.Context, c *conn, req *createtopics.Request) error {
	res, err := ask[*createtopics.Response](ctx, c, req)
	if err != nil {
		return err
	}
	if len(res.Topics) != 1 {
		return &Error{Kind: ErrNotKafka, Broker: c.addr, Reason: fmt.Sprintf("answers about %d topics, not 1", len(res.Topics))}
	}
	answer := res.Topics[0]
	if answer.ErrorCode == 0 || code(answer.ErrorCode) == topicAlreadyExists {
		return nil
	}
	return codeError(c.addr, answer.ErrorCode, answer.ErrorMessage)
}

func (a *Admin) onController(ctx context.Context, f func(context.Context, *conn) error) error {
	res, err := a.metadata(ctx)
	if err != nil {
		return err
	}
	for _, b := range res.Brokers {
		if b.NodeID == res.ControllerID {
			return a.onBroker(ctx, b.Host, b.Port, f)
		}
	}
	return codeError("", int16(notController), "the cluster has no controller at the moment")
}

func (a *Admin) explainReplicas(ctx context.Context, t Topic, refused error) error {
	res, err := a.metadata(ctx)
	if err != nil || t.ReplicationFactor <= len(res.Brokers) {
		return refused
	}
	brokers := fmt.Sprintf("%d brokers are", len(res.Brokers))
	if len(res.Brokers) == 1 {
		brokers = "1 broker is"
	}
	return &Error{
		Kind: ErrTooFewBrokers, Code: int(invalidReplication), Cause: refused,
		Reason: fmt.Sprintf("%d replicas are wanted and %s alive: add brokers or ask for fewer replicas",
			t.ReplicationFactor, brokers),
	}
}

// awaitVisible asks until a broker knows every topic and a leader for each partition.
func (a *Admin) awaitVisible(ctx context.Context, names []string) error {
	return a.patiently(ctx, func(ctx context.Context) error {
		res, err := a.metadata(ctx, names...)
		if err != nil {
			return err
		}
		for _, name := range names {
			i := slices.IndexFunc(res.Topics, func(t metadata.ResponseTopic) bool { return t.Name == name })
			if i < 0 {
				return codeError("", int16(unknownTopicOrPartition), "")
			}
			if code := firstError(res.Topics[i]); code != 0 {
				return codeError("", code, "")
			}
		}
		return nil
	})
}

func firstError(t metadata.ResponseTopic) int16 {
	if t.ErrorCode != 0 {
		return t.ErrorCode
	}
	for _, p := range t.Partitions {
		// A replica that is down (ReplicaNotAvailable) does not hinder anybody.
		if p.ErrorCode != 0 && code(p.ErrorCode) != replicaNotAvailable {
			return p.ErrorCode
		}
	}
	return 0
}

// patiently repeats f while the cluster is finding itself, after 20 ms at first and at most 500 ms later. When the
// time is up the last answer says why, which tells more than that the time is up.
func (a *Admin) patiently(ctx context.Context, f func(context.Context) error) error {
	var last *Error
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := f(ctx)
		var e *Error
		if !errors.As(err, &e) {
			return err
		}
		if e.Code == 0 || !retriable(int16(e.Code)) {
			if ctx.Err() != nil && last != nil {
				return &Error{Kind: last.Kind, Code: last.Code, Broker: last.Broker, Reason: last.Reason + " (until the time was up)",
					Cause: errors.Join(last.Cause, ctx.Err())}
			}
			return err
		}
		last = e
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			// f reports the end of the time in its own words, or the loop does on its behalf.
		}
	}
}

func quoted(names []string) string {
	return `"` + strings.Join(names, `", "`) + `"`
}
