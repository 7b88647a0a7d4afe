// Package kafka asks Kafka's brokers the few things a Connect cluster depends on: who the brokers are, whether the
// three internal topics are there and right, who works in a consumer group, and which clients are still understood.
//
// It stands on the wire types of kafka-go and on nothing of its Transport: that one keeps metadata from before, asks
// for every topic of the cluster, and answers "broker not available" whatever went wrong. Here a call is a dial, one
// or two requests and their answers, each bounded in time, so what an operator reads is what really happened.
//
// The goals are correctness and good errors for a handful of calls an hour; producing, consuming and throughput are
// not among them.
package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

// Config says which cluster to talk to, and how patiently. Only Brokers is needed.
type Config struct {
	// Brokers are the addresses to begin with, each "host:port". They are tried side by side: one that is dead or
	// silent next to one that lives costs at most a quarter of a second.
	Brokers []string

	// Timeout bounds each call of an Admin as a whole, repetitions included; a context that ends earlier bounds it
	// more. Create counts anew for each topic, and once more while it waits until the topics are visible.
	// By default, 10 s.
	Timeout time.Duration

	// ClientID is the name the brokers see in their logs and quotas. By default, "kafka-connect-base".
	ClientID string

	// Seam stands between this package and the world: every call goes through it, with a stable text such as
	// "kafka: create topic m.app.connectconfigs". By default, the call is simply made.
	Seam func(ctx context.Context, effect string, do func() error) error

	// Before is asked before each request that changes something. Its error ends the call and nothing is sent. By default, not asked.
	Before func(ctx context.Context) error
}

// Admin talks to one cluster. It may be used by several goroutines at once.
type Admin struct {
	config Config

	mu     sync.Mutex
	idle   map[string]*conn // by address; a connection in use is not in it
	closed bool
}

// Open makes an Admin. It does not touch the network: the first call does.
func Open(config Config) *Admin {
	if config.Timeout <= 0 {
		config.Timeout = 10 * time.Second
	}
	if config.ClientID == "" {
		config.ClientID = "kafka-connect-base"
	}
	config.Brokers = append([]string(nil), config.Brokers...)
	return &Admin{config: config, idle: map[string]*conn{}}
}

// Close ends the connections kept between calls. Calls under way finish by themselves; a call made later works, and
// closes what it opened. Closing twice is harmless.
func (a *Admin) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	for addr, c := range a.idle {
		c.close()
		delete(a.idle, addr)
	}
}

// Broker is one broker of the cluster, at the address it advertises for itself.
type Broker struct {
	ID   int
	Host string
	Port int
}

// Brokers lists the brokers that are alive, in the order of their ids. It is the number that limits a replication
// factor.
func (a *Admin) Brokers(ctx context.Context) ([]Broker, error) {
	var brokers []Broker
	err := a.call(ctx, "kafka: list brokers", func(ctx context.Context) error {
		res, err := a.metadata(ctx)
		if err != nil {
			return err
		}
		brokers = brokersOf(res)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot list the Kafka brokers: %w", err)
	}
	return brokers, nil
}

// write is call for what changes something.
func (a *Admin) write(ctx context.Context, effect string, f func(context.Context) error) error {
	if a.config.Before != nil {
		if err := a.config.Before(ctx); err != nil {
			return err
		}
	}
	return a.call(ctx, effect, f)
}

// call makes one effect on the world: through the seam, and bounded in time.
func (a *Admin) call(ctx context.Context, effect string, f func(context.Context) error) error {
	do := func() error {
		ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
		defer cancel()
		return f(ctx)
	}
	if a.config.Seam == nil {
		return do()
	}
	return a.config.Seam(ctx, effect, do)
}

// metadata asks one broker about the named topics only. Without names it asks about none: a cluster may hold tens of
// thousands.
func (a *Admin) metadata(ctx context.Context, topics ...string) (*metadata.Response, error) {
	var res *metadata.Response
	err := a.onAnyBroker(ctx, func(ctx context.Context, c *conn) (err error) {
		// Before Kafka 0.11 (Metadata v4) asking for a topic could create it, with one partition and no compaction.
		// Asking for all of them never does.
		names := append([]string{}, topics...)
		if c.version(protocol.Metadata) < 4 {
			names = nil
		}
		res, err = ask[*metadata.Response](ctx, c, &metadata.Request{TopicNames: names})
		return err
	})
	return res, err
}
