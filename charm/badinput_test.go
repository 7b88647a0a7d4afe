package charm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// TestBadOptions: from a running application, each bad option gives a status that
// names it and says what to do; the workers keep running as they were; and the
// unit recovers by itself when the option is mended.
func TestBadOptions(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	before := l.MustSnapshot().Forget(l.Units("connect")...)
	for _, test := range []struct {
		name, option string
		bad, good    any
		want         string
	}{
		{"a line without an equals sign", "worker-config", "client.id=a\nsecret words", "", "blocked: option worker-config, line 2: write property=value"},
		{"a reserved key", "worker-config", "group.id=other", "", "blocked: option worker-config, line 1: group.id cannot be set here: set the option group-id instead"},
		{"an unknown key", "worker-config", "key.convertor=x", "", `blocked: option worker-config, line 1: there is no worker property "key.convertor", did you mean "key.converter"?`},
		{"an option that names no topic", "topics", ",", "lines", "blocked: option topics names no topic: write names, separated by blanks or commas"},
		{"a network policy that shuts the charm out", "network-policy", true, false, "blocked: option network-policy would shut out the charm itself, which comes through the API server with option kubeconfig: set it to false"},
		{"no topics", "topics", "", "lines", `blocked: no topics: juju config connect topics="topic another-topic"`},
		{"negative workers", "workers", -1, 1, "blocked: option workers is -1: set it to 0 or more"},
		{"a service type that is none", "service-type", "Ingress", "ClusterIP", `blocked: option service-type is "Ingress": set it to ClusterIP, NodePort or LoadBalancer`},
		{"memory in words", "memory", "plenty", "1G", `blocked: option memory is "plenty": write it as 512M or 2G, from 256M to 1024G`},
	} {
		l.step(test.name, func() {
			l.Must(l.Configure("connect", map[string]any{test.option: test.bad}))
			l.MustSettle()
			for _, unit := range l.Units("connect") {
				l.wantStatus(unit, test.want)
			}
			l.wantNotLogged("secret words")
			after := l.MustSnapshot().Forget(l.Units("connect")...)
			if before.String() != after.String() {
				t.Errorf("the world changed:\n%s\n%s", before, after)
			}
			l.Must(l.Configure("connect", map[string]any{test.option: test.good}))
			l.MustSettle()
			l.wantStatus(leader, runningStatus)
		})
	}
	l.wantBytes("still running")
}

// wantNotLogged: what an operator mistyped may be a password.
func (l *life) wantNotLogged(text string) {
	l.t.Helper()
	for _, h := range l.Journal() {
		for _, line := range h.Log {
			if strings.Contains(line.Message, text) {
				l.t.Errorf("%s logs %q", h.Name, line.Message)
			}
		}
	}
}

// TestBadKubeconfig: a kubeconfig that does not parse, and one that is mended later.
func TestBadKubeconfig(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	for _, bad := range []string{"{", "not yaml: [", "a kubeconfig, I promise", "secret:nosuchsecret"} {
		if l.Leader("connect") == "" {
			l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{Config: map[string]any{
				"topics": "lines", "kubeconfig": bad, "source-file": l.from, "sink-file": l.to,
			}}))
			l.MustIntegrateKafka("connect")
		} else {
			l.Must(l.Configure("connect", map[string]any{"kubeconfig": bad}))
		}
		l.MustSettle()
		if got := l.status("connect/0"); !strings.HasPrefix(got, "blocked: cannot ") || !strings.Contains(got, "kubeconfig") {
			t.Errorf("kubeconfig %q gives status %q, want blocked with the reason", bad, got)
		}
	}
	l.Must(l.Configure("connect", map[string]any{"kubeconfig": l.Kubeconfig()}))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
}

// TestBadRelationData: missing, half there, nonsense; then mended.
func TestBadRelationData(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		data map[string]string
	}{
		{"nothing", map[string]string{}},
		{"a host alone", map[string]string{"host": "127.0.0.1"}},
		{"a port that is none", map[string]string{"host": "127.0.0.1", "port": "kafka"}},
		{"a host with a line break", map[string]string{"host": "a\ngroup.id=b", "port": "9092"}},
		{"JSON where text is wanted", map[string]string{"host": `{"a": 1}`, "port": "[9092]"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{})
			l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{Config: map[string]any{
				"topics": "lines", "kubeconfig": l.Kubeconfig(), "source-file": l.from, "sink-file": l.to,
			}}))
			remote, err := l.AddKafka("kafka")
			l.Must(err)
			good := map[string]string{"host": "127.0.0.1", "port": portOf(l.Kafka.Addrs()[0])}
			l.Must(remote.SetUnitData("kafka/0", map[string]string{"host": "", "port": ""}))
			l.Must(remote.SetUnitData("kafka/0", test.data))
			l.Must(l.Integrate("connect:kafka", "kafka:client"))
			l.MustSettle()
			l.wantStatus("connect/0", "waiting: waiting for 1 Kafka unit(s) to say a usable host and port")
			l.Must(remote.SetUnitData("kafka/0", good))
			l.MustSettle()
			l.wantStatus("connect/0", runningStatus)
		})
	}
}

