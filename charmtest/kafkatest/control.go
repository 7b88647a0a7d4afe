package kafkatest

// What kfake is asked to do differently. Every request from outside passes here first.

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// oldestServed gives the oldest version of a request a release serves, where that is not 0: what a 4.3.1 broker was
// seen to answer. (KIP-896 meant to drop more: JoinGroup v0 and v1 are still there.)
func oldestServed(major int) map[int16]int16 {
	if major < 4 {
		return nil
	}
	return map[int16]int16{1: 4, 2: 1, 8: 2, 9: 1, 19: 2, 20: 1, 23: 2, 29: 1, 30: 1, 31: 1, 32: 1}
}

func (c *Cluster) control() error {
	if err := c.controlVersions(); err != nil {
		return err
	}
	c.fake.Control(func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.fake.KeepControl()
		return c.handle(req)
	})
	return nil
}

// controlVersions answers which versions are served: kfake begins where its own code does, whatever release it plays.
func (c *Cluster) controlVersions() error {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "kafkatest", "1"
	answer, err := c.ask(0, req)
	if err != nil {
		return fmt.Errorf("cannot ask the fake Kafka for its versions: %w", err)
	}
	served := answer.(*kmsg.ApiVersionsResponse)
	for i, k := range served.ApiKeys {
		served.ApiKeys[i].MinVersion = c.oldest[k.ApiKey]
	}
	c.fake.ControlKey(int16(kmsg.ApiVersions), func(req kmsg.Request) (kmsg.Response, error, bool) {
		c.fake.KeepControl()
		res := *served
		res.ApiKeys = slices.Clone(served.ApiKeys)
		res.SetVersion(req.GetVersion())
		return &res, nil, true
	})
	return nil
}

func (c *Cluster) handle(req kmsg.Request) (kmsg.Response, error, bool) {
	if isInside(req) {
		if create, ok := req.(*kmsg.CreateTopicsRequest); ok {
			c.refuseLikeKafka(create)
		}
		return nil, nil, false
	}
	c.note(req)
	if req.GetVersion() < c.oldest[req.Key()] {
		return nil, errors.New("version no longer served"), true // the connection is closed, as a broker does
	}
	if res, err, ok := c.injected(req); ok {
		return res, err, ok
	}
	switch req := req.(type) {
	case *kmsg.CreateTopicsRequest:
		if c.kraft {
			return c.forward(req)
		}
		c.refuseLikeKafka(req)
	case *kmsg.MetadataRequest:
		return c.metadata(req)
	case *kmsg.FindCoordinatorRequest:
		return c.findCoordinator(req)
	case *kmsg.DescribeGroupsRequest:
		return c.describeGroups(req)
	}
	return nil, nil, false
}

func (c *Cluster) note(req kmsg.Request) {
	about := []string{kmsg.NameForKey(req.Key())}
	switch req := req.(type) {
	case *kmsg.CreateTopicsRequest:
		for _, t := range req.Topics {
			about = append(about, t.Topic)
		}
	case *kmsg.MetadataRequest:
		if req.Topics == nil {
			about = append(about, "(all)")
		}
		for _, t := range req.Topics {
			about = append(about, *t.Topic)
		}
	case *kmsg.DescribeGroupsRequest:
		about = append(about, req.Groups...)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, strings.Join(about, " "))
}

// forward sends a request on to the controller, and answers with what that one answers.
func (c *Cluster) forward(req kmsg.Request) (kmsg.Response, error, bool) {
	clone, err := copyOf(req)
	if err != nil {
		return nil, err, true
	}
	controller := len(c.gates) - 1 // kfake makes the last broker the controller
	type answer struct {
		res kmsg.Response
		err error
	}
	// SleepControl comes back without having called, or before it has come to an end, when the cluster is
	// being closed or the request was taken from it.
	answers := make(chan answer, 1)
	c.fake.SleepControl(func() {
		res, err := c.ask(controller, clone)
		answers <- answer{res, err}
	})
	select {
	case a := <-answers:
		if a.err != nil {
			return nil, a.err, true
		}
		a.res.SetVersion(req.GetVersion())
		return a.res, nil, true
	default:
		return nil, errors.New("the controller did not answer"), true
	}
}

// metadata leaves out stopped brokers, as a cluster does once it has noticed.
func (c *Cluster) metadata(req *kmsg.MetadataRequest) (kmsg.Response, error, bool) {
	stopped := c.stopped()
	if len(stopped) == 0 {
		c.refuseNames(req)
		return nil, nil, false
	}
	answer, err, _ := c.forward(req)
	if err != nil {
		return nil, err, true
	}
	res := answer.(*kmsg.MetadataResponse)
	res.Brokers = slices.DeleteFunc(res.Brokers, func(b kmsg.MetadataResponseBroker) bool { return stopped[b.NodeID] })
	if len(res.Brokers) == 0 {
		return nil, errors.New("no broker is running"), true
	}
	if stopped[res.ControllerID] {
		res.ControllerID = res.Brokers[0].NodeID
	}
	for i := range res.Topics {
		for j := range res.Topics[i].Partitions {
			p := &res.Topics[i].Partitions[j]
			p.ISR = slices.DeleteFunc(slices.Clone(p.Replicas), func(id int32) bool { return stopped[id] })
			if stopped[p.Leader] && len(p.ISR) > 0 {
				p.Leader = p.ISR[0]
			} else if len(p.ISR) == 0 {
				p.Leader, p.ErrorCode = -1, kerr.LeaderNotAvailable.Code
			}
		}
	}
	return res, nil, true
}

