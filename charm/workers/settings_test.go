package workers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// defaults are config.yaml's, as config-get gives them.
func options(change map[string]any) juju.Config {
	config := juju.Config{
		"workers": int64(1), "group-id": "", "topics": "", "worker-config": "", "image": "", "namespace": "",
		"service-type": "ClusterIP", "kubeconfig": "", "replication-factor": int64(0), "memory": "1G", "network-policy": false, "image-profile": "",
		"connectors-env": "", "connectors-policy": "apply", "connectors-secrets": "",
	}
	for key, value := range change {
		config[key] = value
	}
	return config
}

func TestSettingsDefaults(t *testing.T) {
	t.Parallel()
	got, problems := parseSettings(options(nil), "kc", "shop")
	want := Settings{
		Workers: 1, GroupID: "kc", Namespace: "shop", ServiceType: "ClusterIP", MemoryMiB: 1024,
		Overrides: map[string]string{}, Attached: Attached{Policy: PolicyApply},
	}
	if diff := cmp.Diff(want, got, cmp.FilterPath(isTopics, cmp.Ignore())); diff != "" || problems != nil {
		t.Errorf("problems %v, (-want +got)\n%s", problems, diff)
	}
	if len(got.Topics) != 0 {
		t.Errorf("topics = %q, want none", got.Topics)
	}
}

func isTopics(p cmp.Path) bool { return p.String() == "Topics" }

func TestSettingsRead(t *testing.T) {
	t.Parallel()
	got, problems := parseSettings(options(map[string]any{
		"workers": int64(0), "topics": " a, b\n\tc ", "memory": "1.5G",
		"image-profile": "command=/run it\nconfig-dir = /etc/c\nuser=1001\nkafka=3.9\n",
		"worker-config": "# a comment\n\n sasl.jaas.config = org.x.Login required username=\"u\" password=\"p=\"; \nproducer.anything=1\r\n",
	}), "kc", "shop")
	if problems != nil {
		t.Fatalf("problems: %q", problems)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, got.Topics); diff != "" {
		t.Errorf("topics (-want +got)\n%s", diff)
	}
	want := map[string]string{
		"sasl.jaas.config":  `org.x.Login required username="u" password="p=";`,
		"producer.anything": "1",
	}
	if diff := cmp.Diff(want, got.Overrides); diff != "" {
		t.Errorf("worker-config (-want +got)\n%s", diff)
	}
	wantProfile := kube.Profile{Name: "option image-profile", Command: []string{"/run", "it"}, ConfigDir: "/etc/c", User: 1001, Kafka: kube.Version{Major: 3, Minor: 9}}
	if diff := cmp.Diff(wantProfile, got.Profile); diff != "" {
		t.Errorf("image-profile (-want +got)\n%s", diff)
	}
	if got.Workers != 0 || got.MemoryMiB != 1536 {
		t.Errorf("workers %d, memory %d MiB; want 0 and 1536", got.Workers, got.MemoryMiB)
	}
}

func TestSettingsRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, option string
		value        any
		want         string
	}{
		{"negative workers", "workers", int64(-1), "set it to 0 or more"},
		{"too many workers", "workers", int64(100000), "at most 1000"},
		{"negative replication", "replication-factor", int64(-1), "set it to 0"},
		{"service type", "service-type", "clusterip", "ClusterIP, NodePort or LoadBalancer"},
		{"namespace", "namespace", "My_Space", "lower-case letters"},
		{"topic name", "topics", "good bad/name", `"bad/name" is not a name Kafka takes`},
		{"memory without unit", "memory", "512", "write it as 512M"},
		{"memory too small", "memory", "64M", "from 256M"},
		{"memory in words", "memory", "plenty", "write it as 512M"},
		{"profile key", "image-profile", "entrypoint=/run", "line 1: write command=PROGRAM"},
		{"profile user", "image-profile", "command=/run\nuser=root", "line 2: write command=PROGRAM"},
		{"profile folder", "image-profile", "config-dir=config", "config-dir=/FOLDER"},
		{"profile version", "image-profile", "kafka=new", "kafka=MAJOR.MINOR"},
		{"image with blanks", "image", "a b", "without blanks"},
		{"group with a line break", "group-id", "a\nb", "in one line"},
		{"no equals sign", "worker-config", "ok.key=1\nhunter2", "line 2: write property=value"},
		{"no key", "worker-config", "=hunter2", "line 1: write property=value"},
		{"blank in the key", "worker-config", "two words=hunter2", "line 1: write property=value"},
		{"reserved key", "worker-config", "bootstrap.servers=hunter2", "comes from the relation with Kafka"},
		{"reserved identity", "worker-config", "group.id=hunter2", "set the option group-id instead"},
		{"misspelt key", "worker-config", "key.convertor=hunter2", `did you mean "key.converter"?`},
		{"key given twice", "worker-config", "client.id=a\nclient.id=b", "line 2: client.id stands there twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, problems := parseSettings(options(map[string]any{test.option: test.value}), "kc", "shop")
			if len(problems) != 1 || !strings.Contains(problems[0], test.want) || !strings.Contains(problems[0], "option "+test.option) {
				t.Errorf("problems = %q, want one that names option %s and says %q", problems, test.option, test.want)
			}
			if strings.Contains(strings.Join(problems, " "), "hunter2") {
				t.Errorf("problems show a value, which may be secret: %q", problems)
			}
		})
	}
}

func TestSettingsReportedTogether(t *testing.T) {
	t.Parallel()
	_, problems := parseSettings(options(map[string]any{
		"workers": int64(-1), "memory": "x", "worker-config": "a\nb\ngroup.id=1",
	}), "kc", "shop")
	if len(problems) != 5 {
		t.Errorf("%d problems, want 5: %q", len(problems), problems)
	}
}

func TestPropertiesOrder(t *testing.T) {
	t.Parallel()
	got := properties(
		map[string]string{"key.converter": "layer", "header.converter": "layer", "group.id": "layer"},
		Settings{GroupID: "kc", Overrides: map[string]string{"header.converter": "operator"}},
		topicNames("m.kc."), "k:9092")
	want := map[string]string{
		"key.converter": "layer", "value.converter": "org.apache.kafka.connect.json.JsonConverter", "header.converter": "operator",
		"bootstrap.servers": "k:9092", "group.id": "kc", "config.storage.topic": "m.kc.connectconfigs",
		"offset.storage.topic": "m.kc.connectoffsets", "status.storage.topic": "m.kc.connectstatus", "linger.ms": "0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got)\n%s", diff)
	}
}

func TestBrokerAddress(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		data map[string]string
		want string
	}{
		{"host and port", map[string]string{"host": "kafka-0", "port": "9092", "private-address": "10.0.0.1"}, "kafka-0:9092"},
		{"Juju's address", map[string]string{"private-address": "10.0.0.1", "port": "9092"}, "10.0.0.1:9092"},
		{"newer Juju's address", map[string]string{"ingress-address": "10.0.0.2", "port": "9092"}, "10.0.0.2:9092"},
		{"IPv6", map[string]string{"host": "fd00::1", "port": "9092"}, "[fd00::1]:9092"},
		{"nothing", nil, ""},
		{"no port yet", map[string]string{"host": "kafka-0"}, ""},
		{"a port that is none", map[string]string{"host": "kafka-0", "port": "kafka"}, ""},
		{"a port out of range", map[string]string{"host": "kafka-0", "port": "70000"}, ""},
		{"a port with more behind it", map[string]string{"host": "kafka-0", "port": "9092; rm"}, ""},
		{"a host that would add a property", map[string]string{"host": "a\ngroup.id=b", "port": "9092"}, ""},
		{"several hosts in one", map[string]string{"host": "a,b", "port": "9092"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := brokerAddress(test.data); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestVaultRoundTrip(t *testing.T) {
	t.Parallel()
	want := &vault{
		Worker:     map[string]string{"sasl.jaas.config": "secret"},
		Connectors: map[string]map[string]string{"a": {"password": "ünï\n\"=", "name": "a"}},
	}
	text, err := pack(want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "secret") {
		t.Error("the packed vault can be read by eye")
	}
	got := &vault{}
	if err := unpack(text, got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := unpack("no base64!", got); err == nil {
		t.Error("nonsense was unpacked")
	}
}