func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// TestKafkaTrouble: brokers that refuse, are silent, deny; in bounded time, and mended by the next hook.
func TestKafkaTrouble(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		harm, mend func(*kafkatest.Cluster)
		want       string
	}{
		{"nothing listens", func(c *kafkatest.Cluster) { c.Stop(0) }, func(c *kafkatest.Cluster) { _ = c.Resume(0) }, "waiting: cannot "},
		{"hangs up", func(c *kafkatest.Cluster) { c.HangUp("", -1) }, func(c *kafkatest.Cluster) { c.Heal() }, "cannot "},
		{"never answers", func(c *kafkatest.Cluster) { c.KeepSilent("", -1) }, func(c *kafkatest.Cluster) { c.Heal() }, "waiting: cannot "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{})
			test.harm(l.Kafka)
			start := time.Now()
			l.deploy(1)
			if spent := l.longestHook(); spent > time.Minute+10*time.Second {
				t.Errorf("a hook took %s", spent)
			}
			t.Logf("longest hook %s, %s in all", l.longestHook(), time.Since(start))
			if got := l.status("connect/0"); !strings.Contains(got, test.want) {
				t.Errorf("status is %q, want it to contain %q", got, test.want)
			}
			test.mend(l.Kafka)
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			l.wantStatus("connect/0", runningStatus)
		})
	}
}

func (l *life) longestHook() (longest time.Duration) {
	for _, h := range l.Journal() {
		longest = max(longest, h.Duration)
	}
	return longest
}

// TestKubernetesTrouble: an API server that forbids, fails, or is not there.
func TestKubernetesTrouble(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault kubetest.Fault
		want  string
	}{
		{"forbids", kubetest.Fault{Verb: "patch", Resource: "statefulsets", Code: 403, Reason: "Forbidden",
			Message: `statefulsets.apps "connect-connect" is forbidden: User "charm" cannot patch resource "statefulsets" in API group "apps" in the namespace "test"`},
			"blocked: cannot apply statefulset/test/connect-connect"},
		{"is overloaded", kubetest.Fault{Resource: "secrets", Code: 503, Reason: "ServiceUnavailable", Message: "later"}, "waiting: cannot "},
		{"drops connections", kubetest.Fault{Resource: "services", Drop: true}, "waiting: cannot "},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{})
			mend := l.Kube.Fail(test.fault)
			l.deploy(1)
			if got := l.status("connect/0"); !strings.HasPrefix(got, test.want) {
				t.Errorf("status is %q, want it to begin with %q", got, test.want)
			}
			mend()
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			l.wantStatus("connect/0", runningStatus)
		})
	}
}

// TestConnectTrouble: a Connect that answers 500 to every registration, for ever.
func TestConnectTrouble(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	group := l.Group("connect")
	mend := group.Inject(connecttest.Fault{Method: "PUT", Path: "/connectors/*/config", Times: -1, Status: 500,
		Body: `{"error_code":500,"message":"Failed to find any class that implements Connector and which name matches FileStreamSink"}`})
	l.Must(l.Configure("connect", map[string]any{"sink-file": l.to + "2"}))
	l.MustSettle()
	if got, want := l.status("connect/0"), "blocked: Kafka Connect answered 500: Failed to find any class"; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	l.wantConnectors("connect-sink running", "connect-source running")
	mend()
	l.Must(l.UpdateStatus("connect"))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
	if got := l.MustSnapshot().Connectors["connect-sink"].Config["file"]; got != l.to+"2" {
		t.Errorf("the sink's file is %q after mending", got)
	}
}

// TestOldImage: the original's image speaks a Kafka that Kafka 4 no longer understands.
func TestOldImage(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Kafka: kafkatest.Options{Version: "4.3"}})
	l.deploy(1)
	l.wantStatus("connect/0", runningStatus)
	l.Must(l.Configure("connect", map[string]any{"image": "sborny/kafka-connect-base"}))
	l.MustSettle()
	l.wantStatus("connect/0", "blocked: image sborny/kafka-connect-base speaks Kafka 0.10, which these brokers no longer do: juju config connect image=apache/kafka:4.3.1")
	l.wantBytes("the workers stay as they are")
	l.Must(l.Reset("connect", "image"))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
}

// TestSharedGroup: workers of somebody else use our group id.
func TestSharedGroup(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.Kafka.SetGroup("connect", kafka.Group{State: "Stable", ProtocolType: "connect", Members: []kafka.Member{{ClientID: "c", Host: "/10.9.8.7"}}})
	l.deploy(1)
	if got, want := l.status("connect/0"), `blocked: Kafka group "connect" already has 1 member(s), at `; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	l.Must(l.Configure("connect", map[string]any{"group-id": "mine"}))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
}

