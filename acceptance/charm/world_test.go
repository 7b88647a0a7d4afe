// Package charm runs the compiled file charm against real Kafka brokers and real
// Connect workers. Juju and Kubernetes are the embedded ones of charmtest; every
// pod that the charm applies is a worker's JVM, which reads the properties that
// are mounted into it.
package charm

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled by deploy; imported so that go.mod knows what that needs.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

// reality is a model whose Kafka and Connect are real.
type reality struct {
	*charmtest.Model
	t        *testing.T
	brokers  *realkafka.Brokers
	kube     *kubetest.Server
	pods     *pods
	from, to string
}

func newReality(t *testing.T, kafka *realkafka.Kafka, brokers int) *reality {
	t.Helper()
	dir, err := os.MkdirTemp("", "real-")
	if err != nil {
		t.Fatal(err)
	}
	r := &reality{t: t, from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt")}
	r.pods = &pods{kafka: kafka, dir: dir, running: map[string]*pod{}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r.brokers, err = kafka.StartBrokers(ctx, dir, realkafka.BrokerOptions{Brokers: brokers})
	r.must(err)
	t.Cleanup(r.brokers.Close)
	r.kube, err = kubetest.Start(kubetest.Options{Runtime: r.pods})
	r.must(err)
	t.Cleanup(r.kube.Close)
	r.Model, err = charmtest.New(charmtest.Options{Name: "real"})
	r.must(err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what happened:\n%s\n%s\nlogs are in %s", r.Journal().Detail(), r.Status(), dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// deploy brings the file charm to where its connectors run.
func (r *reality) deploy(units int) {
	r.t.Helper()
	dir := r.t.TempDir()
	r.must(layers.Make(r.t.Context(), dir, "../../examples/kafka-connect-file"))
	r.must(charmtest.Build(r.t.Context(), "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file/dispatch", filepath.Join(dir, "dispatch")))
	r.must(r.Deploy("connect", dir, charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "kubeconfig": string(r.kube.Kubeconfig()), "source-file": r.from, "sink-file": r.to,
		"worker-config": "offset.flush.interval.ms=1000\nscheduled.rebalance.max.delay.ms=0\nplugin.discovery=service_load",
	}}))
	remote, err := r.Remote("kafka", "client", "kafka", len(r.brokers.Addrs()))
	r.must(err)
	for i, address := range r.brokers.Addrs() {
		host, port, err := net.SplitHostPort(address)
		r.must(err)
		r.must(remote.SetUnitData(fmt.Sprintf("kafka/%d", i), map[string]string{"host": host, "port": port}))
	}
	r.must(r.Integrate("connect:kafka", "kafka:client"))
	r.settle()
}

func (r *reality) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *reality) settle() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Minute)
	defer cancel()
	r.must(r.Settle(ctx))
}

// eventually asks until nothing is wrong, for a minute.
func (r *reality) eventually(wrong func() string) {
	r.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for why := wrong(); why != ""; why = wrong() {
		if time.Now().After(deadline) {
			r.t.Errorf("after a minute: %s", why)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// pods starts a worker for each pod.
type pods struct {
	kafka *realkafka.Kafka
	dir   string

	mu      sync.Mutex
	starts  int
	running map[string]*pod
}

// StartPod changes what an address on this machine makes necessary, and nothing else.
func (p *pods) StartPod(ctx context.Context, described kubetest.Pod) (kubetest.Running, error) {
	properties, err := world.Mounted(described.Files)
	if err != nil {
		return nil, err
	}
	properties = maps.Clone(properties)
	properties["rest.advertised.host.name"] = "127.0.0.1"
	delete(properties, "listeners")   // every worker needs a port of its own here
	delete(properties, "plugin.path") // the image's; here FileStream is on the class path
	p.mu.Lock()
	p.starts++
	name := fmt.Sprintf("%s-%d", described.Name, p.starts)
	p.mu.Unlock()
	worker, err := p.kafka.StartWorker(ctx, p.dir, name, properties)
	if err != nil {
		return nil, err
	}
	started := &pod{p, name, worker}
	p.mu.Lock()
	p.running[name] = started
	p.mu.Unlock()
	return started, nil
}

func (p *pods) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.running)
}

type pod struct {
	pods   *pods
	name   string
	worker *realkafka.Worker
}

func (p *pod) Ready() bool  { return true } // StartWorker has seen it answer
func (p *pod) Addr() string { return strings.TrimPrefix(p.worker.URL, "http://") }
func (p *pod) Stop() {
	p.worker.Stop()
	p.pods.mu.Lock()
	defer p.pods.mu.Unlock()
	delete(p.pods.running, p.name)
}
