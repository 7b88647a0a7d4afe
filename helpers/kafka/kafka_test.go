package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

func open(t *testing.T, config kafka.Config) *kafka.Admin {
	t.Helper()
	admin := kafka.Open(config)
	t.Cleanup(admin.Close)
	return admin
}

func internalTopics(rf int) []kafka.Topic {
	return []kafka.Topic{
		{Name: "m.app.connectoffsets", Partitions: 50, ReplicationFactor: rf, Compacted: true},
		{Name: "m.app.connectconfigs", Partitions: 1, ReplicationFactor: rf, Compacted: true},
		{Name: "m.app.connectstatus", Partitions: 10, ReplicationFactor: rf, Compacted: true},
	}
}

func TestCreateIsVisibleAndRepeatable(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2.8", "3.9", "4.3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			cluster := kafkatest.New(t, kafkatest.Options{Brokers: 3, Version: version})
			admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
			wanted := internalTopics(3)
			for range 2 {
				if err := admin.Create(t.Context(), wanted...); err != nil {
					t.Fatal(err)
				}
				got, err := admin.Topics(t.Context(), wanted[0].Name, wanted[1].Name, wanted[2].Name, "m.app.other")
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != 3 {
					t.Errorf("%d topics", len(got))
				}
				for _, w := range wanted {
					if got[w.Name] != w {
						t.Errorf("%v, want %v", got[w.Name], w)
					}
				}
			}
		})
	}
}

func TestBeforeIsAskedBeforeEachTopic(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{})
	errNotLeader, asked := errors.New("not the leader"), 0
	admin := open(t, kafka.Config{Brokers: cluster.Addrs(), Before: func(context.Context) error {
		if asked++; asked == 3 {
			return errNotLeader
		}
		return nil
	}})
	if _, err := admin.Topics(t.Context(), "m.app.connectoffsets"); err != nil || asked != 0 {
		t.Errorf("asked %d times before a look: %v", asked, err)
	}
	if err := admin.Create(t.Context(), internalTopics(1)...); !errors.Is(err, errNotLeader) {
		t.Errorf("create: %v", err)
	}
	if there, err := cluster.Topics(); err != nil || len(there) != 2 {
		t.Errorf("%d topics, want the two before the refusal: %v", len(there), err)
	}
}

