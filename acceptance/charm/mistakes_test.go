package charm

// What others got wrong on the brokers, and an operator in the options: the status
// says it, nothing is touched, and it goes on by itself once that is mended.

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// TestMistakes is a life full of mistakes, on every release of KAFKA_VERSIONS.
func TestMistakes(t *testing.T) {
	eachRelease(t, func(w *world) {
		admin := kafka.Open(kafka.Config{Brokers: w.brokers.Addrs()})
		defer admin.Close()
		m := &mistakes{world: w, admin: admin}
		m.wrongTopics()
		m.groupInUse()
		m.wrongLine()
		m.anotherGroupInUse()
	})
}

// mistakes is a world whose brokers are looked at past the charm.
type mistakes struct {
	*world
	admin *kafka.Admin
}

const (
	configsTopic, offsetsTopic, statusTopic = "real.connect.connectconfigs", "real.connect.connectoffsets", "real.connect.connectstatus"

	notCompacted = "topic " + offsetsTopic + " is not compacted: set its cleanup.policy to compact"
	tooMany      = "topic " + configsTopic + " has 3 partitions and Connect needs 1: move it away"
)

// inUse is the status where one worker of somebody else is in the group.
func inUse(group string) string {
	return fmt.Sprintf("blocked: Kafka group %q already has 1 member(s), at 127.0.0.1: "+
		"stop them if they worked for this application, else set option group-id to a name nobody uses", group)
}

// wrongTopics: an administrator made two of the three topics, and mends them as the status says.
func (m *mistakes) wrongTopics() {
	m.Scene("two topics are there, and not as Connect needs them", func() {
		m.topicTool("--create", "--topic", configsTopic, "--partitions", "3", "--replication-factor", "1", "--config", "cleanup.policy=compact")
		m.topicTool("--create", "--topic", offsetsTopic, "--partitions", "50", "--replication-factor", "1", "--config", "cleanup.policy=delete")
		m.deploy(1)
		m.wantNothing("blocked: "+tooMany+"; "+notCompacted, configsTopic, offsetsTopic)
	})
	m.Scene("one is moved away", func() {
		m.topicTool("--delete", "--topic", configsTopic)
		m.Eventually(func() string {
			if _, found := m.topics()[configsTopic]; found {
				return "the topic is still there"
			}
			return ""
		})
		m.updateStatus()
		m.wantNothing("blocked: "+notCompacted, offsetsTopic)
	})
	m.Scene("the other is compacted, and loses what is old all the same", func() {
		m.policy("[compact,delete]")
		m.Eventually(func() string {
			if told := m.topicTool("--describe", "--topic", offsetsTopic); !strings.Contains(told, "cleanup.policy=compact,delete") {
				return "Kafka's own tool says " + told
			}
			return ""
		})
		m.updateStatus()
		m.wantNothing("blocked: "+notCompacted, offsetsTopic)
	})
}

// groupInUse: a worker of somebody else has the group's name, until it is killed
// and its session is over.
func (m *mistakes) groupInUse() {
	var theirs *realkafka.Worker
	m.Scene("the topics are mended, and another's worker has the group", func() {
		theirs = m.others("connect")
		m.policy("compact")
		m.Eventually(func() string {
			if topic := m.topics()[offsetsTopic]; !topic.Compacted {
				return fmt.Sprintf("the topic is %+v", topic)
			}
			return ""
		})
		m.updateStatus()
		m.wantNothing(inUse("connect"), configsTopic, offsetsTopic, statusTopic)
	})
	m.Scene("that worker is killed: once its session is over, all runs", func() {
		theirs.Kill()
		m.wantMembers("connect", 0)
		m.updateStatus()
		m.WantStatus(runs)
		m.WantTopics(m.brokers.Addrs())
		m.wantMembers("connect", 1)
		m.wantBytes("one")
	})
}

// wrongLine: the worker that runs is not touched, and stays when the line is mended.
func (m *mistakes) wrongLine() {
	m.Scene("a line of worker-config has no =", func() {
		wrong := strings.Replace(workerConfig, "max.delay.ms=0", "max.delay.ms 0", 1)
		m.wantUntouched(func() {
			m.MustConfigure(map[string]any{"worker-config": wrong})
			m.WantStatus("blocked: option worker-config, line 2: write property=value")
			m.updateStatus()
			m.WantStatus("blocked: option worker-config, line 2: write property=value")
			m.wantBytes("two")
			m.MustConfigure(map[string]any{"worker-config": workerConfig})
			m.WantStatus(runs)
		})
	})
}

