// Package takeover lets the charm take over a cluster that the original layer made, with real
// brokers and real Connect workers: a JVM each. Juju is the embedded one of charmtest, and
// deployertest plays the charm that applies manifests.
package takeover

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/deployertest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

// world is a model with a former cluster in it.
type world struct {
	*reality.Model
	dir          string
	from, to     string
	brokers      *realkafka.Brokers
	admin        *kafka.Admin
	former, ours *realkafka.Kafka // whose workers
	deployer     *deployertest.Deployer
	started      []string // group.id of each worker, in order
	last         *realkafka.Worker
	lines        []string // written to the source so far
}

// TestTakeover: former workers of the oldest release, ours of each chosen one. Every line is in the
// sink once, whether it was written before, while nobody worked, or after.
func TestTakeover(t *testing.T) {
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) {
			w := newWorld(t, version)
			w.Scene("the former charm's cluster", w.layFormer)
			var before string
			w.Scene("its connectors", func() {
				w.register("connect-source", map[string]string{"connector.class": "FileStreamSource", "file": w.from, "topic": "lines"})
				w.register("connect-sink", map[string]string{"connector.class": "FileStreamSink", "file": w.to, "topics": "lines"})
				w.write("one", "two", "three")
				w.wantAllOnce()
				w.Eventually(func() string { // a flush a second
					before = w.position()
					if before == "" {
						return "the source has no offset yet"
					}
					return ""
				})
			})
			w.Scene("refresh", func() {
				w.Must(w.Refresh("connect", w.FileCharm("../../examples/kafka-connect-file")))
				w.MustSettle()
				w.WantStatus("waiting: taking over: waiting for the former charm's workers to stop")
			})
			w.Scene("the former workers stop", func() {
				w.apply()
				if running := w.deployer.Running(); len(running) > 0 {
					t.Errorf("deployments with workers: %q", running)
				}
				w.write("written while nobody works")
			})
			w.Scene("ours start", func() {
				for range 3 {
					w.apply()
				}
				w.WantStatus("active: 1 worker, 2 connectors")
				w.write("four", "five")
				w.wantAllOnce()
			})
			w.Scene("no offset is lost, and there is one group", func() {
				w.Eventually(func() string {
					if now := w.position(); now == "" || now == before {
						return "the source stands at " + now + ", as before"
					}
					return ""
				})
				if want := "connect-0 connect-0"; strings.Join(w.started, " ") != want {
					t.Errorf("workers were started in groups %q, want %s", w.started, want)
				}
				group, err := w.admin.Group(t.Context(), "connect")
				w.Must(err)
				if len(group.Members) > 0 {
					t.Errorf("a second group has %d members", len(group.Members))
				}
			})
			w.Scene("actions", w.act)
		})
	}
}

