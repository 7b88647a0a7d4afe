package kafkatest

// The conversation that holds this fake to the truth: the same questions to a real cluster must get the same answers.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// Script asks a cluster everything a charm may ask, in good and in bad ways, and returns one line for each question
// with its answer. Two clusters of one release and size give the same lines. It leaves topics behind whose names begin
// with "script.".
func Script(ctx context.Context, brokers []string) []string {
	s := &script{ctx: ctx, addr: brokers[0], admin: kafka.Open(kafka.Config{Brokers: brokers})}
	defer s.admin.Close()
	s.creating()
	s.refusals()
	s.configurations()
	s.groupsAndVersions()
	return s.lines
}

type script struct {
	ctx   context.Context
	addr  string
	admin *kafka.Admin
	lines []string
}

func (s *script) say(question, answer string, err error) {
	if err != nil {
		answer = told(err)
	}
	s.lines = append(s.lines, question+": "+answer)
}

func (s *script) creating() {
	brokers, err := s.admin.Brokers(s.ctx)
	s.say("brokers", fmt.Sprint(len(brokers)), err)
	rf := max(1, len(brokers))
	wanted := []kafka.Topic{
		{Name: "script.offsets", Partitions: 50, ReplicationFactor: rf, Compacted: true},
		{Name: "script.configs", Partitions: 1, ReplicationFactor: rf, Compacted: true},
		{Name: "script.status", Partitions: 10, ReplicationFactor: 1, Compacted: true},
		{Name: "script.plain", Partitions: 2, ReplicationFactor: 1},
	}
	names := []string{"script.offsets", "script.configs", "script.status", "script.plain"}
	s.describe("before", names)
	s.say("create", "done", s.admin.Create(s.ctx, wanted...))
	s.describe("after", names)
	s.say("create again", "done", s.admin.Create(s.ctx, wanted...))
	wanted[1].Partitions = 7
	s.say("create otherwise", "done", s.admin.Create(s.ctx, wanted[1]))
	s.describe("still", names[1:2])
	s.describe("some", []string{"script.configs", "script.missing"})
}

func (s *script) describe(when string, names []string) {
	topics, err := s.admin.Topics(s.ctx, names...)
	var texts []string
	for _, t := range topics {
		texts = append(texts, fmt.Sprintf("%s %d/%d %t", t.Name, t.Partitions, t.ReplicationFactor, t.Compacted))
	}
	slices.Sort(texts)
	s.say("topics "+when, "["+strings.Join(texts, ", ")+"]", err)
}

func (s *script) refusals() {
	for _, t := range []kafka.Topic{
		{Name: "script bad name!", Partitions: 1, ReplicationFactor: 1},
		{Name: "..", Partitions: 1, ReplicationFactor: 1},
		{Name: "script." + strings.Repeat("x", 243), Partitions: 1, ReplicationFactor: 1},
		{Name: "script_configs", Partitions: 1, ReplicationFactor: 1},
		{Name: "script.none", Partitions: 0, ReplicationFactor: 1},
		{Name: "script.minus", Partitions: -3, ReplicationFactor: 1},
		{Name: "script.norf", Partitions: 1, ReplicationFactor: 0},
		{Name: "script.many", Partitions: 1, ReplicationFactor: 9},
		{Name: "script.default", Partitions: 1, ReplicationFactor: -1},
	} {
		question := fmt.Sprintf("create %.20s %d/%d", t.Name, t.Partitions, t.ReplicationFactor)
		s.say(question, "done", s.admin.Create(s.ctx, t))
	}
	s.describe("impossible", []string{"script bad name!"})
}

// configurations asks for topics in ways the adapter has no words for.
func (s *script) configurations() {
	for i, config := range [][2]string{
		{"cleanup.policy", "compact"}, {"cleanup.policy", "compact,delete"}, {"cleanup.policy", "wipe"},
		{"nope.nope", "1"}, {"retention.ms", "1000"},
	} {
		req := kmsg.NewPtrCreateTopicsRequest()
		req.SetVersion(5)
		req.TimeoutMillis = 5000
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = fmt.Sprintf("script.config%d", i), 1, 1
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = config[0], &config[1]
		t.Configs = append(t.Configs, c)
		req.Topics = append(req.Topics, t)
		answer := ""
		res, err := exchange(s.addr, req)
		if err == nil {
			answer = fmt.Sprintf("code %d", res.(*kmsg.CreateTopicsResponse).Topics[0].ErrorCode)
		}
		s.say("create with "+config[0]+"="+config[1], answer, err)
	}
}

func (s *script) groupsAndVersions() {
	group, err := s.admin.Group(s.ctx, "script-nobody")
	s.say("group of nobody", fmt.Sprintf("%s %q %d members", group.State, group.ProtocolType, len(group.Members)), err)
	_, err = s.admin.Group(s.ctx, "")
	s.say("group without a name", "described", err)
	s.versions()
	protocol, err := s.admin.Protocol(s.ctx)
	refused := make([]string, len(protocol.Refused))
	for i, r := range protocol.Refused { // the newest version served is each release's own
		refused[i], _, _ = strings.Cut(r, " to ")
	}
	s.say("0.10", fmt.Sprintf("%t [%s]", protocol.Kafka010, strings.Join(refused, "; ")), err)
}

// versions asks from which version on the requests of an old worker, and of this project, are served.
func (s *script) versions() {
	res, err := exchange(s.addr, kmsg.NewPtrApiVersionsRequest())
	if err != nil {
		s.say("versions", "", err)
		return
	}
	for _, k := range res.(*kmsg.ApiVersionsResponse).ApiKeys {
		if k.ApiKey <= int16(kmsg.DescribeConfigs) && !slices.Contains(internalRequests(), kmsg.Key(k.ApiKey)) {
			s.say(kmsg.NameForKey(k.ApiKey), fmt.Sprintf("from v%d", k.MinVersion), nil)
		}
	}
}

// internalRequests are spoken between brokers, and served to others or not depending on how the cluster is built.
func internalRequests() []kmsg.Key {
	return []kmsg.Key{kmsg.LeaderAndISR, kmsg.StopReplica, kmsg.UpdateMetadata, kmsg.ControlledShutdown, kmsg.WriteTxnMarkers}
}

// told says what a caller can tell from an error; messages are each implementation's own.
func told(err error) string {
	var e *kafka.Error
	if !errors.As(err, &e) {
		return "error: " + err.Error()
	}
	return fmt.Sprintf("%v, code %d", e.Kind, e.Code)
}
