package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// TopicNames are the three topics in which Connect keeps its state.
type TopicNames struct {
	Configs string `json:"configs"`
	Offsets string `json:"offsets"`
	Status  string `json:"status"`
}

// Partitions of the three topics, as the original layer made them. Connect
// itself insists on one partition for the configurations.
const (
	configsPartitions = 1
	offsetsPartitions = 50
	statusPartitions  = 10
)

func topicNames(prefix string) TopicNames {
	return TopicNames{prefix + "connectconfigs", prefix + "connectoffsets", prefix + "connectstatus"}
}

func (n TopicNames) list() []string { return []string{n.Configs, n.Offsets, n.Status} }

// CreateTopics makes sure that the three topics exist, and remembers their
// names. Existing ones are checked and never changed. Its outcomes are
// blocked (a wrong topic, too few brokers for the option replication-factor, a group
// id in use by others) and waiting (brokers that are not there yet or do not answer). Leader only.
func (u *Unit) CreateTopics(ctx context.Context) (TopicNames, error) {
	if err := u.mustLead(ctx); err != nil {
		return TopicNames{}, err
	}
	settings, err := u.Settings(ctx)
	if err != nil {
		return TopicNames{}, err
	}
	admin, err := u.kafka(ctx)
	if err != nil {
		return TopicNames{}, err
	}
	defer admin.Close()
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	names, found, err := u.createTopics(ctx, admin, settings)
	if err != nil {
		return TopicNames{}, outcome(err)
	}
	if err := u.meetFormer(ctx, admin, names, found); err != nil {
		return TopicNames{}, outcome(err)
	}
	m, err := u.recall(ctx)
	if err != nil {
		return TopicNames{}, err
	}
	if err := u.refuseSharedGroup(ctx, admin, m.group(settings)); err != nil {
		return TopicNames{}, outcome(err)
	}
	return names, u.remember(ctx, func(m *memory) { m.Topics = names })
}

// kafka opens an admin connection to the related brokers.
func (u *Unit) kafka(ctx context.Context) (*kafka.Admin, error) {
	addresses, err := u.brokers(ctx)
	if err != nil {
		return nil, err
	}
	return kafka.Open(kafka.Config{Brokers: addresses, Seam: u.options.Seam, Before: u.mustLead}), nil
}

// createTopics says whether all of them were there already.
func (u *Unit) createTopics(ctx context.Context, admin *kafka.Admin, s Settings) (names TopicNames, found bool, err error) {
	names, existing, err := u.findTopics(ctx, admin)
	if err != nil {
		return TopicNames{}, false, err
	}
	if err := checkTopics(names, existing); err != nil {
		return TopicNames{}, false, err
	}
	if slices.IndexFunc(names.list(), func(name string) bool { _, found := existing[name]; return !found }) < 0 {
		return names, true, nil
	}
	copies, err := u.replication(ctx, admin, s)
	if err != nil {
		return TopicNames{}, false, err
	}
	wanted := []kafka.Topic{
		{Name: names.Configs, Partitions: configsPartitions, ReplicationFactor: copies, Compacted: true},
		{Name: names.Offsets, Partitions: offsetsPartitions, ReplicationFactor: copies, Compacted: true},
		{Name: names.Status, Partitions: statusPartitions, ReplicationFactor: copies, Compacted: true},
	}
	missing := slices.DeleteFunc(wanted, func(t kafka.Topic) bool { _, found := existing[t.Name]; return found })
	return names, false, admin.Create(ctx, missing...)
}

// replication counts the brokers in the cluster itself: a topic made before
// the last broker came would keep too few copies for ever.
func (u *Unit) replication(ctx context.Context, admin *kafka.Admin, s Settings) (int, error) {
	related, _, err := u.Bootstrap(ctx)
	if err != nil {
		return 0, err
	}
	expected, err := u.expectedBrokers(ctx)
	if err != nil {
		return 0, err
	}
	brokers, err := admin.Brokers(ctx)
	if err != nil {
		return 0, err
	}
	switch copies := s.ReplicationFactor; {
	case len(brokers) < max(len(related), expected):
		return 0, reactive.Waiting("waiting for Kafka: %d of %d related brokers are in the cluster", len(brokers), max(len(related), expected))
	case copies > len(brokers):
		return 0, reactive.Blocked("option replication-factor is %d, but Kafka has %d broker(s): lower it or add brokers", copies, len(brokers))
	case copies > 0:
		return copies, nil
	}
	return len(brokers), nil
}

// findTopics chooses the names: one dot after the application, or the two
// dots of the original's documentation where such topics already exist.
func (u *Unit) findTopics(ctx context.Context, admin *kafka.Admin) (TopicNames, map[string]kafka.Topic, error) {
	prefix := u.Model() + "." + u.Application() + "."
	names, older := topicNames(prefix), topicNames(prefix+".")
	existing, err := admin.Topics(ctx, append(names.list(), older.list()...)...)
	if err != nil {
		return TopicNames{}, nil, err
	}
	if _, found := existing[older.Configs]; found {
		if _, both := existing[names.Configs]; !both {
			names = older
		}
	}
	return names, existing, nil
}

// checkTopics blocks on a topic that Connect would refuse or slowly lose
// its state in. Another number of partitions than ours is fine for offsets and status.
func checkTopics(names TopicNames, existing map[string]kafka.Topic) error {
	var problems []string
	for _, name := range names.list() {
		topic, found := existing[name]
		if found && !topic.Compacted {
			problems = append(problems, fmt.Sprintf("topic %s is not compacted: set its cleanup.policy to compact", name))
		}
		if found && name == names.Configs && topic.Partitions != configsPartitions {
			problems = append(problems, fmt.Sprintf("topic %s has %d partitions and Connect needs 1: move it away", name, topic.Partitions))
		}
	}
	if problems != nil {
		return reactive.Blocked("%s", strings.Join(problems, "; "))
	}
	return nil
}

// refuseSharedGroup blocks where workers that are not ours use a group id: both
// would share connectors and overwrite each other's. The group our own workers
// were deployed with is ours.
func (u *Unit) refuseSharedGroup(ctx context.Context, admin *kafka.Admin, id string) error {
	m, err := u.recall(ctx)
	if err != nil || m.Group == id {
		return err
	}
	if f := m.Former; f != nil && !f.Stopped && f.Group == id {
		return nil // they are stopped before ours start
	}
	group, err := admin.Group(ctx, id)
	if err != nil || len(group.Members) == 0 {
		return err
	}
	if m.Group == "" { // a hook that deployed may have been killed before Juju heard of it
		if ours, err := u.workersExist(ctx); ours || err != nil {
			return err
		}
	}
	return reactive.Blocked("Kafka group %q already has %d member(s), at %s: stop them if they worked for this application, else set option group-id to a name nobody uses",
		id, len(group.Members), group.Members[0].Host)
}

// refuseNewGroup asks again when the workers are to change to another group.
func (u *Unit) refuseNewGroup(ctx context.Context, w kube.Workers) error {
	m, err := u.recall(ctx)
	if err != nil || m.Group == "" || m.Group == w.Properties["group.id"] {
		return err
	}
	admin, err := u.kafka(ctx)
	if err != nil {
		return err
	}
	defer admin.Close()
	ctx, cancel := u.attempt(ctx)
	defer cancel()
	return outcome(u.refuseSharedGroup(ctx, admin, w.Properties["group.id"]))
}
