package charm_test

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// deployer plays a kubernetes-deployer: it reads the request of one unit and
// answers as that charm does, with Connect workers behind the node port.
type deployer struct {
	life    *life
	remote  *charmtest.RemoteApp
	cluster *connecttest.Cluster
	workers []*connecttest.Worker
}

func newDeployer(l *life) *deployer {
	l.t.Helper()
	remote, err := l.Remote("deployer", "kubernetes", "kubernetes-deployer", 1)
	l.Must(err)
	d := &deployer{life: l, remote: remote, cluster: connecttest.NewCluster(connecttest.Options{
		Store: l.Store, ConfigTopic: "test.connect.connectconfigs", Group: "connect",
	})}
	l.t.Cleanup(d.cluster.Close)
	return d
}

// request is what a unit asks for; nil when it asks for nothing.
func (d *deployer) request(unit string) (resources []map[string]any) {
	d.life.t.Helper()
	text := d.life.RelationData("kubernetes", unit)["resource"]
	if text == "" {
		return nil
	}
	d.life.Must(json.Unmarshal([]byte(text), &resources))
	return resources
}

// apply answers a unit's request as if everything had been rolled out.
func (d *deployer) apply(unit string) {
	d.life.t.Helper()
	resources := d.request(unit)
	var status []map[string]any
	slices.Reverse(resources) // the workload first: the Service's port is a worker's
	for _, r := range resources {
		spec, _ := r["spec"].(map[string]any)
		switch r["kind"] {
		case "Deployment":
			n := int(spec["replicas"].(float64))
			d.scale(n)
			r["status"] = map[string]any{"observedGeneration": 1, "replicas": n, "readyReplicas": n, "updatedReplicas": n, "availableReplicas": n}
			r["metadata"].(map[string]any)["generation"] = 1
		case "Service":
			spec["ports"].([]any)[0].(map[string]any)["nodePort"] = d.port()
		}
		status = append(status, r)
	}
	text, err := json.Marshal(status)
	d.life.Must(err)
	d.life.Must(d.remote.SetUnitData("deployer/0", map[string]string{"status": string(text), "workers": `["127.0.0.1"]`}))
	d.life.MustSettle()
}

func (d *deployer) scale(n int) {
	d.life.t.Helper()
	for len(d.workers) < n {
		w, err := d.cluster.Listen()
		d.life.Must(err)
		d.workers = append(d.workers, w)
	}
	for len(d.workers) > n {
		d.workers[len(d.workers)-1].Leave()
		d.workers = d.workers[:len(d.workers)-1]
	}
}

func (d *deployer) port() int {
	if len(d.workers) == 0 {
		return 30000
	}
	_, port, err := net.SplitHostPort(d.workers[0].ID())
	d.life.Must(err)
	var n int
	_, err = fmt.Sscan(port, &n)
	d.life.Must(err)
	return n
}

