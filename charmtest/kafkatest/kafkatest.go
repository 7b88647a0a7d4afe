// Package kafkatest is a Kafka cluster inside a test: brokers on loopback that keep topics and groups in memory.
//
// It is kfake, made to answer like a real cluster where kfake is kinder and a charm could trip over the difference:
// names and configurations a real broker refuses are refused, every broker takes a request to create a topic (as in
// KRaft), brokers can be stopped and started, the only one and the controller as well, and a cluster of version 4 no
// longer understands old clients. What it promises is held against real brokers by Script.
package kafkatest

import (
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// Options say what cluster to start. The zero value is one broker of a recent version.
type Options struct {
	// Brokers is their number. By default, 1.
	Brokers int
	// Version is the release whose protocol is spoken, such as "3.9" or "4.3"; "2.8" and before know no KRaft, so
	// there only the controller creates topics. By default, "3.9".
	Version string
	// TLS makes every listener want TLS. By default, plain text.
	TLS *tls.Config
	// SASL makes every listener want a user and a password (admin, admin). By default, everybody is let in.
	SASL bool
}

// Cluster is a running cluster. Its methods may be called from several goroutines.
type Cluster struct {
	fake  *kfake.Cluster
	gates []*gate

	versions *kversion.Versions
	oldest   map[int16]int16 // the oldest version served of a request, where it is not 0
	kraft    bool

	mu     sync.Mutex
	seen   []string
	groups map[string]kafka.Group
	faults []*fault
}

// New starts a cluster for one test and ends it with the test.
func New(t testing.TB, options Options) *Cluster {
	t.Helper()
	c, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// Start starts a cluster; Close ends it.
func Start(options Options) (*Cluster, error) {
	if options.Brokers == 0 {
		options.Brokers = 1
	}
	if options.Version == "" {
		options.Version = "3.9"
	}
	versions := kversion.FromString(options.Version)
	if versions == nil {
		return nil, fmt.Errorf("cannot start a fake Kafka of version %q: that version is not known", options.Version)
	}
	major, err := strconv.Atoi(options.Version[:1])
	if err != nil {
		return nil, fmt.Errorf("cannot start a fake Kafka of version %q: %w", options.Version, err)
	}
	c := &Cluster{versions: versions, oldest: oldestServed(major), kraft: major >= 3, groups: map[string]kafka.Group{}}
	opts := []kfake.Opt{kfake.NumBrokers(options.Brokers), kfake.MaxVersions(versions), kfake.ListenFn(c.listen)}
	if options.TLS != nil {
		opts = append(opts, kfake.TLS(options.TLS))
	}
	if options.SASL {
		opts = append(opts, kfake.EnableSASL(), kfake.Superuser("PLAIN", "admin", "admin"))
	}
	if c.fake, err = kfake.NewCluster(opts...); err != nil {
		c.shut()
		return nil, fmt.Errorf("cannot start a fake Kafka: %w", err)
	}
	if options.TLS == nil && !options.SASL {
		err = c.control()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the cluster and every connection to it.
func (c *Cluster) Close() {
	c.shut()
	if c.fake != nil {
		c.fake.Close()
	}
}

func (c *Cluster) shut() {
	for _, g := range c.gates {
		_ = g.Close()
	}
}

// Addrs are the brokers' addresses, stopped ones included: the address stays when a broker comes back.
func (c *Cluster) Addrs() []string {
	addrs := make([]string, len(c.gates))
	for i, g := range c.gates {
		addrs[i] = g.public
	}
	return addrs
}

// Stop stops the i-th broker, counted from 0: nothing listens at its address any more, its connections are gone, and
// the others no longer name it. Its partitions move. Stopping twice is harmless.
func (c *Cluster) Stop(i int) { c.gates[i].stop() }

// Resume starts a stopped broker again at its old address.
func (c *Cluster) Resume(i int) error { return c.gates[i].start() }

// Topics lists what is there, whether or not a broker is running.
func (c *Cluster) Topics() (map[string]kafka.Topic, error) {
	answer, err := c.ask(0, kmsg.NewPtrMetadataRequest())
	if err != nil {
		return nil, fmt.Errorf("cannot list the topics of the fake Kafka: %w", err)
	}
	topics := map[string]kafka.Topic{}
	for _, t := range answer.(*kmsg.MetadataResponse).Topics {
		info := c.fake.TopicInfo(*t.Topic)
		if info == nil {
			continue
		}
		policy := info.Configs["cleanup.policy"]
		topics[info.Topic] = kafka.Topic{
			Name: info.Topic, Partitions: len(t.Partitions), ReplicationFactor: info.NumReplicas,
			Compacted: policy != nil && *policy == "compact",
		}
	}
	return topics, nil
}

// CreateTopic makes a topic behind the charm's back, so it may be wrong in any way a real one can.
func (c *Cluster) CreateTopic(t kafka.Topic) error {
	req := kmsg.NewPtrCreateTopicsRequest()
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = t.Name, int32(t.Partitions), int16(t.ReplicationFactor)
	if t.Compacted {
		config := kmsg.NewCreateTopicsRequestTopicConfig()
		config.Name, config.Value = "cleanup.policy", kmsg.StringPtr("compact")
		rt.Configs = append(rt.Configs, config)
	}
	req.Topics = append(req.Topics, rt)
	answer, err := c.ask(len(c.gates)-1, req)
	if err != nil {
		return fmt.Errorf("cannot create topic %q in the fake Kafka: %w", t.Name, err)
	}
	if code := answer.(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode; code != 0 {
		return fmt.Errorf("cannot create topic %q in the fake Kafka: %w", t.Name, kerr.ErrorForCode(code))
	}
	return nil
}

// SetGroup makes Kafka know a group, with the members given; the host of each is written the way Java brokers do.
func (c *Cluster) SetGroup(id string, group kafka.Group) {
	c.mu.Lock()
	defer c.mu.Unlock()
	group.Members = slices.Clone(group.Members)
	c.groups[id] = group
}

// Requests lists the requests from outside so far, oldest first, each as its name and what it is about:
// "CreateTopics m.app.connectconfigs". A reader may find another test's requests only if the cluster is shared.
func (c *Cluster) Requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen)
}

func (c *Cluster) listen(network, address string) (net.Listener, error) {
	g, err := newGate(network, address)
	if err != nil {
		return nil, err
	}
	c.gates = append(c.gates, g)
	return g, nil
}