func TestAsksForNoMoreThanIsNeeded(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{})
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	if _, err := admin.Topics(t.Context(), "here"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Topics(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := admin.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Brokers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := cluster.Requests(), []string{"Metadata here", "Metadata"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

// TestOldBrokersCreateNothing: before 0.11, asking for a topic by name could create it.
func TestOldBrokersCreateNothing(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{Version: "0.10.1"})
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	topics, err := admin.Topics(t.Context(), "here")
	if err != nil || len(topics) != 0 {
		t.Fatalf("topics %v, %v", topics, err)
	}
	if got, want := cluster.Requests(), []string{"Metadata (all)"}; !slices.Equal(got, want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

func TestTransientAnswers(t *testing.T) {
	t.Parallel()
	const notController, timedOut, noLeader, unknownTopic, loading, noCoordinator, notCoordinator = 41, 7, 5, 3, 14, 15, 16
	create := func(a *kafka.Admin, ctx context.Context) error {
		return a.Create(ctx, kafka.Topic{Name: "a", Partitions: 1, ReplicationFactor: 1})
	}
	group := func(a *kafka.Admin, ctx context.Context) error { _, err := a.Group(ctx, "g"); return err }
	for _, test := range []struct {
		request string
		code    int16
		call    func(*kafka.Admin, context.Context) error
	}{
		{"CreateTopics", notController, create},
		{"CreateTopics", timedOut, create},
		{"Metadata", noLeader, create},
		{"Metadata", unknownTopic, create},
		{"FindCoordinator", noCoordinator, group},
		{"DescribeGroups", loading, group},
		{"DescribeGroups", notCoordinator, group},
	} {
		t.Run(fmt.Sprintf("%s %d", test.request, test.code), func(t *testing.T) {
			t.Parallel()
			cluster := kafkatest.New(t, kafkatest.Options{})
			cluster.Fail(test.request, test.code, 3)
			admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
			if err := test.call(admin, t.Context()); err != nil {
				t.Error(err)
			}
			cluster.Fail(test.request, test.code, -1)
			hasty := open(t, kafka.Config{Brokers: cluster.Addrs(), Timeout: time.Second})
			begun := time.Now()
			err := test.call(hasty, t.Context())
			var e *kafka.Error
			if !errors.As(err, &e) || e.Code != int(test.code) {
				t.Errorf("at the end of the time: %v", err)
			}
			if took := time.Since(begun); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{Brokers: 2})
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	err := admin.Create(t.Context(), kafka.Topic{Name: "m.app.connectstatus", Partitions: 10, ReplicationFactor: 3})
	if says := "3 replicas are wanted and 2 brokers are alive"; !errors.Is(err, kafka.ErrTooFewBrokers) ||
		!strings.Contains(err.Error(), says) {
		t.Errorf("too many replicas: %v", err)
	}
	err = admin.Create(t.Context(), kafka.Topic{Name: "no way", Partitions: 1, ReplicationFactor: 1})
	if !errors.Is(err, kafka.ErrRefused) || !strings.HasPrefix(err.Error(), `cannot create topic "no way": `) {
		t.Errorf("a bad name: %v", err)
	}
	cluster.Fail("DescribeGroups", 30, 1)
	if _, err = admin.Group(t.Context(), "g"); !errors.Is(err, kafka.ErrDenied) {
		t.Errorf("a forbidden group: %v", err)
	}
	cluster.Fail("Metadata", 29, 1)
	if _, err = admin.Topics(t.Context(), "a"); !errors.Is(err, kafka.ErrDenied) {
		t.Errorf("a forbidden topic: %v", err)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{Brokers: 3})
	want := kafka.Group{State: "Stable", ProtocolType: "connect", Members: []kafka.Member{
		{ClientID: "connect-1", Host: "10.0.0.1"}, {ClientID: "connect-2", Host: "10.0.0.2"},
	}}
	cluster.SetGroup("theirs", want)
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	got, err := admin.Group(t.Context(), "theirs")
	if err != nil || got.State != want.State || got.ProtocolType != "connect" || !slices.Equal(got.Members, want.Members) {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = admin.Group(t.Context(), "nobody's")
	if err != nil || got.State != "Dead" || len(got.Members) != 0 {
		t.Errorf("a group nobody uses: %+v, %v", got, err)
	}
}

func TestProtocol(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{"0.10.1": true, "2.8": true, "3.9": true, "4.0": false, "4.3": false} {
		cluster := kafkatest.New(t, kafkatest.Options{Version: version})
		got, err := open(t, kafka.Config{Brokers: cluster.Addrs()}).Protocol(t.Context())
		if err != nil || got.Kafka010 != want || want == (len(got.Refused) > 0) {
			t.Errorf("%s: %+v, %v", version, got, err)
		}
	}
}

// TestKeptConnections: a broker closes idle connections, and restarts; neither is the caller's business.
func TestKeptConnections(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{Brokers: 2})
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	for range 3 {
		if _, err := admin.Brokers(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range cluster.Addrs() {
			cluster.Stop(i)
			if err := cluster.Resume(i); err != nil {
				t.Fatal(err)
			}
		}
	}
	admin.Close()
	if _, err := admin.Brokers(t.Context()); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{Brokers: 3})
	admin := open(t, kafka.Config{Brokers: cluster.Addrs()})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			name := fmt.Sprintf("t%d", i%4)
			if err := admin.Create(t.Context(), kafka.Topic{Name: name, Partitions: 1, ReplicationFactor: 1}); err != nil {
				t.Error(err)
			}
			if topics, err := admin.Topics(t.Context(), name); err != nil || len(topics) != 1 {
				t.Errorf("%v, %v", topics, err)
			}
		})
	}
	wg.Wait()
}

func TestSeam(t *testing.T) {
	t.Parallel()
	cluster := kafkatest.New(t, kafkatest.Options{})
	lost := errors.New("lost")
	var effects []string
	seam := func(_ context.Context, effect string, do func() error) error {
		effects = append(effects, effect)
		if effect == "kafka: list brokers" {
			return lost // the call failed
		}
		if err := do(); err != nil {
			return err
		}
		if effect == "kafka: create topic b" {
			return lost // it was done, and nobody heard
		}
		return nil
	}
	admin := open(t, kafka.Config{Brokers: cluster.Addrs(), Seam: seam})
	ctx := t.Context()
	if _, err := admin.Brokers(ctx); !errors.Is(err, lost) {
		t.Errorf("brokers: %v", err)
	}
	topic := func(name string) kafka.Topic { return kafka.Topic{Name: name, Partitions: 1, ReplicationFactor: 1} }
	if err := admin.Create(ctx, topic("a"), topic("b"), topic("c")); !errors.Is(err, lost) {
		t.Errorf("create: %v", err)
	}
	topics, err := admin.Topics(ctx, "a", "b", "c")
	if err != nil || len(topics) != 2 {
		t.Errorf("topics %v, %v", topics, err)
	}
	if _, err := admin.Group(ctx, "g"); err != nil {
		t.Error(err)
	}
	if _, err := admin.Protocol(ctx); err != nil {
		t.Error(err)
	}
	want := []string{
		"kafka: list brokers", "kafka: create topic a", "kafka: create topic b", "kafka: describe topics",
		"kafka: describe group g", "kafka: ask for versions",
	}
	if !slices.Equal(effects, want) {
		t.Errorf("effects %q, want %q", effects, want)
	}
}