// TestDeployerRelation: no kubeconfig; another charm applies what we publish.
func TestDeployerRelation(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{Units: 2, Config: map[string]any{
		"topics": "lines", "source-file": l.from, "sink-file": l.to,
	}}))
	l.MustIntegrateKafka("connect")
	l.MustSettle()
	leader := l.Leader("connect")
	l.wantStatus(leader, "blocked: no way to Kubernetes: juju integrate connect:kubernetes with a kubernetes-deployer, or set option kubeconfig")

	d := newDeployer(l)
	l.Must(l.Integrate("connect:kubernetes", "deployer:kubernetes"))
	l.MustSettle()
	l.wantStatus(leader, `waiting: waiting for the charm at the relation "kubernetes" to apply the workers`)
	d.wantRequest(leader)
	for _, unit := range l.Units("connect") {
		if unit != leader && d.request(unit) != nil {
			t.Errorf("%s, who does not lead, publishes a request", unit)
		}
	}
	d.apply(leader)
	l.wantStatus(leader, runningStatus)
	l.wantConnectors("connect-sink running", "connect-source running")
	l.wantBytes("over the relation")

	l.step("an answer that is an error", func() {
		l.Must(d.remote.SetUnitData("deployer/0", map[string]string{"status": `{"error": "no quota left"}`}))
		l.Must(l.Configure("connect", map[string]any{"workers": 2}))
		l.MustSettle()
		l.wantStatus(leader, "blocked: deployer/0 could not apply the workers: no quota left")
		l.Must(d.remote.SetUnitData("deployer/0", map[string]string{"status": `nonsense`}))
		l.MustSettle()
		if got := l.status(leader); !strings.HasPrefix(got, "waiting: deployer/0 wrote a status that cannot be read") {
			t.Errorf("status is %q", got)
		}
		d.apply(leader)
		l.wantStatus(leader, "active: 2 workers, 2 connectors")
	})
	l.step("the leader changes", func() {
		others := l.Units("connect")
		next := others[0]
		if next == leader {
			next = others[1]
		}
		l.Must(l.SetLeader("connect", next))
		l.MustSettle()
		if d.request(leader) != nil {
			t.Errorf("the former leader %s still publishes a request", leader)
		}
		leader = next
		d.wantRequest(leader)
		d.apply(leader)
		l.wantStatus(leader, "active: 2 workers, 2 connectors")
	})
	l.step("the relation goes", func() {
		l.Must(l.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
		l.MustSettle()
		l.wantStatus(leader, "blocked: no way to Kubernetes: juju integrate connect:kubernetes with a kubernetes-deployer, or set option kubeconfig")
		l.wantConnectors() // unregistered while the workers still answered
	})
}

func (d *deployer) wantRequest(unit string) {
	d.life.t.Helper()
	var kinds []string
	for _, r := range d.request(unit) {
		kinds = append(kinds, r["kind"].(string))
	}
	if diff := cmp.Diff([]string{"Secret", "Service", "Deployment"}, kinds); diff != "" {
		d.life.t.Errorf("%s asks for (-want +got)\n%s", unit, diff)
	}
	sum := md5.Sum([]byte(d.life.UUID() + "connect"))
	data := d.life.RelationData("kubernetes", unit)
	for key, want := range map[string]string{"uuid": hex.EncodeToString(sum[:]), "model_uuid": d.life.UUID(), "juju_unit": "connect"} {
		if got, _ := json.Marshal(want); data[key] != string(got) {
			d.life.t.Errorf("%s of %s is %s, want %s", key, unit, data[key], got)
		}
	}
}

// TestWebsite: a proxy learns the Service's name and port, from the leader only.
func TestWebsite(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	_, err := l.Remote("haproxy", "reverseproxy", "http", 1)
	l.Must(err)
	l.Must(l.Integrate("connect:website", "haproxy:reverseproxy"))
	l.MustSettle()
	got := l.RelationData("website", leader)
	want := map[string]string{"hostname": "connect-connect.test.svc", "port": "8083"}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %q, want %q", key, got[key], value)
		}
	}
	next := l.Units("connect")[1]
	l.Must(l.SetLeader("connect", next))
	l.MustSettle()
	if port := l.RelationData("website", leader)["port"]; port != "" {
		t.Errorf("the former leader still says port %q", port)
	}
	if port := l.RelationData("website", next)["port"]; port != "8083" {
		t.Errorf("the next leader says port %q", port)
	}
}

// TestJuju2 has no Juju secrets and no goal but the same life: what must not be lost stands in a
// Kubernetes Secret, and goes with the application.
func TestJuju2(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Model: charmtest.Options{JujuVersion: "2.9.42"}})
	l.deploy(2)
	leader := l.Leader("connect")
	l.wantStatus(leader, runningStatus)
	if secrets := l.Secrets(); len(secrets) > 0 {
		t.Errorf("Juju secrets %v in a Juju that has none", secrets)
	}
	if !slices.Contains(l.MustSnapshot().Objects, "secrets/test/connect-connect-memory") {
		t.Errorf("no Secret keeps the connectors: %q", l.MustSnapshot().Objects)
	}
	l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors()
	l.Must(l.Integrate("connect:kafka", "kafka:client"))
	l.MustSettle()
	l.wantConnectors("connect-sink running", "connect-source running")
	l.Must(l.RemoveApplication("connect"))
	l.MustSettle()
	if left := l.MustSnapshot().Objects; len(left) > 0 {
		t.Errorf("left in Kubernetes: %q", left)
	}
}
