// Package reality is a model with the file charm in it, for tests whose brokers and
// workers are real: what they do alike, whatever else of their world is real.
package reality

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled by FileCharm; imported so that go.mod knows what that needs.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

// Model is a model within a test. The file charm's application is "connect".
type Model struct {
	*charmtest.Model
	T    *testing.T
	name string
}

// Folder makes one for logs and for the files of connectors. It goes with the test,
// unless that failed. Its path is short: sockets may be in it.
func Folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "real-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are in %s", dir)
		} else if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// New makes an empty model. It ends before what was started earlier.
func New(t *testing.T, name string) *Model {
	t.Helper()
	model, err := charmtest.New(charmtest.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what happened:\n%s\n%s", model.Journal().Detail(), model.Status())
		}
		if err := model.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Model{model, t, name}
}

// FileCharm composes and compiles the file charm, whose folder in this repository
// is told as seen from the test.
func (m *Model) FileCharm(layer string) string {
	m.T.Helper()
	dir := m.T.TempDir()
	m.Must(layers.Make(m.T.Context(), dir, layer))
	m.Must(charmtest.Build(m.T.Context(), "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file/dispatch", filepath.Join(dir, "dispatch")))
	return dir
}

// Kafka relates the charm to an application with a unit for each broker.
func (m *Model) Kafka(brokers []string) {
	m.T.Helper()
	remote, err := m.Remote("kafka", "client", "kafka", len(brokers))
	m.Must(err)
	for i, address := range brokers {
		host, port, err := net.SplitHostPort(address)
		m.Must(err)
		m.Must(remote.SetUnitData(fmt.Sprintf("kafka/%d", i), map[string]string{"host": host, "port": port}))
	}
	m.Must(m.Integrate("connect:kafka", "kafka:client"))
}

// Scene plays a part of the test, and says how long it took.
func (m *Model) Scene(name string, play func()) {
	m.T.Helper()
	start := time.Now()
	play()
	m.T.Logf("%-70s %6.1f s", name, time.Since(start).Seconds())
	if m.T.Failed() {
		m.T.FailNow()
	}
}

// Must ends the test when err is one.
func (m *Model) Must(err error) {
	m.T.Helper()
	if err != nil {
		m.T.Fatal(err)
	}
}

// MustSettle runs hooks until every unit is idle.
func (m *Model) MustSettle() {
	m.T.Helper()
	ctx, cancel := context.WithTimeout(m.T.Context(), 5*time.Minute)
	defer cancel()
	m.Must(m.Settle(ctx))
}

// Eventually asks until nothing is wrong, for two minutes.
func (m *Model) Eventually(wrong func() string) {
	m.T.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for why := wrong(); why != ""; why = wrong() {
		if time.Now().After(deadline) {
			m.T.Fatalf("after two minutes: %s", why)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Run runs an action, which has to succeed, and gives its results.
func (m *Model) Run(unit, action string, params map[string]any) map[string]any {
	m.T.Helper()
	result, err := m.RunAction(m.T.Context(), unit, action, params)
	m.Must(err)
	if result.Status != "completed" {
		m.T.Fatalf("action %s: %s, %q", action, result.Status, result.Message)
	}
	return result.Results
}

// Append writes lines to the end of a file.
func (m *Model) Append(file string, lines ...string) {
	m.T.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	m.Must(err)
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	m.Must(err)
	m.Must(f.Close())
}

// WantStatus looks at the charm's leader: "active: 1 worker, 2 connectors".
func (m *Model) WantStatus(want string) {
	m.T.Helper()
	for _, unit := range m.Status().Units {
		if unit.App == "connect" && unit.Leader {
			if got := unit.Workload + ": " + unit.Message; got != want {
				m.T.Fatalf("status is %q, want %q", got, want)
			}
			return
		}
	}
	m.T.Fatal("there is no leader")
}

// WantTopics asks the brokers for the topics that the charm makes for Connect.
func (m *Model) WantTopics(brokers []string) {
	m.T.Helper()
	admin := kafka.Open(kafka.Config{Brokers: brokers})
	defer admin.Close()
	for name, partitions := range map[string]int{"connectconfigs": 1, "connectoffsets": 50, "connectstatus": 10} {
		name = m.name + ".connect." + name
		topics, err := admin.Topics(m.T.Context(), name)
		m.Must(err)
		if got := topics[name]; got.Partitions != partitions || !got.Compacted || got.ReplicationFactor != len(brokers) {
			m.T.Errorf("topic %s is %+v", name, got)
		}
	}
}
