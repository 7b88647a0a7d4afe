// Package charm runs the compiled file charm against real Kafka brokers and real
// Connect workers. Juju and Kubernetes are the embedded ones of charmtest; every
// pod that the charm applies is a worker's JVM, which reads the properties that
// are mounted into it.
package charm

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	charmworld "github.com/connectcharm/kafka-connect-base/charmtest/world"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

// world is a model whose Kafka and Connect are real.
type world struct {
	*reality.Model
	brokers  *realkafka.Brokers
	kube     *kubetest.Server
	pods     *pods
	from, to string
	looks    int // at the worker's log
}

// eachRelease plays a life on every release of KAFKA_VERSIONS, with one broker.
func eachRelease(t *testing.T, live func(*world)) {
	t.Helper()
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) {
			release, err := realkafka.Get(t.Context(), version, t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			live(newWorld(t, release, 1))
		})
	}
}

func newWorld(t *testing.T, kafka *realkafka.Kafka, brokers int) *world {
	t.Helper()
	dir := reality.Folder(t)
	w := &world{from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt")}
	w.pods = &pods{kafka: kafka, dir: dir, running: map[string]*pod{}}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var err error
	if w.brokers, err = kafka.StartBrokers(ctx, dir, realkafka.BrokerOptions{Brokers: brokers}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.brokers.Close)
	if w.kube, err = kubetest.Start(kubetest.Options{Runtime: w.pods}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.kube.Close)
	w.Model = reality.New(t, "real")
	return w
}

// workerConfig is the option worker-config of every life: workers that wait for nothing.
const workerConfig = "offset.flush.interval.ms=1000\nscheduled.rebalance.max.delay.ms=0\nplugin.discovery=service_load"

// deploy brings the file charm to where its connectors run, if nothing is in its way.
func (w *world) deploy(units int) {
	w.T.Helper()
	w.Must(w.Deploy("connect", w.FileCharm("../../examples/kafka-connect-file"), charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "kubeconfig": string(w.kube.Kubeconfig()), "source-file": w.from, "sink-file": w.to,
		"worker-config": workerConfig,
	}}))
	w.Kafka(w.brokers.Addrs())
	w.MustSettle()
}

func (w *world) updateStatus() {
	w.T.Helper()
	w.Must(w.UpdateStatus("connect"))
	w.MustSettle()
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
	properties, err := charmworld.Mounted(described.Files)
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
