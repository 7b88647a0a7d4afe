package mongodb_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	_ "github.com/connectcharm/kafka-connect-base/hooks" // compiled below: go test has to know
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

// mongoSink stands in for the class in the image sborny/kafka-connect-base.
var mongoSink = connecttest.Plugin{Class: "com.startapp.data.MongoSinkConnector", Type: "sink", Version: "1.0"}

func start(t *testing.T) *world.World {
	t.Helper()
	dir := t.TempDir()
	if err := charmdir.Compose(dir, "../..", "."); err != nil {
		t.Fatal(err)
	}
	if err := charmtest.Build(t.Context(), "./dispatch", filepath.Join(dir, "dispatch")); err != nil {
		t.Fatal(err)
	}
	w, err := world.Start(world.Options{
		Kafka:   kafkatest.Options{Version: "2.8"}, // the image's clients are of Kafka 0.10
		Connect: connecttest.Options{Plugins: []connecttest.Plugin{mongoSink}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what happened:\n%s\n%s", w.Journal().Detail(), w.Status())
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	must(t, w.Deploy("sink", dir, charmtest.DeployOptions{Units: 2, Config: map[string]any{
		"topics": "orders payments", "db-collections": "orders payments", "kubeconfig": w.Kubeconfig(),
	}}))
	_, err = w.AddKafka("kafka")
	must(t, err)
	must(t, w.Integrate("sink:kafka", "kafka:client"))
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func settle(t *testing.T, w *world.World) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, w.Settle(ctx))
}

func wantStatus(t *testing.T, w *world.World, want string) {
	t.Helper()
	for _, unit := range w.Status().Units {
		if unit.Leader && unit.App == "sink" {
			if got := unit.Workload + ": " + unit.Message; got != want {
				t.Errorf("status is %q, want %q", got, want)
			}
		}
	}
}

// TestLayer is the original's example: it waits for MongoDB, configures the
// workers, registers its connector, and follows the database when it moves.
func TestLayer(t *testing.T) {
	t.Parallel()
	w := start(t)
	settle(t, w)
	wantStatus(t, w, "blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")

	mongo, err := w.Remote("mongo", "database", "mongodb", 1)
	must(t, err)
	must(t, mongo.SetUnitData("mongo/0", map[string]string{"hostname": "db.example"}))
	must(t, w.Integrate("sink:mongodb", "mongo:database"))
	settle(t, w)
	wantStatus(t, w, "blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")

	must(t, mongo.SetUnitData("mongo/0", map[string]string{"port": "27017"}))
	settle(t, w)
	wantStatus(t, w, "active: 1 worker, 1 connector")
	wantHost(t, w, "db.example")

	must(t, mongo.SetUnitData("mongo/0", map[string]string{"hostname": "other.example"}))
	settle(t, w)
	wantHost(t, w, "other.example")

	must(t, w.Configure("sink", map[string]any{"db-collections": "orders"}))
	settle(t, w)
	wantStatus(t, w, "blocked: option db-collections has 1 collections for 2 topics: name one for each")
	must(t, w.Configure("sink", map[string]any{"db-collections": "orders payments"}))
	settle(t, w)
	wantStatus(t, w, "active: 1 worker, 1 connector")
}

func wantHost(t *testing.T, w *world.World, host string) {
	t.Helper()
	s, err := w.Snapshot()
	must(t, err)
	want := map[string]world.Connector{"testsink-mongodb": {Target: "RUNNING", Config: map[string]string{
		"name": "testsink-mongodb", "connector.class": "com.startapp.data.MongoSinkConnector", "tasks.max": "1",
		"topics": "orders,payments", "db.host": host, "db.port": "27017", "db.name": "kafka",
		"db.collections": "orders,payments", "write.batch.enabled": "true", "connect.use_schema": "false",
	}}}
	if diff := cmp.Diff(want, s.Connectors); diff != "" {
		t.Errorf("connectors (-want +got)\n%s", diff)
	}
}