func (c *Cluster) stopped() map[int32]bool {
	stopped := map[int32]bool{}
	for i, g := range c.gates {
		if !g.running() {
			stopped[int32(i)] = true
		}
	}
	return stopped
}

// findCoordinator: the coordinator of a group does not move in this cluster, so a group whose broker is stopped has
// none until it is back.
func (c *Cluster) findCoordinator(req *kmsg.FindCoordinatorRequest) (kmsg.Response, error, bool) {
	stopped := c.stopped()
	if len(stopped) == 0 || req.Version > 3 {
		return nil, nil, false
	}
	var node int32
	c.fake.SleepControl(func() { node = c.fake.CoordinatorFor(req.CoordinatorKey) })
	if !stopped[node] {
		return nil, nil, false
	}
	res := req.ResponseKind().(*kmsg.FindCoordinatorResponse)
	res.ErrorCode = kerr.CoordinatorNotAvailable.Code
	return res, nil, true
}

// describeGroups answers for the groups of SetGroup. A member's metadata is what Connect writes: not a consumer's.
func (c *Cluster) describeGroups(req *kmsg.DescribeGroupsRequest) (kmsg.Response, error, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.ContainsFunc(req.Groups, func(id string) bool { _, ok := c.groups[id]; return ok }) {
		return nil, nil, false
	}
	res := req.ResponseKind().(*kmsg.DescribeGroupsResponse)
	for _, id := range req.Groups {
		res.Groups = append(res.Groups, describedGroup(id, c.groups[id]))
	}
	return res, nil, true
}

func describedGroup(id string, group kafka.Group) kmsg.DescribeGroupsResponseGroup {
	g := kmsg.NewDescribeGroupsResponseGroup()
	g.Group, g.State, g.ProtocolType = id, group.State, group.ProtocolType
	if g.State == "" {
		g.State = "Dead"
	}
	for i, m := range group.Members {
		member := kmsg.NewDescribeGroupsResponseGroupMember()
		member.MemberID = fmt.Sprintf("%s-%d", m.ClientID, i)
		member.ClientID, member.ClientHost = m.ClientID, "/"+m.Host
		member.ProtocolMetadata = []byte("\x00\x02\x00\x15http://127.0.0.1:8083\x00\x00\x00\x00\x00\x00\x00\x01")
		g.Members = append(g.Members, member)
	}
	return g
}

// refuseLikeKafka has kfake refuse what it would accept and a real broker would not.
func (c *Cluster) refuseLikeKafka(req *kmsg.CreateTopicsRequest) {
	brokers := len(c.gates)
	if !c.kraft {
		brokers -= len(c.stopped()) // KRaft puts replicas on brokers that are registered and stopped, too: seen on 3.9.2 and 4.3.1
	}
	for _, t := range req.Topics {
		if reason := refusal(t, brokers); reason != nil {
			c.fake.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.CreateTopics}, Topic: t.Topic, Err: reason, Count: 1})
		}
	}
}

// refuseNames: a real broker does not say of an impossible name that it knows no such topic.
func (c *Cluster) refuseNames(req *kmsg.MetadataRequest) {
	for _, t := range req.Topics {
		if t.Topic != nil && !validName(*t.Topic) {
			c.fake.Fault(kfake.Fault{
				Keys: []kmsg.Key{kmsg.Metadata}, Topic: *t.Topic, Err: kerr.InvalidTopicException, Count: 1,
			})
		}
	}
}

func refusal(t kmsg.CreateTopicsRequestTopic, brokers int) *kerr.Error {
	switch {
	case !validName(t.Topic):
		return kerr.InvalidTopicException
	case len(t.ReplicaAssignment) > 0:
		return nil
	case t.NumPartitions == 0 || t.NumPartitions < -1:
		return kerr.InvalidPartitions
	case t.ReplicationFactor == 0 || t.ReplicationFactor < -1 || int(t.ReplicationFactor) > brokers:
		return kerr.InvalidReplicationFactor
	}
	for _, config := range t.Configs {
		if !validConfig(config.Name, config.Value) {
			return kerr.InvalidConfig
		}
	}
	return nil
}

func validName(name string) bool {
	ok, err := regexp.MatchString(`^[a-zA-Z0-9._-]{1,249}$`, name)
	return err == nil && ok && name != "." && name != ".."
}

// validConfig knows the names of topic configurations, and the values of the one that matters to Connect.
func validConfig(name string, value *string) bool {
	known := []string{
		"cleanup.policy", "compression.type", "delete.retention.ms", "file.delete.delay.ms", "flush.messages",
		"flush.ms", "index.interval.bytes", "max.compaction.lag.ms", "max.message.bytes", "message.timestamp.type",
		"min.cleanable.dirty.ratio", "min.compaction.lag.ms", "min.insync.replicas", "preallocate", "retention.bytes",
		"retention.ms", "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms",
		"unclean.leader.election.enable",
	}
	if !slices.Contains(known, name) || value == nil {
		return false
	}
	if name != "cleanup.policy" {
		return true
	}
	for _, policy := range strings.Split(*value, ",") {
		if p := strings.TrimSpace(policy); p != "compact" && p != "delete" {
			return false
		}
	}
	return true
}
