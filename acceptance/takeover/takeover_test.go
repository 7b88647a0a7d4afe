// Package takeover lets the charm take over a cluster that the original layer made, with real
// brokers and real Connect workers: a JVM each. Juju is the embedded one of charmtest, and
// deployertest plays the charm that applies manifests.
package takeover

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/deployertest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled by the test; imported so that go.mod knows what that needs.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

// reality is a model with a former cluster in it.
type reality struct {
	*charmtest.Model
	t            *testing.T
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
			r := newReality(t, version)
			r.scene("the former charm's cluster", r.layFormer)
			var before string
			r.scene("its connectors", func() {
				r.register("connect-source", map[string]string{"connector.class": "FileStreamSource", "file": r.from, "topic": "lines"})
				r.register("connect-sink", map[string]string{"connector.class": "FileStreamSink", "file": r.to, "topics": "lines"})
				r.write("one", "two", "three")
				r.wantAllOnce()
				r.eventually(func() string { // a flush a second
					before = r.position()
					if before == "" {
						return "the source has no offset yet"
					}
					return ""
				})
			})
			r.scene("refresh", func() {
				r.must(r.Refresh("connect", r.charm()))
				r.settle()
				r.wantStatus("waiting: taking over: waiting for the former charm's workers to stop")
			})
			r.scene("the former workers stop", func() {
				r.apply()
				if running := r.deployer.Running(); len(running) > 0 {
					t.Errorf("deployments with workers: %q", running)
				}
				r.write("written while nobody works")
			})
			r.scene("ours start", func() {
				for range 3 {
					r.apply()
				}
				r.wantStatus("active: 1 worker, 2 connectors")
				r.write("four", "five")
				r.wantAllOnce()
			})
			r.scene("no offset is lost, and there is one group", func() {
				r.eventually(func() string {
					if now := r.position(); now == "" || now == before {
						return "the source stands at " + now + ", as before"
					}
					return ""
				})
				if want := "connect-0 connect-0"; strings.Join(r.started, " ") != want {
					t.Errorf("workers were started in groups %q, want %s", r.started, want)
				}
				group, err := r.admin.Group(t.Context(), "connect")
				r.must(err)
				if len(group.Members) > 0 {
					t.Errorf("a second group has %d members", len(group.Members))
				}
			})
			r.scene("actions", r.act)
		})
	}
}