func newWorld(t *testing.T, version string) *world {
	t.Helper()
	dir := reality.Folder(t)
	w := &world{dir: dir, from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt")}
	var err error
	if w.former, err = realkafka.Get(t.Context(), realkafka.Versions()[0], t.Logf); err != nil {
		t.Fatal(err)
	}
	if w.ours, err = realkafka.Get(t.Context(), version, t.Logf); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if w.brokers, err = w.ours.StartBrokers(ctx, dir, realkafka.BrokerOptions{Brokers: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.brokers.Close)
	w.admin = kafka.Open(kafka.Config{Brokers: w.brokers.Addrs()})
	t.Cleanup(w.admin.Close)
	w.Model = reality.New(t, "real")
	return w
}

// layFormer makes what the original layer leaves: topics, workers, a request on the relation.
func (w *world) layFormer() {
	w.Must(w.admin.Create(w.T.Context(),
		kafka.Topic{Name: "real.connect.connectconfigs", Partitions: 1, ReplicationFactor: 1, Compacted: true},
		kafka.Topic{Name: "real.connect.connectoffsets", Partitions: 50, ReplicationFactor: 1, Compacted: true},
		kafka.Topic{Name: "real.connect.connectstatus", Partitions: 10, ReplicationFactor: 1, Compacted: true}))
	w.Must(w.Deploy("connect", "../../charm/testdata/python-charm", charmtest.DeployOptions{Config: map[string]any{
		"topics": "lines", "source-file": w.from, "sink-file": w.to,
	}}))
	w.Kafka(w.brokers.Addrs())
	remote, err := w.Remote("deployer", "kubernetes", "kubernetes-deployer", 1)
	w.Must(err)
	w.deployer = deployertest.New(remote, "deployer/0", w.start)
	w.T.Cleanup(w.deployer.Close)
	w.Must(w.Integrate("connect:kubernetes", "deployer:kubernetes"))
	w.MustSettle()
	w.apply()
}

type worker struct{ *realkafka.Worker }

func (k worker) Addr() string { return strings.TrimPrefix(k.URL, "http://") }

// start changes what an address on this machine makes necessary, and nothing else.
func (w *world) start(deployment string, properties map[string]string) (deployertest.Worker, error) {
	properties = maps.Clone(properties)
	delete(properties, "plugin.path") // the image's; here FileStream is on the class path
	release := w.ours
	if strings.HasPrefix(deployment, "depl-") {
		release = w.former
	}
	w.started = append(w.started, properties["group.id"])
	ctx, cancel := context.WithTimeout(w.T.Context(), 2*time.Minute)
	defer cancel()
	started, err := release.StartWorker(ctx, w.dir, fmt.Sprintf("%s-%d", deployment, len(w.started)), properties)
	if err != nil {
		return nil, err
	}
	w.last = started
	return worker{started}, nil
}

func (w *world) apply() {
	w.T.Helper()
	w.Must(w.deployer.Apply(w.RelationData("kubernetes", "connect/0")))
	w.MustSettle()
}

func (w *world) register(name string, config map[string]string) {
	w.T.Helper()
	body, err := json.Marshal(config)
	w.Must(err)
	if code, answer := w.ask(http.MethodPut, "/connectors/"+name+"/config", string(body)); code != http.StatusCreated {
		w.T.Fatalf("registering %s: %d %s", name, code, answer)
	}
}

// act runs actions that look at workers, and those that stop and register.
func (w *world) act() {
	w.wantResult("worker-config", map[string]any{"key": "group.id"}, "properties", "group.id=connect-0  # the former charm's workers")
	w.wantResult("list-plugins", map[string]any{"type": "source"}, "source", "org.apache.kafka.connect.file.FileStreamSourceConnector "+w.ours.Version)
	w.wantResult("stop-connector", map[string]any{"name": "connect-sink"}, "result", "connector connect-sink is stopped")
	w.Eventually(func() string {
		if got := w.Run("connect/0", "connector-status", map[string]any{"name": "connect-sink"})["state"]; got != "STOPPED" {
			return fmt.Sprint("connect-sink is ", got)
		}
		return ""
	})
	w.wantResult("list-tasks", map[string]any{"name": "connect-sink"}, "count", "0")
	w.write("while the sink is stopped")
	w.wantResult("resume-connector", map[string]any{"name": "connect-sink"}, "result", "connector connect-sink is resumed")
	w.wantAllOnce()
	config := `{"connector.class": "FileStreamSink", "topics": "lines", "tasks.max": 1, "file": "` + w.to + `.copy"}`
	w.wantResult("register-connector", map[string]any{"name": "copy", "config": config}, "result", "connector copy is created")
	w.wantResult("register-connector", map[string]any{"name": "copy", "config": config}, "result", "connector copy is registered")
	w.wantResult("unregister-connector", map[string]any{"name": "copy"}, "result", "connector copy is unregistered, its offsets stay")
	w.wantResult("list-connectors", map[string]any{"state": "failed"}, "count", "0")
}

func (w *world) wantResult(action string, params map[string]any, key, want string) {
	w.T.Helper()
	results := w.Run("connect/0", action, params)
	if got := fmt.Sprint(results[key]); !strings.Contains(got, want) {
		w.T.Errorf("action %s gives %s=%q, want %q; all of it: %v", action, key, got, want, results)
	}
}

// position is where the source stands in its file, as its worker says; "" while it does not.
func (w *world) position() string {
	w.T.Helper()
	code, answer := w.ask(http.MethodGet, "/connectors/connect-source/offsets", "")
	var told struct {
		Offsets []struct {
			Offset map[string]json.Number `json:"offset"`
		} `json:"offsets"`
	}
	if code != http.StatusOK || json.Unmarshal([]byte(answer), &told) != nil || len(told.Offsets) != 1 {
		return ""
	}
	return told.Offsets[0].Offset["position"].String()
}

// ask asks the worker that was started last.
func (w *world) ask(method, path, body string) (int, string) {
	w.T.Helper()
	return w.Ask(method, w.last.URL+path, body)
}

func (w *world) write(lines ...string) {
	w.T.Helper()
	w.Append(w.from, lines...)
	w.lines = append(w.lines, lines...)
}

// wantAllOnce waits until the sink holds all that was written, in order, and nothing twice.
func (w *world) wantAllOnce() {
	w.T.Helper()
	w.WantOnly(w.to, w.lines...)
}
