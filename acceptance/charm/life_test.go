package charm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// TestCharm is the life of the file charm, on every release of KAFKA_VERSIONS.
func TestCharm(t *testing.T) {
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) {
			release, err := realkafka.Get(t.Context(), version, t.Logf)
			if err != nil {
				t.Fatal(err)
			}
			newWorld(t, release, 1).live()
		})
	}
}

func (w *world) live() {
	w.Scene("deploy two units, one worker, two connectors", func() {
		w.deploy(2)
		w.WantStatus("active: 1 worker, 2 connectors")
		w.WantTopics(w.brokers.Addrs())
		w.wantConnectors("connect-sink", "connect-source")
		w.wantBytes("one", "two")
	})
	w.Scene("actions", func() {
		leader := w.Leader("connect")
		w.Run(leader, "pause-connector", map[string]any{"name": "connect-sink"})
		w.Eventually(func() string { return w.wantState(leader, "PAUSED") })
		w.Run(leader, "resume-connector", map[string]any{"name": "connect-sink"})
		w.Eventually(func() string { return w.wantState(leader, "RUNNING") })
		w.Run(leader, "restart-connector", map[string]any{"name": "connect-sink"})
		w.Eventually(func() string { return w.wantState(leader, "RUNNING") })
		w.wantBytes("three")
	})
	w.Scene("a steady update-status", func() {
		started := w.pods.starts
		w.Must(w.UpdateStatus("connect"))
		w.MustSettle()
		w.WantStatus("active: 1 worker, 2 connectors")
		if w.pods.starts != started {
			w.T.Errorf("%d workers were started", w.pods.starts-started)
		}
	})
	w.Scene("two workers, each reaching the other", func() {
		w.Must(w.Configure("connect", map[string]any{"workers": 2}))
		w.MustSettle()
		w.WantStatus("active: 2 workers, 2 connectors")
		w.wantForwarding()
		w.wantBytes("four")
	})
	w.Scene("another leader", func() {
		leader := w.Leader("connect")
		w.Must(w.KillUnit(leader))
		w.MustSettle()
		w.WantStatus("active: 2 workers, 2 connectors")
		w.wantBytes("five")
	})
	w.Scene("Kafka goes and comes back; offsets are kept", func() {
		w.Must(w.RemoveRelation("connect:kafka", "kafka:client"))
		w.MustSettle()
		w.Eventually(func() string {
			if n := w.pods.count(); n > 0 {
				return "workers are still there"
			}
			return ""
		})
		w.Must(w.Integrate("connect:kafka", "kafka:client"))
		w.MustSettle()
		w.WantStatus("active: 2 workers, 2 connectors")
		w.wantBytes("six")
	})
	w.Scene("the application goes, its topics stay", func() {
		w.Must(w.RemoveApplication("connect"))
		w.MustSettle()
		w.Eventually(func() string {
			if n := w.pods.count(); n > 0 {
				return "workers are still there"
			}
			return ""
		})
		w.WantTopics(w.brokers.Addrs())
	})
}

// wantState looks through the charm's own action.
func (w *world) wantState(leader, want string) string {
	w.T.Helper()
	got := w.Run(leader, "connector-status", map[string]any{"name": "connect-sink"})["state"]
	if got != want {
		return fmt.Sprintf("connect-sink is %v, want %s", got, want)
	}
	return ""
}

func (w *world) urls() (urls []string) {
	w.pods.mu.Lock()
	defer w.pods.mu.Unlock()
	for _, p := range w.pods.running {
		urls = append(urls, p.worker.URL)
	}
	return urls
}

func (w *world) wantConnectors(want ...string) {
	w.T.Helper()
	var got []string
	w.Must(json.Unmarshal(w.get(w.urls()[0]+"/connectors"), &got))
	if len(got) != len(want) {
		w.T.Errorf("connectors %q, want %q", got, want)
	}
	for _, name := range want {
		if !strings.Contains(strings.Join(got, " "), name) {
			w.T.Errorf("connectors %q, want %q", got, want)
		}
	}
}

func (w *world) get(url string) []byte {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodGet, url, nil)
	w.Must(err)
	response, err := http.DefaultClient.Do(request)
	w.Must(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	w.Must(err)
	if response.StatusCode != http.StatusOK {
		w.T.Fatalf("GET %s answers %d: %s", url, response.StatusCode, text)
	}
	return text
}

// wantForwarding sends a request that only the worker who leads can do to every
// worker: those that do not lead have to reach it at the address it advertises.
func (w *world) wantForwarding() {
	w.T.Helper()
	for _, url := range w.urls() {
		request, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, url+"/connectors/connect-sink/restart?includeTasks=true", nil)
		w.Must(err)
		w.Eventually(func() string { // 409 while a rebalance is due
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
func (w *world) wantBytes(lines ...string) {
	w.T.Helper()
	w.Append(w.from, lines...)
	w.Eventually(func() string {
		got, err := os.ReadFile(w.to)
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
