package charm

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
)

// TestCharm is the life of the file charm, on every release of KAFKA_VERSIONS.
func TestCharm(t *testing.T) {
	eachRelease(t, (*world).live)
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
		w.updateStatus()
		w.WantStatus("active: 1 worker, 2 connectors")
		if w.pods.starts != started {
			w.T.Errorf("%d workers were started", w.pods.starts-started)
		}
	})
	w.Scene("two workers, each reaching the other", func() {
		w.MustConfigure(map[string]any{"workers": 2})
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
	if got := slices.Sorted(maps.Keys(w.Connectors(w.urls()[0]))); !slices.Equal(got, want) {
		w.T.Errorf("connectors %q, want %q", got, want)
	}
}

// wantForwarding sends a request that only the worker who leads can do to every
// worker: those that do not lead have to reach it at the address it advertises.
func (w *world) wantForwarding() {
	w.T.Helper()
	for _, url := range w.urls() {
		w.Eventually(func() string { // 409 while a rebalance is due
			if code, text := w.Ask(http.MethodPost, url+"/connectors/connect-sink/restart?includeTasks=true", ""); code/100 != 2 {
				return fmt.Sprintf("%s answers %d: %s", url, code, text)
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
	w.WantLines(w.to, lines...)
}
