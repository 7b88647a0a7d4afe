package charm_test

// A cluster that the original layer made: what is there before the charm takes it over.

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
	"slices"
	"testing"

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

func newTakeover(t *testing.T, units int, charm string, options ...charmtest.Options) *takeover {
	t.Helper()
	l := newLife(t, world.Options{Model: slices.Concat(options, []charmtest.Options{{}})[0]})
	k := &takeover{life: l, groups: map[string]*connecttest.Cluster{}}
	for name, partitions := range map[string]int{"connectconfigs": 1, "connectoffsets": 50, "connectstatus": 10} {
		l.Must(l.Kafka.CreateTopic(kafka.Topic{Name: "test.connect." + name, Partitions: partitions, ReplicationFactor: 1, Compacted: true}))
	}
	l.Must(l.Deploy("connect", charm, charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "source-file": l.from, "sink-file": l.to,
	}}))
	l.MustIntegrateKafka("connect")
	var err error
	k.remote, err = l.Remote("deployer", "kubernetes", "kubernetes-deployer", 1)
	l.Must(err)
	k.deployer = deployertest.New(k.remote, "deployer/0", k.start)
	t.Cleanup(k.deployer.Close)
	l.Must(l.Integrate("connect:kubernetes", "deployer:kubernetes"))
	l.MustSettle()
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
	k.Must(k.deployer.Apply(published...))
	k.MustSettle()
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
		k.Must(err)
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
	k.Must(err)
	url := "http://" + k.groups[group].Workers()[0].ID() + "/connectors/" + name + "/config"
	request, err := http.NewRequestWithContext(k.t.Context(), http.MethodPut, url, bytes.NewReader(body))
	k.Must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	k.Must(err)
	k.Must(response.Body.Close())
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

// leaveInKubernetes puts what the unit published into Kubernetes, labelled as a kubernetes-deployer does.
func (k *takeover) leaveInKubernetes(label string) {
	k.t.Helper()
	var resources []map[string]any
	k.Must(json.Unmarshal([]byte(k.RelationData("kubernetes", "connect/0")["resource"]), &resources))
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "test"}}
	for _, o := range append([]map[string]any{namespace}, resources...) {
		o["metadata"].(map[string]any)["labels"] = map[string]any{label: k.uuid()}
		path := map[any]string{"Namespace": "/api/v1/namespaces", "ConfigMap": "/api/v1/namespaces/test/configmaps",
			"Service": "/api/v1/namespaces/test/services", "Deployment": "/apis/apps/v1/namespaces/test/deployments"}[o["kind"]]
		body, err := json.Marshal(o)
		k.Must(err)
		request, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.Kube.URL()+path, bytes.NewReader(body))
		k.Must(err)
		request.Header.Set("Authorization", "Bearer admin-token")
		request.Header.Set("Content-Type", "application/json")
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(k.Kube.CA())
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
		response, err := client.Do(request)
		k.Must(err)
		answer, err := io.ReadAll(response.Body)
		k.Must(err)
		k.Must(response.Body.Close())
		client.CloseIdleConnections()
		if response.StatusCode != http.StatusCreated {
			k.t.Fatalf("creating %v: %s: %s", o["kind"], response.Status, answer)
		}
	}
}
