package kafka

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

func internalTopics(rf int) []kafka.Topic {
	return []kafka.Topic{
		{Name: "m.app.connectoffsets", Partitions: 50, ReplicationFactor: rf, Compacted: true},
		{Name: "m.app.connectconfigs", Partitions: 1, ReplicationFactor: rf, Compacted: true},
		{Name: "m.app.connectstatus", Partitions: 10, ReplicationFactor: rf, Compacted: true},
	}
}

// TestKafka: the adapter against real brokers, alone and three together, and the fake brokers against the real ones.
func TestKafka(t *testing.T) {
	eachVersion(t, func(t *testing.T, k *realkafka.Kafka) {
		for _, n := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d brokers", n), func(t *testing.T) {
				brokers := startBrokers(t, k, reality.Folder(t), n)
				t.Run("topics", func(t *testing.T) { topicsAreMade(t, k, brokers, n) })
				t.Run("script", func(t *testing.T) { fakeAnswersLikeReal(t, k, brokers, n) })
				t.Run("old clients", func(t *testing.T) { oldClients(t, k, brokers) })
				if n == 1 {
					t.Run("secured listeners", func(t *testing.T) { securedListeners(t, brokers) })
				}
				if n > 1 {
					t.Run("stopping", func(t *testing.T) { brokersComeAndGo(t, brokers) })
				}
			})
		}
	})
}

func topicsAreMade(t *testing.T, k *realkafka.Kafka, brokers *realkafka.Brokers, n int) {
	admin := kafka.Open(kafka.Config{Brokers: brokers.Addrs()})
	defer admin.Close()
	wanted := internalTopics(n)
	begun := time.Now()
	for range 2 {
		if err := admin.Create(t.Context(), wanted...); err != nil {
			t.Fatal(err)
		}
		t.Logf("three topics made or found, and visible, after %s", time.Since(begun).Round(time.Millisecond))
	}
	seen, err := admin.Topics(t.Context(), wanted[0].Name, wanted[1].Name, wanted[2].Name)
	if err != nil {
		t.Fatal(err)
	}
	told, err := k.Tool(t.Context(), "org.apache.kafka.tools.TopicCommand",
		"--bootstrap-server", brokers.Addrs()[0], "--describe")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wanted {
		if seen[w.Name] != w {
			t.Errorf("the adapter sees %+v, not %+v", seen[w.Name], w)
		}
		line := regexp.MustCompile(fmt.Sprintf(
			`(?m)^Topic: %s\s.*PartitionCount: %d\s+ReplicationFactor: %d\s+Configs:.*\bcleanup\.policy=compact(,min|,segment|$|\s)`,
			regexp.QuoteMeta(w.Name), w.Partitions, n))
		if !line.MatchString(told) {
			t.Errorf("Kafka's own tool does not see %+v:\n%s", w, firstLines(told, 12))
		}
	}
	err = admin.Create(t.Context(), kafka.Topic{Name: "m.app.toomany", Partitions: 1, ReplicationFactor: n + 1})
	if !errors.Is(err, kafka.ErrTooFewBrokers) {
		t.Errorf("more replicas than brokers: %v", err)
	}
	t.Log(err)
}

func firstLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// fakeAnswersLikeReal has both say their script.
func fakeAnswersLikeReal(t *testing.T, k *realkafka.Kafka, brokers *realkafka.Brokers, n int) {
	minor := k.Version[:strings.LastIndex(k.Version, ".")]
	fake := kafkatest.New(t, kafkatest.Options{Brokers: n, Version: minor})
	got, want := kafkatest.Script(t.Context(), fake.Addrs()), kafkatest.Script(t.Context(), brokers.Addrs())
	if slices.Equal(got, want) {
		t.Logf("%d answers of %d brokers are the same", len(want), n)
		return
	}
	for i := range max(len(got), len(want)) {
		if g, w := at(got, i), at(want, i); g != w {
			t.Errorf("real: %s\nfake: %s", w, g)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

func oldClients(t *testing.T, k *realkafka.Kafka, brokers *realkafka.Brokers) {
	admin := kafka.Open(kafka.Config{Brokers: brokers.Addrs()})
	defer admin.Close()
	protocol, err := admin.Protocol(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.HasPrefix(k.Version, "3."); protocol.Kafka010 != want {
		t.Errorf("clients of 0.10: %+v", protocol)
	}
	t.Logf("clients of 0.10: %+v", protocol)
}

func brokersComeAndGo(t *testing.T, brokers *realkafka.Brokers) {
	ctx := t.Context()
	admin := kafka.Open(kafka.Config{Brokers: brokers.Addrs()})
	defer admin.Close()
	brokers.Stop(0)
	eventually(t, "two brokers are left", func() error {
		known, err := admin.Brokers(ctx)
		if err == nil && len(known) != 2 {
			err = fmt.Errorf("%d are", len(known))
		}
		return err
	})
	if err := admin.Create(ctx, kafka.Topic{Name: "during", Partitions: 1, ReplicationFactor: 2, Compacted: true}); err != nil {
		t.Error(err)
	}
	// KRaft counts the brokers that are registered, running or not.
	if err := admin.Create(ctx, kafka.Topic{Name: "registered", Partitions: 1, ReplicationFactor: 3}); err != nil {
		t.Errorf("three replicas while one of three brokers is stopped: %v", err)
	}
	err := admin.Create(ctx, kafka.Topic{Name: "toomany", Partitions: 1, ReplicationFactor: 4})
	if !errors.Is(err, kafka.ErrTooFewBrokers) {
		t.Errorf("four replicas on three brokers: %v", err)
	}
	brokers.Kill(1)
	begun := time.Now()
	hasty := kafka.Open(kafka.Config{Brokers: brokers.Addrs(), Timeout: 3 * time.Second})
	defer hasty.Close()
	_, err = hasty.Brokers(ctx) // one of three: no quorum, but it answers what it last knew
	t.Logf("with one broker of three, the others dead: %v, after %s", err, time.Since(begun).Round(time.Millisecond))
	if err := brokers.Resume(ctx, 0, 2); err != nil {
		t.Error(err)
	}
	if err := brokers.Resume(ctx, 1, 3); err != nil {
		t.Error(err)
	}
	topics, err := admin.Topics(ctx, "during", "registered", "toomany")
	if err != nil || len(topics) != 2 {
		t.Errorf("%v, %v", topics, err)
	}
}

// securedListeners: a stranger in plain text is turned away, and the operator is told what is wanted.
func securedListeners(t *testing.T, brokers *realkafka.Brokers) {
	for addr, want := range map[string]error{brokers.TLSAddr(): kafka.ErrTLS, brokers.SASLAddr(): kafka.ErrAuth} {
		admin := kafka.Open(kafka.Config{Brokers: []string{addr}})
		begun := time.Now()
		_, err := admin.Brokers(t.Context())
		admin.Close()
		if !errors.Is(err, want) {
			t.Errorf("want %v: %v", want, err)
		}
		t.Logf("%v, after %s", err, time.Since(begun).Round(time.Millisecond))
	}
}
