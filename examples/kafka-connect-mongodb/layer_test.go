package mongodb_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	mongodb "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-mongodb"
	"github.com/connectcharm/kafka-connect-base/helpers"
	_ "github.com/connectcharm/kafka-connect-base/hooks" // world.Charm compiles it: go test has to know
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// mongoSink stands in for the class in the image sborny/kafka-connect-base.
var mongoSink = connecttest.Plugin{Class: "com.startapp.data.MongoSinkConnector", Type: "sink", Version: "1.0"}

// Together with the base layer's, no rule waits for a flag that nobody sets.
func TestRules(t *testing.T) {
	t.Parallel()
	rules := append(charm.Layer(&helpers.Unit{}), mongodb.Layer(&helpers.Unit{})...)
	if err := reactive.Check(rules); err != nil {
		t.Error(err)
	}
}

// TestLayer is the original's example: it waits for MongoDB, configures the
// workers, registers its connector, and follows the database when it moves.
func TestLayer(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{
		Kafka:   kafkatest.Options{Version: "2.8"}, // the image's clients are of Kafka 0.10
		Connect: connecttest.Options{Plugins: []connecttest.Plugin{mongoSink}},
	})
	wantStatus := func(want string) {
		t.Helper()
		w.MustSettle()
		if got := w.LeaderStatus("sink"); got != want {
			t.Errorf("status is %q, want %q", got, want)
		}
	}
	w.Must(w.Deploy("sink", world.Charm(t, "."), charmtest.DeployOptions{Units: 2, Config: map[string]any{
		"topics": "orders payments", "db-collections": "orders payments", "kubeconfig": w.Kubeconfig(),
	}}))
	w.MustIntegrateKafka("sink")
	wantStatus("blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")

	mongo, err := w.Remote("mongo", "database", "mongodb", 1)
	w.Must(err)
	w.Must(mongo.SetUnitData("mongo/0", map[string]string{"hostname": "db.example"}))
	w.Must(w.Integrate("sink:mongodb", "mongo:database"))
	wantStatus("blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")

	w.Must(mongo.SetUnitData("mongo/0", map[string]string{"port": "27017"}))
	wantStatus("active: 1 worker, 1 connector")
	wantHost(t, w, "db.example")

	w.Must(mongo.SetUnitData("mongo/0", map[string]string{"hostname": "other.example"}))
	wantStatus("active: 1 worker, 1 connector")
	wantHost(t, w, "other.example")

	w.Must(w.Configure("sink", map[string]any{"db-collections": "orders"}))
	wantStatus("blocked: option db-collections has 1 collections for 2 topics: name one for each")
	w.Must(w.Configure("sink", map[string]any{"db-collections": "orders payments"}))
	wantStatus("active: 1 worker, 1 connector")

	w.Must(w.RemoveRelation("sink:mongodb", "mongo:database"))
	wantStatus("blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")
	if left := w.MustSnapshot().Connectors; len(left) != 0 {
		t.Errorf("connectors without a database: %v", left)
	}
	w.Must(w.Integrate("sink:mongodb", "mongo:database"))
	wantStatus("active: 1 worker, 1 connector")
	wantHost(t, w, "other.example")

	// What an operator unregistered is not there to be unregistered.
	if _, err := w.RunAction(t.Context(), "sink/0", "unregister-connector", map[string]any{"name": "testsink-mongodb"}); err != nil {
		t.Error(err)
	}
	w.Must(w.RemoveRelation("sink:mongodb", "mongo:database"))
	wantStatus("blocked: mongodb is missing: juju integrate sink:mongodb with a MongoDB application")
}

func wantHost(t *testing.T, w *world.Running, host string) {
	t.Helper()
	want := map[string]world.Connector{"testsink-mongodb": {Target: "RUNNING", Config: map[string]string{
		"name": "testsink-mongodb", "connector.class": "com.startapp.data.MongoSinkConnector", "tasks.max": "1",
		"topics": "orders,payments", "db.host": host, "db.port": "27017", "db.name": "kafka",
		"db.collections": "orders,payments", "write.batch.enabled": "true", "connect.use_schema": "false",
	}}}
	if diff := cmp.Diff(want, w.MustSnapshot().Connectors); diff != "" {
		t.Errorf("connectors (-want +got)\n%s", diff)
	}
}
