package kafka

// Groups: who works under a group id. Two Connect clusters with one group id take each other's connectors apart, so
// an operator should know before the workers start.

import (
	"context"
	"fmt"
	"strings"

	"github.com/segmentio/kafka-go/protocol/describegroups"
	"github.com/segmentio/kafka-go/protocol/findcoordinator"
)

// Group is a group of consumers, or of Connect workers.
type Group struct {
	// State is the brokers' word for it: "Stable", "PreparingRebalance", "CompletingRebalance"; "Empty" for a group
	// that has only offsets; "Dead" for one nobody knows.
	State string
	// ProtocolType is "connect" for Connect workers and "consumer" for consumers; empty when nobody is in it.
	ProtocolType string
	Members      []Member
}

// Member is one member of a group. What a member tells the others about itself is not read: it is written in a
// different way by every kind of client and version.
type Member struct {
	ClientID string // as the client calls itself
	Host     string // where it connects from, as its broker sees it
}

// Group describes a group. One that nobody uses is no error. A fresh cluster makes the topic behind all groups at the
// first question, so that one may take a few seconds.
func (a *Admin) Group(ctx context.Context, id string) (Group, error) {
	var group Group
	err := a.call(ctx, "kafka: describe group "+id, func(ctx context.Context) error {
		return a.patiently(ctx, func(ctx context.Context) (err error) {
			group, err = a.group(ctx, id)
			return err
		})
	})
	if err != nil {
		return Group{}, fmt.Errorf("cannot describe the group %q: %w", id, err)
	}
	return group, nil
}

func (a *Admin) group(ctx context.Context, id string) (Group, error) {
	var group Group
	coordinator, err := a.coordinator(ctx, id)
	if err != nil {
		return group, err
	}
	err = a.onBroker(ctx, coordinator.Host, coordinator.Port, func(ctx context.Context, c *conn) error {
		res, err := ask[*describegroups.Response](ctx, c, &describegroups.Request{Groups: []string{id}})
		if err != nil {
			return err
		}
		if len(res.Groups) != 1 {
			return &Error{Kind: ErrNotKafka, Broker: c.addr, Reason: fmt.Sprintf("answers about %d groups, not 1", len(res.Groups))}
		}
		group, err = groupOf(c.addr, res.Groups[0])
		return err
	})
	return group, err
}

func (a *Admin) coordinator(ctx context.Context, id string) (*findcoordinator.Response, error) {
	var res *findcoordinator.Response
	err := a.onAnyBroker(ctx, func(ctx context.Context, c *conn) (err error) {
		res, err = ask[*findcoordinator.Response](ctx, c, &findcoordinator.Request{Key: id})
		if err != nil {
			return err
		}
		message := res.ErrorMessage
		if code(res.ErrorCode) == coordinatorNotAvailable {
			message = "no broker looks after groups yet; a cluster with fewer brokers than its " +
				"offsets.topic.replication.factor never gets one"
		}
		if res.ErrorCode != 0 {
			return codeError(c.addr, res.ErrorCode, message)
		}
		return nil
	})
	return res, err
}

func groupOf(addr string, g describegroups.ResponseGroup) (Group, error) {
	const groupIDNotFound = 69
	if g.ErrorCode == groupIDNotFound {
		return Group{State: "Dead"}, nil
	}
	if g.ErrorCode != 0 {
		return Group{}, codeError(addr, g.ErrorCode, "")
	}
	group := Group{State: g.GroupState, ProtocolType: g.ProtocolType}
	for _, m := range g.Members {
		group.Members = append(group.Members, Member{ClientID: m.ClientID, Host: strings.TrimPrefix(m.ClientHost, "/")})
	}
	return group, nil
}
