package kafka

// What this project believes of Connect's REST API and builds on, seen on a real worker. docs/explanation/testing.md
// has the table.

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

func facts(t *testing.T, k *realkafka.Kafka, worker *realkafka.Worker, client *connect.Client) {
	ctx := t.Context()
	config := map[string]any{
		"connector.class": "FileStreamSource", "tasks.max": 1, "file": reality.Folder(t) + "/in", "topic": "facts",
		"secret.password": "not to be seen",
	}
	created(t, client, "facts", config)
	ask := func(method, path, body string) (int, string) {
		t.Helper()
		code, text, err := raw(ctx, method, worker.URL+path, body)
		if err != nil {
			t.Error(err)
		}
		return code, text
	}

	// An identical PUT restarts the connector: that is why the client compares first.
	starts := connectorStarts(t, worker)
	status(t, "identical PUT", 200)(client.PutConfig(ctx, "facts", config))
	eventually(t, "an identical PUT restarts the connector", func() error {
		if connectorStarts(t, worker) == starts {
			return errNotYet
		}
		return nil
	})
	same, err := connect.As[map[string]string](client.Config(ctx, "facts"))
	if normal, nerr := connect.Normalise(config); err != nil || nerr != nil || !connect.Equal(same, normal) || same["name"] != "facts" {
		t.Errorf("what is read back: %v, %v, %v", same, err, nerr)
	}

	// PATCH merges; null removes.
	status(t, "PATCH", 200)(client.PatchConfig(ctx, "facts", map[string]any{"batch.size": 7, "secret.password": nil}))
	patched, err := connect.As[map[string]string](client.Config(ctx, "facts"))
	if _, there := patched["secret.password"]; err != nil || there || patched["batch.size"] != "7" || patched["topic"] != "facts" {
		t.Errorf("after PATCH: %v, %v", patched, err)
	}

	// A worker that is well says so.
	if code, text := ask("GET", "/health", ""); code != 200 || !strings.Contains(text, `"status":"healthy"`) {
		t.Errorf("/health: %d %s", code, text)
	}

	// Deprecated in 3.7, and gone or not in 4.x: nothing here calls it.
	code, text := ask("GET", "/connectors/facts/tasks-config", "")
	t.Logf("tasks-config: %d %.100s", code, text)
	if want := 200; strings.HasPrefix(k.Version, "3.") && code != want {
		t.Errorf("tasks-config: %d", code)
	}

	// A connector that is created stopped never runs.
	res, err := client.Create(ctx, "stopped", map[string]any{
		"connector.class": "FileStreamSource", "file": "/nowhere", "topic": "facts"}, connect.Stopped)
	status(t, "create stopped", 201)(res, err)
	reaches(t, client, "stopped", connect.Stopped)
	status(t, "reset offsets", 200)(client.ResetOffsets(ctx, "stopped"))

	// The worker's linger.ms is for its own topics, not for what a connector writes.
	lingers(t, k, worker)

	// A semicolon begins a matrix parameter: the client refuses such names.
	if code, text := ask("PUT", "/connectors/a;b/config", `{"connector.class":"FileStreamSource","topic":"x"}`); code != 201 ||
		!strings.Contains(text, `"name":"a"`) {
		t.Errorf("a;b: %d %s", code, text)
	}
	for _, name := range []string{"facts", "stopped", "a"} {
		status(t, "delete "+name, 204)(client.Delete(ctx, name))
	}
}

type errorText string

func (e errorText) Error() string { return string(e) }

const errNotYet = errorText("not yet")

// connectorStarts counts what the worker's log says of starting the connector.
func connectorStarts(t *testing.T, worker *realkafka.Worker) int {
	t.Helper()
	log, err := worker.Log()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(log, "Creating connector facts of type")
}

// lingers asks the worker's log how long each of its producers was told to wait for more.
func lingers(t *testing.T, k *realkafka.Kafka, worker *realkafka.Worker) {
	t.Helper()
	log, err := worker.Log()
	if err != nil {
		t.Fatal(err)
	}
	own, connectors := map[string]bool{}, map[string]bool{}
	for _, block := range strings.Split(log, "ProducerConfig values:")[1:] {
		block, _, _ = strings.Cut(block, "\n[") // the next line of the log
		id, ms := setting(block, "client.id"), setting(block, "linger.ms")
		if strings.HasPrefix(id, "connector-") {
			connectors[ms] = true
		} else {
			own[ms] = true
		}
	}
	theirs := "0"
	if strings.HasPrefix(k.Version, "4.") {
		theirs = "5"
	}
	if len(own) != 1 || !own["0"] || len(connectors) != 1 || !connectors[theirs] {
		t.Errorf("the worker's own producers linger for %v ms, those of connectors for %v; want 0 and %s", own, connectors, theirs)
	}
}

// setting is the value of "key = value" in what a client logs of its configuration.
func setting(block, key string) string {
	_, rest, _ := strings.Cut(block, "\t"+key+" = ")
	value, _, _ := strings.Cut(rest, "\n")
	return value
}
