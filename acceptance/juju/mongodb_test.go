package juju

import (
	"maps"
	"slices"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

// TestStoryMongoDB is the life of the mongodb charm with Juju's own agent: two units,
// a relation of the charm's own beside the one with Kafka, and a connector that
// follows what is written there.
func TestStoryMongoDB(t *testing.T) { onEach(t, mongoLife) }

func mongoLife(t *testing.T, on place) {
	// The charm's image has the sink and clients of Kafka 0.10, which Kafka 4 refuses.
	s := newStory(t, on, true, "-kafka", "2.8", "-sink", "com.startapp.data.MongoSinkConnector")
	s.step(step{Do: "kafka", App: "kafka"})
	s.step(step{Do: "remote", App: "mongo", One: "database", Interface: "mongodb", Data: []map[string]string{{"hostname": "db.example"}}})
	a := s.step(step{Do: "deploy", App: "connect", Charm: built.mongo, Units: 2, Config: map[string]any{
		"topics": "orders payments", "db-collections": "orders payments"}})
	s.wantStatus(a, "connect/0", "blocked", "Kafka is missing")
	s.mongoArrives()
	s.mongoFollows()
	s.mongoMistakes()
	s.mongoUnits()

	a = s.step(step{Do: "remove-application", App: "connect"})
	if len(a.Units) != 0 || len(a.World.Objects) != 0 || len(a.World.Topics) == 0 {
		t.Errorf("left: units %v, objects %q, topics %v", a.Units, a.World.Objects, a.World.Topics)
	}
	if n := s.processes(); n > 0 {
		t.Errorf("%d hook tools were run as processes, want none: the charm speaks to the agent's socket", n)
	}
}

// mongoArrives gives the charm what it needs, piece by piece: no connector before
// the last of them.
func (s *story) mongoArrives() {
	s.t.Helper()
	s.step(step{Do: "configure", App: "connect", Config: map[string]any{"kubeconfig": ""}})
	a := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "blocked", "mongodb is missing")
	a = s.step(step{Do: "integrate", One: "connect:mongodb", Two: "mongo:database"})
	s.wantStatus(a, "connect/0", "blocked", "mongodb is missing") // its port is
	s.wantSink(a)
	a = s.step(step{Do: "write", App: "mongo", Data: []map[string]string{{"port": "27017"}}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantStatus(a, "connect/1", "active", "standing by")
	s.wantFlag(a, "connect/0", "kafka-connect-mongodb.running")
	s.wantSink(a, "db.example", "orders,payments")
	for name, params := range map[string]map[string]any{"list-connectors": nil, "connector-status": {"name": "testconnect-mongodb"}} {
		a = s.step(step{Do: "action", Unit: "connect/0", Action: name, Params: params})
		s.wantAction(a, "completed")
		a = s.step(step{Do: "action", Unit: "connect/1", Action: name, Params: params})
		s.wantAction(a, "failed")
	}
}

// mongoFollows moves the database, takes it away and gives it back.
func (s *story) mongoFollows() {
	s.t.Helper()
	a := s.step(step{Do: "write", App: "mongo", Data: []map[string]string{{"hostname": "other.example"}}})
	for _, hook := range []string{"ok secret-changed", "ok secret-remove"} { // of what it keeps for the next leader
		if !slices.Contains(a.Hooks["connect/0"], hook) {
			s.t.Errorf("connect/0 ran %q, and not %s", a.Hooks["connect/0"], hook)
		}
	}
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantSink(a, "other.example", "orders,payments")
	a = s.step(step{Do: "remove-relation", One: "connect:mongodb", Two: "mongo:database"})
	s.wantStatus(a, "connect/0", "blocked", "mongodb is missing")
	s.wantFlag(a, "connect/0", "kafka-connect-mongodb.stopped")
	s.wantSink(a)
	a = s.step(step{Do: "integrate", One: "connect:mongodb", Two: "mongo:database"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantSink(a, "other.example", "orders,payments")
}

// mongoMistakes are an operator's. What is registered stays until they are put right.
func (s *story) mongoMistakes() {
	s.t.Helper()
	a := s.step(step{Do: "configure", App: "connect", Config: map[string]any{"db-collections": "orders"}})
	s.wantStatus(a, "connect/0", "blocked", "db-collections has 1 collections for 2 topics")
	s.wantSink(a, "other.example", "orders,payments")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"db-collections": "orders paid"}})
	s.wantStatus(a, "connect/0", "active", "1 worker, 1 connector")
	s.wantSink(a, "other.example", "orders,paid")
	a = s.step(step{Do: "configure", App: "connect", Config: map[string]any{"workers": 2}})
	s.wantStatus(a, "connect/0", "active", "2 workers, 1 connector")
}

// mongoUnits brings a third unit, which finds both relations there, another leader,
// a refresh, and the first unit's end.
func (s *story) mongoUnits() {
	s.t.Helper()
	a := s.step(step{Do: "add-unit", App: "connect"})
	s.wantStatus(a, "connect/2", "active", "standing by")
	a = s.step(step{Do: "refresh", App: "connect", Charm: built.mongo})
	s.wantFirst(a, "connect/0", "ok upgrade-charm", "ok config-changed")
	s.wantFlag(a, "connect/0", "kafka-connect-mongodb.running")
	a = s.step(step{Do: "lead", App: "connect", Unit: "connect/1"})
	s.wantStatus(a, "connect/1", "active", "2 workers, 1 connector")
	s.wantSink(a, "other.example", "orders,paid")
	a = s.step(step{Do: "remove-unit", Unit: "connect/0"})
	s.wantSink(a, "other.example", "orders,paid")

	// The next leader is told as well that the database went.
	a = s.step(step{Do: "remove-relation", One: "connect:mongodb", Two: "mongo:database"})
	s.wantStatus(a, "connect/1", "blocked", "mongodb is missing")
	s.wantSink(a)
	a = s.step(step{Do: "integrate", One: "connect:mongodb", Two: "mongo:database"})
	s.wantSink(a, "other.example", "orders,paid")
}

// wantSink wants the one connector with this host and these collections, or none.
func (s *story) wantSink(a controller.Answer, with ...string) {
	s.t.Helper()
	if len(with) == 0 {
		if n := len(a.World.Connectors); n != 0 {
			s.t.Errorf("connectors %v, want none", a.World.Configs)
		}
		return
	}
	want := map[string]string{
		"name": "testconnect-mongodb", "connector.class": "com.startapp.data.MongoSinkConnector", "tasks.max": "1",
		"topics": "orders,payments", "db.host": with[0], "db.port": "27017", "db.name": "kafka",
		"db.collections": with[1], "write.batch.enabled": "true", "connect.use_schema": "false",
	}
	if got := a.World.Configs["testconnect-mongodb"]; len(a.World.Connectors) != 1 || !maps.Equal(got, want) {
		s.t.Errorf("connectors %v, want %v alone", a.World.Configs, want)
	}
}
