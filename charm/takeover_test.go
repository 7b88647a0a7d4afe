package charm_test

// Taking over a cluster that the original layer made, by juju refresh.

import (
	"bytes"
	"crypto/md5"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/deployertest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// takeover is a life that began with the original layer: its topics exist, another
// charm applies its workers, and they run a connector.
type takeover struct {
	*life
	deployer *deployertest.Deployer
	remote   *charmtest.RemoteApp
	groups   map[string]*connecttest.Cluster
	most     int // Connect groups that ever had workers at once
}

const pythonCharm = "testdata/python-charm"

func newTakeover(t *testing.T, units int, charm string) *takeover {
	t.Helper()
	l := newLife(t, world.Options{})
	k := &takeover{life: l, groups: map[string]*connecttest.Cluster{}}
	for name, partitions := range map[string]int{"connectconfigs": 1, "connectoffsets": 50, "connectstatus": 10} {
		l.must(l.Kafka.CreateTopic(kafka.Topic{Name: "test.connect." + name, Partitions: partitions, ReplicationFactor: 1, Compacted: true}))
	}
	l.must(l.Deploy("connect", charm, charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "source-file": l.from, "sink-file": l.to,
	}}))
	_, err := l.AddKafka("kafka")
	l.must(err)
	l.must(l.Integrate("connect:kafka", "kafka:client"))
	k.remote, err = l.Remote("deployer", "kubernetes", "kubernetes-deployer", 1)
	l.must(err)
	k.deployer = deployertest.New(k.remote, "deployer/0", k.start)
	t.Cleanup(k.deployer.Close)
	l.must(l.Integrate("connect:kubernetes", "deployer:kubernetes"))
	l.settle()
	k.apply()
	return k
}

func (k *takeover) uuid() string {
	sum := md5.Sum([]byte(k.UUID() + "connect"))
	return hex.EncodeToString(sum[:])
}

// apply lets the other charm apply what all units publish, and hooks run.
func (k *takeover) apply() {
	k.t.Helper()
	var published []map[string]string
	for _, unit := range k.Units("connect") {
		published = append(published, k.RelationData("kubernetes", unit))
	}
	k.must(k.deployer.Apply(published...))
	k.settle()
}

// applyAll lets it happen until nothing more comes of it.
func (k *takeover) applyAll() {
	k.t.Helper()
	for before := ""; ; {
		k.apply()
		now := fmt.Sprint(k.deployer.Running(), k.RelationData("kubernetes", k.Leader("connect")))
		if now == before {
			return
		}
		before = now
	}
}

type takeoverWorker struct {
	*connecttest.Worker
	left func()
}

func (w takeoverWorker) Addr() string { return w.ID() }
func (w takeoverWorker) Stop()        { w.Leave(); w.left() }

// start is a worker that joins the group its properties name, where Kafka sees it.
func (k *takeover) start(_ string, p map[string]string) (deployertest.Worker, error) {
	id := p["group.id"]
	if k.groups[id] == nil {
		k.groups[id] = connecttest.NewCluster(connecttest.Options{Store: k.Store, Group: id,
			ConfigTopic: p["config.storage.topic"], OffsetTopic: p["offset.storage.topic"], StatusTopic: p["status.storage.topic"]})
		k.t.Cleanup(k.groups[id].Close)
	}
	w, err := k.groups[id].Listen()
	if err != nil {
		return nil, err
	}
	k.tellKafka(id)
	return takeoverWorker{w, func() { k.tellKafka(id) }}, nil
}

func (k *takeover) tellKafka(id string) {
	var members []kafka.Member
	for _, w := range k.groups[id].Workers() {
		host, _, err := net.SplitHostPort(w.ID())
		k.must(err)
		members = append(members, kafka.Member{ClientID: "connect", Host: "/" + host})
	}
	k.Kafka.SetGroup(id, kafka.Group{State: "Stable", ProtocolType: "connect", Members: members})
	now := 0
	for _, g := range k.groups {
		now += min(len(g.Workers()), 1)
	}
	k.most = max(k.most, now)
}

// register is what the original's upper layer, or a person, registered.
func (k *takeover) register(group, name string, config map[string]string) {
	k.t.Helper()
	body, err := json.Marshal(config)
	k.must(err)
	url := "http://" + k.groups[group].Workers()[0].ID() + "/connectors/" + name + "/config"
	request, err := http.NewRequestWithContext(k.t.Context(), http.MethodPut, url, bytes.NewReader(body))
	k.must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	k.must(err)
	k.must(response.Body.Close())
	if response.StatusCode != http.StatusCreated {
		k.t.Fatalf("registering %s: %s", name, response.Status)
	}
}

