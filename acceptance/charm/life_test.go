package charm

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// TestCharm is the life of the file charm, on every release of KAFKA_VERSIONS.
func TestCharm(t *testing.T) {
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) {
			release, err := realkafka.Get(t.Context(), version, t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			r := newReality(t, release, 1)
			r.live()
		})
	}
}

func (r *reality) live() {
	r.scene("deploy two units, one worker, two connectors", func() {
		r.deploy(2)
		r.wantStatus("active: 1 worker, 2 connectors")
		r.wantTopics()
		r.wantConnectors("connect-sink", "connect-source")
		r.wantBytes("one", "two")
	})
	r.scene("actions", func() {
		leader := r.Leader("connect")
		r.run(leader, "pause-connector", map[string]any{"name": "connect-sink"})
		r.eventually(func() string { return r.wantState(leader, "PAUSED") })
		r.run(leader, "resume-connector", map[string]any{"name": "connect-sink"})
		r.eventually(func() string { return r.wantState(leader, "RUNNING") })
		r.run(leader, "restart-connector", map[string]any{"name": "connect-sink"})
		r.eventually(func() string { return r.wantState(leader, "RUNNING") })
		r.wantBytes("three")
	})
	r.scene("a steady update-status", func() {
		started := r.pods.starts
		r.must(r.UpdateStatus("connect"))
		r.settle()
		r.wantStatus("active: 1 worker, 2 connectors")
		if r.pods.starts != started {
			r.t.Errorf("%d workers were started", r.pods.starts-started)
		}
	})
	r.scene("two workers, each reaching the other", func() {
		r.must(r.Configure("connect", map[string]any{"workers": 2}))
		r.settle()
		r.wantStatus("active: 2 workers, 2 connectors")
		r.wantForwarding()
		r.wantBytes("four")
	})
	r.scene("another leader", func() {
		leader := r.Leader("connect")
		r.must(r.KillUnit(leader))
		r.settle()
		r.wantStatus("active: 2 workers, 2 connectors")
		r.wantBytes("five")
	})
	r.scene("Kafka goes and comes back; offsets are kept", func() {
		r.must(r.RemoveRelation("connect:kafka", "kafka:client"))
		r.settle()
		r.eventually(func() string {
			if n := r.pods.count(); n > 0 {
				return "workers are still there"
			}
			return ""
		})
		r.must(r.Integrate("connect:kafka", "kafka:client"))
		r.settle()
		r.wantStatus("active: 2 workers, 2 connectors")
		r.wantBytes("six")
	})
	r.scene("the application goes, its topics stay", func() {
		r.must(r.RemoveApplication("connect"))
		r.settle()
		r.eventually(func() string {
			if n := r.pods.count(); n > 0 {
				return "workers are still there"
			}
			return ""
		})
		r.wantTopics()
	})
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

func (r *reality) run(unit, action string, params map[string]any) charmtest.ActionResult {
	r.t.Helper()
	result, err := r.RunAction(context.Background(), unit, action, params)
	r.must(err)
	if result.Status != "completed" {
		r.t.Errorf("action %s: %s, %q", action, result.Status, result.Message)
	}
	return result
}

// wantState looks through the charm's own action.
func (r *reality) wantState(leader, want string) string {
	r.t.Helper()
	got := r.run(leader, "connector-status", map[string]any{"name": "connect-sink"}).Results["state"]
	if got != want {
		return "connect-sink is " + got.(string) + ", want " + want
	}
	return ""
}

func (r *reality) wantStatus(want string) {
	r.t.Helper()
	for _, unit := range r.Status().Units {
		if unit.App == "connect" && unit.Leader {
			if got := unit.Workload + ": " + unit.Message; got != want {
				r.t.Errorf("status is %q, want %q", got, want)
			}
			return
		}
	}
	r.t.Error("there is no leader")
}

func (r *reality) wantTopics() {
	r.t.Helper()
	admin := kafka.Open(kafka.Config{Brokers: r.brokers.Addrs()})
	defer admin.Close()
	want := map[string]int{"real.connect.connectconfigs": 1, "real.connect.connectoffsets": 50, "real.connect.connectstatus": 10}
	topics, err := admin.Topics(r.t.Context(), "real.connect.connectconfigs", "real.connect.connectoffsets", "real.connect.connectstatus")
	r.must(err)
	for name, partitions := range want {
		if got := topics[name]; got.Partitions != partitions || !got.Compacted || got.ReplicationFactor != len(r.brokers.Addrs()) {
			r.t.Errorf("topic %s is %+v", name, got)
		}
	}
}

func (r *reality) urls() (urls []string) {
	r.pods.mu.Lock()
	defer r.pods.mu.Unlock()
	for _, p := range r.pods.running {
		urls = append(urls, p.worker.URL)
	}
	return urls
}

func (r *reality) wantConnectors(want ...string) {
	r.t.Helper()
	var got []string
	r.must(json.Unmarshal(r.get(r.urls()[0]+"/connectors"), &got))
	if len(got) != len(want) {
		r.t.Errorf("connectors %q, want %q", got, want)
	}
	for _, name := range want {
		if !strings.Contains(strings.Join(got, " "), name) {
			r.t.Errorf("connectors %q, want %q", got, want)
		}
	}
}

func (r *reality) get(url string) []byte {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, url, nil)
	r.must(err)
	response, err := http.DefaultClient.Do(request)
	r.must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	r.must(err)
	if response.StatusCode != http.StatusOK {
		r.t.Fatalf("GET %s answers %d: %s", url, response.StatusCode, text)
	}
	return text
}

// wantForwarding sends a request that only the worker who leads can do to every
// worker: those that do not lead have to reach it at the address it advertises.
func (r *reality) wantForwarding() {
	r.t.Helper()
	for _, url := range r.urls() {
		request, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, url+"/connectors/connect-sink/restart?includeTasks=true", nil)
		r.must(err)
		r.eventually(func() string { // 409 while a rebalance is due
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return err.Error()
			}
			defer response.Body.Close()
			if response.StatusCode/100 != 2 {
				return response.Status
			}
			return ""
		})
	}
}

// wantBytes appends lines to the source's file and waits until each is in the
// sink's, once.
func (r *reality) wantBytes(lines ...string) {
	r.t.Helper()
	f, err := os.OpenFile(r.from, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	r.must(err)
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	r.must(err)
	r.must(f.Close())
	r.eventually(func() string {
		got, err := os.ReadFile(r.to)
		if err != nil {
			return err.Error()
		}
		for _, line := range lines {
			if bytes.Count(got, []byte(line+"\n")) != 1 {
				return "the sink has " + string(got)
			}
		}
		return ""
	})
}