// TestWrongTopics: topics of our names that Connect would lose its state in.
func TestWrongTopics(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		have kafka.Topic
		want string
	}{
		{"too many partitions", kafka.Topic{Name: "test.connect.connectconfigs", Partitions: 3, ReplicationFactor: 1, Compacted: true},
			"blocked: topic test.connect.connectconfigs has 3 partitions and Connect needs 1: move it away"},
		{"not compacted", kafka.Topic{Name: "test.connect.connectoffsets", Partitions: 50, ReplicationFactor: 1},
			"blocked: topic test.connect.connectoffsets is not compacted: set its cleanup.policy to compact"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{})
			l.Must(l.Kafka.CreateTopic(test.have))
			l.deploy(1)
			l.wantStatus("connect/0", test.want)
		})
	}
}

// TestTwoDots: topics of the names that the original's documentation writes are used as they are.
func TestTwoDots(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	for name, partitions := range map[string]int{"connectconfigs": 1, "connectoffsets": 50, "connectstatus": 10} {
		l.Must(l.Kafka.CreateTopic(kafka.Topic{Name: "test.connect.." + name, Partitions: partitions, ReplicationFactor: 1, Compacted: true}))
	}
	l.deploy(1)
	l.wantStatus("connect/0", runningStatus)
	s := l.MustSnapshot()
	if len(s.Topics) != 3 || s.Properties["connect-connect"]["config.storage.topic"] != "test.connect..connectconfigs" {
		t.Errorf("topics %v, workers read config.storage.topic=%q", s.Topics, s.Properties["connect-connect"]["config.storage.topic"])
	}
}

// TestMissingImage: the workers roll to an image that cannot be pulled. The hook
// waits its minute and says why; the mended option is deployed at once.
func TestMissingImage(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Must(l.Configure("connect", map[string]any{"image": "apache/kafka:" + world.MissingTag}))
	l.MustSettle()
	if got, want := l.status("connect/0"), "waiting: waiting for the workers: pod connect-connect-0 cannot pull image apache/kafka:no-such-tag: "; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	hooks := len(l.Journal())
	l.Must(l.Configure("connect", map[string]any{"image": "apache/kafka:4.2.0"}))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
	for _, h := range l.JournalSince(hooks) {
		if h.Duration > 20*time.Second {
			t.Errorf("%s took %s after the option was mended", h.Name, h.Duration)
		}
	}
	l.wantBytes("pulled")
}

// TestForeignGroupLater: a running application does not change to a group that others use.
func TestForeignGroupLater(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Kafka.SetGroup("theirs", kafka.Group{State: "Stable", ProtocolType: "connect", Members: []kafka.Member{{ClientID: "c", Host: "/10.9.8.7"}}})
	l.Must(l.Configure("connect", map[string]any{"group-id": "theirs"}))
	l.MustSettle()
	if got, want := l.status("connect/0"), `blocked: Kafka group "theirs" already has 1 member(s), at `; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	l.wantBytes("still in the old group")
	l.Must(l.Reset("connect", "group-id"))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
}

// TestRefusedOnReturn: Kafka comes back, and Connect refuses what it took before.
func TestRefusedOnReturn(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
	l.MustSettle()
	mend := l.Group("connect").Inject(connecttest.Fault{Method: "PUT", Path: "/connectors/*/config", Times: -1, Status: 400,
		Body: `{"error_code":400,"message":"Connector configuration is invalid"}`})
	l.Must(l.Integrate("connect:kafka", "kafka:client"))
	l.MustSettle()
	if got, want := l.status("connect/0"), "blocked: connector connect-sink: Kafka Connect answered 400"; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	mend()
	l.Must(l.UpdateStatus("connect"))
	l.MustSettle()
	l.wantStatus("connect/0", runningStatus)
	l.wantConnectors("connect-sink running", "connect-source running")
}

// TestNoWorkers: everything but the workers stays, and who asks them is told at once.
func TestNoWorkers(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	l.Must(l.Configure("connect", map[string]any{"workers": 0}))
	l.MustSettle()
	l.wantStatus("connect/0", "active: stopped: option workers is 0")
	l.wantReplicas(0)
	start := time.Now()
	result, err := l.RunAction(t.Context(), "connect/0", "list-connectors", nil)
	l.Must(err)
	if result.Status != "failed" || result.Message != "no worker runs to be asked: option workers is 0" || time.Since(start) > 10*time.Second {
		t.Errorf("list-connectors: %s, %q after %s", result.Status, result.Message, time.Since(start))
	}
	l.Must(l.Configure("connect", map[string]any{"workers": 2}))
	l.MustSettle()
	l.wantStatus("connect/0", "active: 2 workers, 2 connectors")
	l.wantBytes("again")
}