func (k *takeover) wantRunning(want ...string) {
	k.t.Helper()
	if diff := cmp.Diff(want, k.deployer.Running()); diff != "" {
		k.t.Errorf("deployments with workers (-want +got)\n%s", diff)
	}
}

// TestTakeover: the same group, the same topics, no task twice, no connector written anew.
func TestTakeover(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 2, pythonCharm)
	leader := k.Leader("connect")
	k.wantRunning("depl-" + k.uuid())
	group := strings.ReplaceAll(leader, "/", "-")
	k.register(group, "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.register(group, "connect-sink", map[string]string{"connector.class": "FileStreamSink", "file": k.to, "topics": "lines"})
	k.register(group, "by-hand", map[string]string{"connector.class": "FileStreamSink", "file": k.to + "2", "topics": "lines"})
	k.wantBytes("before")
	writes := len(k.groups[group].Writes())

	k.must(k.Refresh("connect", fileCharm))
	k.settle()
	k.wantStatus(leader, "waiting: taking over: waiting for the former charm's workers to stop")
	k.apply()
	k.wantRunning()
	k.applyAll()
	k.wantStatus(leader, "active: 1 worker, 3 connectors")
	k.wantRunning("connect-connect")
	k.wantConnectors("by-hand running", "connect-sink running", "connect-source running")
	k.wantBytes("after") // each line is in the sink once: the source went on at its offset
	k.wantBytes("before")
	if k.most != 1 || len(k.groups) != 1 {
		t.Errorf("%d Connect groups worked on one set of topics, at most %d at once", len(k.groups), k.most)
	}
	if again := k.groups[group].Writes()[writes:]; len(again) > 0 {
		t.Errorf("connectors were written anew: %v", again)
	}
	k.step("the rest of a life", func() {
		shown := k.run(leader, "worker-config", map[string]any{"key": "group.id"}).Results["properties"]
		if want := "group.id=" + group + "  # the former charm's workers"; shown != want {
			t.Errorf("worker-config shows %q, want %q", shown, want)
		}
		k.must(k.RemoveRelation("connect:kafka", "kafka:client"))
		k.settle()
		k.wantConnectors()
		k.must(k.Integrate("connect:kafka", "kafka:client"))
		k.settle()
		k.applyAll()
		k.wantConnectors("by-hand running", "connect-sink running", "connect-source running")
		k.must(k.SetLeader("connect", k.other()))
		k.settle()
		k.applyAll()
		k.wantStatus(k.Leader("connect"), "active: 1 worker, 3 connectors")
		if k.most != 1 {
			t.Errorf("%d Connect groups worked at once", k.most)
		}
	})
}

// TestTakeoverByAnother: the unit that published the former workers no longer leads when the charm is refreshed.
func TestTakeoverByAnother(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 2, pythonCharm)
	group := strings.ReplaceAll(k.Leader("connect"), "/", "-")
	k.register(group, "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.must(k.SetLeader("connect", k.other()))
	k.must(k.Refresh("connect", fileCharm))
	k.settle()
	k.applyAll()
	k.wantStatus(k.Leader("connect"), "active: 1 worker, 2 connectors")
	k.wantRunning("connect-connect")
	k.wantBytes("by another")
	if k.most != 1 || len(k.groups) != 1 {
		t.Errorf("%d Connect groups worked on one set of topics, at most %d at once", len(k.groups), k.most)
	}
}