func newReality(t *testing.T, version string) *reality {
	t.Helper()
	dir, err := os.MkdirTemp("", "takeover-")
	if err != nil {
		t.Fatal(err)
	}
	r := &reality{t: t, dir: dir, from: filepath.Join(dir, "from.txt"), to: filepath.Join(dir, "to.txt")}
	r.former, err = realkafka.Get(t.Context(), realkafka.Versions()[0], t.Logf)
	r.must(err)
	r.ours, err = realkafka.Get(t.Context(), version, t.Logf)
	r.must(err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	r.brokers, err = r.ours.StartBrokers(ctx, dir, realkafka.BrokerOptions{Brokers: 1})
	r.must(err)
	t.Cleanup(r.brokers.Close)
	r.admin = kafka.Open(kafka.Config{Brokers: r.brokers.Addrs()})
	t.Cleanup(r.admin.Close)
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

// layFormer makes what the original layer leaves: topics, workers, a request on the relation.
func (r *reality) layFormer() {
	r.must(r.admin.Create(r.t.Context(),
		kafka.Topic{Name: "real.connect.connectconfigs", Partitions: 1, ReplicationFactor: 1, Compacted: true},
		kafka.Topic{Name: "real.connect.connectoffsets", Partitions: 50, ReplicationFactor: 1, Compacted: true},
		kafka.Topic{Name: "real.connect.connectstatus", Partitions: 10, ReplicationFactor: 1, Compacted: true}))
	r.must(r.Deploy("connect", "../../charm/testdata/python-charm", charmtest.DeployOptions{Config: map[string]any{
		"topics": "lines", "source-file": r.from, "sink-file": r.to,
	}}))
	remote, err := r.Remote("kafka", "client", "kafka", 1)
	r.must(err)
	host, port, err := net.SplitHostPort(r.brokers.Addrs()[0])
	r.must(err)
	r.must(remote.SetUnitData("kafka/0", map[string]string{"host": host, "port": port}))
	r.must(r.Integrate("connect:kafka", "kafka:client"))
	remote, err = r.Remote("deployer", "kubernetes", "kubernetes-deployer", 1)
	r.must(err)
	r.deployer = deployertest.New(remote, "deployer/0", r.start)
	r.t.Cleanup(r.deployer.Close)
	r.must(r.Integrate("connect:kubernetes", "deployer:kubernetes"))
	r.settle()
	r.apply()
}

type worker struct{ *realkafka.Worker }

func (w worker) Addr() string { return strings.TrimPrefix(w.URL, "http://") }

// start changes what an address on this machine makes necessary, and nothing else.
func (r *reality) start(deployment string, properties map[string]string) (deployertest.Worker, error) {
	properties = maps.Clone(properties)
	delete(properties, "plugin.path") // the image's; here FileStream is on the class path
	release := r.ours
	if strings.HasPrefix(deployment, "depl-") {
		release = r.former
	}
	r.started = append(r.started, properties["group.id"])
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	w, err := release.StartWorker(ctx, r.dir, fmt.Sprintf("%s-%d", deployment, len(r.started)), properties)
	if err != nil {
		return nil, err
	}
	r.last = w
	return worker{w}, nil
}

// charm is the file charm, compiled.
func (r *reality) charm() string {
	r.t.Helper()
	dir := r.t.TempDir()
	r.must(layers.Make(r.t.Context(), dir, "../../examples/kafka-connect-file"))
	r.must(charmtest.Build(r.t.Context(), "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file/dispatch", filepath.Join(dir, "dispatch")))
	return dir
}

func (r *reality) apply() {
	r.t.Helper()
	r.must(r.deployer.Apply(r.RelationData("kubernetes", "connect/0")))
	r.settle()
}

func (r *reality) register(name string, config map[string]string) {
	r.t.Helper()
	body, err := json.Marshal(config)
	r.must(err)
	if code, answer := r.ask(http.MethodPut, "/connectors/"+name+"/config", body); code != http.StatusCreated {
		r.t.Fatalf("registering %s: %d %s", name, code, answer)
	}
}

// act runs actions that look at workers, and those that stop and register.
func (r *reality) act() {
	r.wantResult("worker-config", map[string]any{"key": "group.id"}, "properties", "group.id=connect-0  # the former charm's workers")
	r.wantResult("list-plugins", map[string]any{"type": "source"}, "source", "org.apache.kafka.connect.file.FileStreamSourceConnector "+r.ours.Version)
	r.wantResult("stop-connector", map[string]any{"name": "connect-sink"}, "result", "connector connect-sink is stopped")
	r.eventually(func() string {
		if got := r.run("connector-status", map[string]any{"name": "connect-sink"})["state"]; got != "STOPPED" {
			return fmt.Sprint("connect-sink is ", got)
		}
		return ""
	})
	r.wantResult("list-tasks", map[string]any{"name": "connect-sink"}, "count", "0")
	r.write("while the sink is stopped")
	r.wantResult("resume-connector", map[string]any{"name": "connect-sink"}, "result", "connector connect-sink is resumed")
	r.wantAllOnce()
	config := `{"connector.class": "FileStreamSink", "topics": "lines", "tasks.max": 1, "file": "` + r.to + `.copy"}`
	r.wantResult("register-connector", map[string]any{"name": "copy", "config": config}, "result", "connector copy is created")
	r.wantResult("register-connector", map[string]any{"name": "copy", "config": config}, "result", "connector copy is registered")
	r.wantResult("unregister-connector", map[string]any{"name": "copy"}, "result", "connector copy is unregistered, its offsets stay")
	r.wantResult("list-connectors", map[string]any{"state": "failed"}, "count", "0")
}

func (r *reality) run(action string, params map[string]any) map[string]any {
	r.t.Helper()
	result, err := r.RunAction(r.t.Context(), "connect/0", action, params)
	r.must(err)
	if result.Status != "completed" {
		r.t.Fatalf("action %s: %s, %q", action, result.Status, result.Message)
	}
	return result.Results
}

func (r *reality) wantResult(action string, params map[string]any, key, want string) {
	r.t.Helper()
	results := r.run(action, params)
	if got := fmt.Sprint(results[key]); !strings.Contains(got, want) {
		r.t.Errorf("action %s gives %s=%q, want %q; all of it: %v", action, key, got, want, results)
	}
}

// position is where the source stands in its file, as its worker says; "" while it does not.
func (r *reality) position() string {
	r.t.Helper()
	code, answer := r.ask(http.MethodGet, "/connectors/connect-source/offsets", nil)
	var told struct {
		Offsets []struct {
			Offset map[string]json.Number `json:"offset"`
		} `json:"offsets"`
	}
	if code != http.StatusOK || json.Unmarshal(answer, &told) != nil || len(told.Offsets) != 1 {
		return ""
	}
	return told.Offsets[0].Offset["position"].String()
}

func (r *reality) ask(method, path string, body []byte) (int, []byte) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, r.last.URL+path, bytes.NewReader(body))
	r.must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	r.must(err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	r.must(err)
	return response.StatusCode, answer
}

func (r *reality) write(lines ...string) {
	r.t.Helper()
	f, err := os.OpenFile(r.from, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	r.must(err)
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	r.must(err)
	r.must(f.Close())
	r.lines = append(r.lines, lines...)
}

// wantAllOnce waits until the sink holds all that was written, in order, and nothing twice.
func (r *reality) wantAllOnce() {
	r.t.Helper()
	want := strings.Join(r.lines, "\n") + "\n"
	r.eventually(func() string {
		got, err := os.ReadFile(r.to)
		if err != nil {
			return err.Error()
		}
		if string(got) != want {
			return fmt.Sprintf("the sink has %q, want %q", got, want)
		}
		return ""
	})
}

func (r *reality) wantStatus(want string) {
	r.t.Helper()
	for _, unit := range r.Status().Units {
		if got := unit.Workload + ": " + unit.Message; unit.Name == "connect/0" && got != want {
			r.t.Errorf("status is %q, want %q", got, want)
		}
	}
}

func (r *reality) scene(name string, play func()) {
	r.t.Helper()
	start := time.Now()
	play()
	r.t.Logf("%-50s %6.1f s", name, time.Since(start).Seconds())
	if r.t.Failed() {
		r.t.FailNow()
	}
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
			r.t.Fatalf("after a minute: %s", why)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