// anotherGroupInUse: what runs goes on in the group it has until the new one is free.
func (m *mistakes) anotherGroupInUse() {
	var theirs *realkafka.Worker
	m.Scene("the option group-id names a group in use", func() {
		theirs = m.others("theirs")
		m.wantUntouched(func() {
			m.MustConfigure(map[string]any{"group-id": "theirs"})
			m.WantStatus(inUse("theirs"))
			m.wantMembers("connect", 1)
			m.wantBytes("three")
		})
	})
	m.Scene("that worker is stopped: the charm's own takes its place", func() {
		theirs.Stop()
		m.wantMembers("theirs", 0)
		m.updateStatus()
		m.WantStatus(runs)
		m.wantMembers("theirs", 1)
		m.wantMembers("connect", 0)
		m.wantBytes("four")
	})
}

// wantNothing looks at the status, and that the charm has made no topic and no
// worker.
func (m *mistakes) wantNothing(want string, topics ...string) {
	m.T.Helper()
	m.WantStatus(want)
	if got := slices.Sorted(maps.Keys(m.topics())); !slices.Equal(got, topics) {
		m.T.Errorf("there are the topics %q, want %q", got, topics)
	}
	m.pods.mu.Lock()
	defer m.pods.mu.Unlock()
	if m.pods.starts > 0 {
		m.T.Errorf("%d workers were started", m.pods.starts)
	}
}

// wantUntouched does something; the worker stays the same, and is not asked to
// change anything.
func (m *mistakes) wantUntouched(do func()) {
	m.T.Helper()
	worker := m.worker()
	m.wantWrites(func() {
		do()
		if m.worker() != worker {
			m.T.Fatal("the worker is another one")
		}
	})
}

// others starts a worker of somebody else in a group.
func (m *mistakes) others(group string) *realkafka.Worker {
	m.T.Helper()
	properties := map[string]string{
		"bootstrap.servers": strings.Join(m.brokers.Addrs(), ","), "group.id": group,
		"session.timeout.ms": "6000", // the least that brokers take
	}
	for _, of := range []string{"config", "offset", "status"} {
		properties[of+".storage.topic"] = "others-" + of
		properties[of+".storage.replication.factor"] = "1"
		if of != "config" {
			properties[of+".storage.partitions"] = "1"
		}
	}
	worker, err := m.pods.kafka.StartWorker(m.T.Context(), m.pods.dir, "others-"+group, properties)
	m.Must(err)
	m.T.Cleanup(worker.Close)
	m.wantMembers(group, 1)
	return worker
}

// wantMembers waits until a group has as many.
func (m *mistakes) wantMembers(group string, want int) {
	m.T.Helper()
	m.Eventually(func() string {
		got, err := m.admin.Group(m.T.Context(), group)
		m.Must(err)
		if len(got.Members) != want {
			return fmt.Sprintf("group %s has %d members, want %d", group, len(got.Members), want)
		}
		return ""
	})
}

// topics are those of Connect's three that there are.
func (m *mistakes) topics() map[string]kafka.Topic {
	m.T.Helper()
	found, err := m.admin.Topics(m.T.Context(), configsTopic, offsetsTopic, statusTopic)
	m.Must(err)
	return found
}

// policy sets what becomes of old records of the topic for offsets.
func (m *mistakes) policy(policy string) {
	m.T.Helper()
	m.tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", offsetsTopic, "--add-config", "cleanup.policy="+policy)
}

func (m *mistakes) topicTool(args ...string) string {
	m.T.Helper()
	return m.tool("org.apache.kafka.tools.TopicCommand", args...)
}

// tool runs one of Kafka's own, as an administrator does.
func (m *mistakes) tool(class string, args ...string) string {
	m.T.Helper()
	text, err := m.pods.kafka.Tool(m.T.Context(), class, append([]string{"--bootstrap-server", m.brokers.Addrs()[0]}, args...)...)
	m.Must(err)
	return text
}
