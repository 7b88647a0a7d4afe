package kafka

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// TestConnectors: plans made and applied against real workers.
func TestConnectors(t *testing.T) {
	eachVersion(t, func(t *testing.T, k *realkafka.Kafka) {
		c := startCluster(t, k, 1)
		worker := startWorker(t, k, c.dir, "worker-0", c.properties)
		f := &fleet{t: t, client: connectTo(t, worker.URL), dir: c.dir, policy: connectors.Policy{Owner: "team/prod", Prune: true, MaxDelete: 1}}
		f.converges()
		f.restartsWhatHadFailed()
		f.changesOffsets()
		f.prunes()
	})
}

// A fleet is the connectors of a cluster and how they are kept.
type fleet struct {
	t      *testing.T
	client *connect.Client
	dir    string
	policy connectors.Policy
	wanted []connectors.Connector
}

func (f *fleet) source(i int) connectors.Connector {
	return connectors.Connector{
		Name: fmt.Sprintf("source %02d", i), State: connectors.Running,
		Config: map[string]string{"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1",
			"file": filepath.Join(f.dir, "in.txt"), "topic": "lines"},
	}
}

func (f *fleet) plan() *connectors.Plan {
	f.t.Helper()
	live, err := connectors.Observe(f.t.Context(), f.client)
	if err != nil {
		f.t.Fatal(err)
	}
	p, err := connectors.NewPlan(f.wanted, live, f.policy)
	if err != nil {
		f.t.Fatal(err)
	}
	return p
}

// apply applies, says what it cost, and wants a second plan to be empty.
func (f *fleet) apply() *connectors.Report {
	f.t.Helper()
	report, err := connectors.Apply(f.t.Context(), f.client, f.plan(), connectors.ApplyOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Logf("%s %v", report.Summary(), report.Requests)
	if again := f.plan(); !again.Empty() {
		f.t.Errorf("a second plan is not empty: %s", again.Summary())
	}
	return report
}

// converges creates in every state, changes some, and moves between states.
func (f *fleet) converges() {
	for i := range 30 {
		f.wanted = append(f.wanted, f.source(i))
	}
	f.wanted[28].State, f.wanted[29].State = connectors.Paused, connectors.Stopped
	if report := f.apply(); report.Count(connectors.Done) != 30 {
		f.t.Errorf("%s", report.Summary())
	}
	for i := range 10 {
		f.wanted[i].Config["batch.size"] = "7"
	}
	f.wanted[10].State, f.wanted[11].State = connectors.Stopped, connectors.Paused
	f.wanted[12].State, f.wanted[12].Config["batch.size"] = connectors.Stopped, "8"
	f.wanted[28].State, f.wanted[29].State = connectors.Running, connectors.Running
	f.wanted[29].Config["batch.size"] = "9"
	if report := f.apply(); report.Count(connectors.Done) != 15 {
		f.t.Errorf("%s", report.Summary())
	}
	// A worker on a busy machine tells of the end before a restart later than ApplyOptions.Settle reckons with.
	eventually(f.t, "all are well", func() error {
		live, err := connectors.Observe(f.t.Context(), f.client)
		if err != nil {
			return err
		}
		if sick := connectors.CheckHealth(live).Unhealthy(); len(sick) > 0 {
			return fmt.Errorf("not well: %v", sick)
		}
		return nil
	})
}

// restartsWhatHadFailed: a sink that cannot write fails, is told, and runs when it can.
func (f *fleet) restartsWhatHadFailed() {
	sink := connectors.Connector{Name: "sink", State: connectors.Running, Config: map[string]string{
		"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "1", "topics": "lines",
		"file": filepath.Join(f.dir, "missing", "out.txt")}}
	invalid := f.source(99)
	invalid.Config["tasks.max"] = "0"
	f.wanted = append(f.wanted, sink, invalid)
	report, err := connectors.Apply(f.t.Context(), f.client, f.plan(), connectors.ApplyOptions{})
	text := fmt.Sprint(err)
	if report == nil || report.Count(connectors.Failed) != 2 || !strings.Contains(text, "task 0 failed: org.apache.kafka.connect.errors.ConnectException: ") ||
		!strings.Contains(text, "tasks.max: Invalid value 0") {
		f.t.Errorf("the error is %v", err)
	}
	f.wanted = slices.Delete(f.wanted, len(f.wanted)-1, len(f.wanted))
	sink.Config["file"] = filepath.Join(f.dir, "out.txt")
	f.apply()
}

func (f *fleet) changesOffsets() {
	_, err := connectors.ChangeOffsets(f.t.Context(), f.client, "source 00", func() (*connect.Response, error) {
		return f.client.ResetOffsets(f.t.Context(), "source 00")
	})
	if err != nil {
		f.t.Error(err)
	}
	if p := f.plan(); !p.Empty() {
		f.t.Errorf("after a change of offsets: %s", p.Summary())
	}
}

// prunes deletes what is no longer wanted, and nothing that is somebody else's.
func (f *fleet) prunes() {
	if _, err := f.client.PutConfig(f.t.Context(), "theirs", map[string]any{"connector.class": "FileStreamSource", "topic": "lines"}); err != nil {
		f.t.Fatal(err)
	}
	f.wanted = f.wanted[:5]
	f.apply()
	live, err := connectors.Observe(f.t.Context(), f.client)
	if err != nil {
		f.t.Fatal(err)
	}
	if _, there := live.Connectors["theirs"]; len(live.Connectors) != 6 || !there {
		f.t.Errorf("%d connectors are left, somebody else's among them: %v", len(live.Connectors), there)
	}
}