// TestTakeoverWithoutRelation: only Kafka tells that former workers are there; somebody has to stop them.
func TestTakeoverWithoutRelation(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.register("connect-0", "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.must(k.Refresh("connect", fileCharm))
	k.must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	k.settle()
	k.wantStatus("connect/0", `blocked: the former charm's workers are applied through the relation "kubernetes", and would be again: `+
		`juju remove-relation connect:kubernetes with that charm`)
	k.must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.settle()
	if got, want := k.status("connect/0"), `blocked: the former charm's workers still run, 1 in Kafka group "connect-0", at `; !strings.HasPrefix(got, want) ||
		!strings.HasSuffix(got, ": kubectl delete deployment,service,configmap -A -l juju-app="+k.uuid()) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	if kube := k.snapshot().Objects; len(kube) > 0 {
		t.Errorf("applied beside the former workers: %q", kube)
	}
	k.deployer.Close()
	k.must(k.UpdateStatus("connect"))
	k.settle()
	k.wantStatus("connect/0", runningStatus)
	if got := k.snapshot().Properties["connect-connect"]["group.id"]; got != "connect-0" {
		t.Errorf("our workers are in group %q, want the former one's", got)
	}
}

// TestTakeoverByKubeconfig: nobody applies the former workers any more, and the charm's own account finds them.
func TestTakeoverByKubeconfig(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.register("connect-0", "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.leaveInKubernetes("juju-app")
	k.must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.settle()
	k.must(k.Refresh("connect", fileCharm))
	k.must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	ended := make(chan struct{})
	go func() { // what Kubernetes does when the Deployment is deleted
		defer close(ended)
		for left := 1; left > 0 && t.Context().Err() == nil; time.Sleep(5 * time.Millisecond) {
			if list, err := k.Kube.Objects("deployments", "test"); err == nil {
				left = len(list)
			}
		}
		k.deployer.Close()
	}()
	k.settle()
	<-ended
	k.wantStatus("connect/0", runningStatus)
	k.wantBytes("after")
	if s := k.snapshot(); s.Properties["connect-connect"]["group.id"] != "connect-0" || slices.Contains(s.Objects, "services/test/svc-"+k.uuid()) {
		t.Errorf("group.id is %q, and in Kubernetes there are %q", s.Properties["connect-connect"]["group.id"], s.Objects)
	}
	if left, err := k.Kube.Objects("configmaps", "test"); err != nil || len(left) > 0 {
		t.Errorf("configmaps %v are left, %v", left, err)
	}
}

// Objects of those names without that label are nobody's to delete.
func TestTakeoverOfUnlabelled(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.leaveInKubernetes("app")
	k.must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.settle()
	k.must(k.Refresh("connect", fileCharm))
	k.must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	k.settle()
	if got, want := k.status("connect/0"), `blocked: the former charm's workers still run, 1 in Kafka group "connect-0"`; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	for _, call := range k.Kube.Calls() {
		if call.Verb == "delete" {
			t.Errorf("deleted %+v", call)
		}
	}
}

// leaveInKubernetes puts what the unit published into Kubernetes, labelled as a kubernetes-deployer does.
func (k *takeover) leaveInKubernetes(label string) {
	k.t.Helper()
	var resources []map[string]any
	k.must(json.Unmarshal([]byte(k.RelationData("kubernetes", "connect/0")["resource"]), &resources))
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "test"}}
	for _, o := range append([]map[string]any{namespace}, resources...) {
		o["metadata"].(map[string]any)["labels"] = map[string]any{label: k.uuid()}
		path := map[any]string{"Namespace": "/api/v1/namespaces", "ConfigMap": "/api/v1/namespaces/test/configmaps",
			"Service": "/api/v1/namespaces/test/services", "Deployment": "/apis/apps/v1/namespaces/test/deployments"}[o["kind"]]
		body, err := json.Marshal(o)
		k.must(err)
		request, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.Kube.URL()+path, bytes.NewReader(body))
		k.must(err)
		request.Header.Set("Authorization", "Bearer admin-token")
		request.Header.Set("Content-Type", "application/json")
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(k.Kube.CA())
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		response, err := client.Do(request)
		k.must(err)
		answer, err := io.ReadAll(response.Body)
		k.must(err)
		k.must(response.Body.Close())
		client.CloseIdleConnections()
		if response.StatusCode != http.StatusCreated {
			k.t.Fatalf("creating %v: %s: %s", o["kind"], response.Status, answer)
		}
	}
}

// TestTakeoverRefused: what ours could not go on from is left as it runs.
func TestTakeoverRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, want string }{
		"other topics":   {"offset.storage.topic=${topic}offsets", "offset.storage.topic=offsets", "its workers have offset.storage.topic=offsets, ours would have test.connect.connectoffsets and start from nothing"},
		"older encoding": {"internal.value.converter.schemas.enable=false", "internal.value.converter.schemas.enable=true", "its workers write offsets by internal.value.converter in a form that Kafka 3 no longer reads: only JSON without schemas can be taken over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charm := t.TempDir()
			if err := os.CopyFS(charm, os.DirFS(pythonCharm)); err != nil {
				t.Fatal(err)
			}
			script, err := os.ReadFile(filepath.Join(pythonCharm, "dispatch"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(charm, "dispatch"), []byte(strings.Replace(string(script), test.from, test.to, 1)), 0o755); err != nil {
				t.Fatal(err)
			}
			k := newTakeover(t, 1, charm)
			request := k.RelationData("kubernetes", "connect/0")["resource"]
			k.must(k.Refresh("connect", fileCharm))
			k.settle()
			k.wantStatus("connect/0", "blocked: cannot take over from the former charm: "+test.want)
			if now := k.RelationData("kubernetes", "connect/0")["resource"]; now != request || !strings.Contains(now, test.to) {
				t.Errorf("the request was changed from\n%s\nto\n%s", request, now)
			}
		})
	}
}
