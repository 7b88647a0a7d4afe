package connect_test

// The client against a cluster that answers as real workers do.

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// start gives a cluster with so many workers and a client for them.
func start(t *testing.T, o connecttest.Options, workers int, options connect.Options) (*connecttest.Cluster, *connect.Client) {
	t.Helper()
	cluster := connecttest.NewCluster(o)
	t.Cleanup(cluster.Close)
	for range workers {
		worker, err := cluster.Listen()
		if err != nil {
			t.Fatal(err)
		}
		options.URLs = append(options.URLs, worker.URL())
	}
	client, err := connect.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return cluster, client
}

// TestEveryMethod goes through the whole API, in an order that makes each call answer well.
func TestEveryMethod(t *testing.T) {
	t.Parallel()
	_, c := start(t, connecttest.Options{}, 2, connect.Options{})
	ctx := t.Context()
	source := map[string]any{"connector.class": "FileStreamSource", "topic": "lines", "file": "/nowhere", "tasks.max": 1}
	running := func() (*connect.Response, error) {
		_, err := c.WaitRunning(ctx, "s x", connect.Wait{Stable: -1, Interval: 5 * time.Millisecond})
		return &connect.Response{StatusCode: 200, JSON: []byte(`"waited"`)}, err
	}
	stopped := func() (*connect.Response, error) {
		for {
			r, err := c.Tasks(ctx, "s x")
			if err != nil || string(r.JSON) == "[]" {
				return r, err
			}
		}
	}
	at := connect.Offset{Partition: map[string]any{"filename": "/nowhere"}, Offset: map[string]any{"position": 3}}
	calls := []struct {
		name   string
		call   func() (*connect.Response, error)
		status int
		has    string
	}{
		{"Root", func() (*connect.Response, error) { return c.Root(ctx) }, 200, `"version":"4.3.1"`},
		{"Health", func() (*connect.Response, error) { return c.Health(ctx) }, 200, `"healthy"`},
		{"Plugins", func() (*connect.Response, error) { return c.Plugins(ctx, true) }, 200, "MongoSinkConnector"},
		{"Plugins, all", func() (*connect.Response, error) { return c.Plugins(ctx, false) }, 200, "JsonConverter"},
		{"PluginConfig", func() (*connect.Response, error) { return c.PluginConfig(ctx, "FileStreamSource") }, 200, `"batch.size"`},
		{"Validate", func() (*connect.Response, error) { return c.Validate(ctx, "s x", source) }, 200, `"error_count":0`},
		{"Create", func() (*connect.Response, error) { return c.Create(ctx, "s x", source, connect.Stopped) }, 201, `"tasks.max":"1"`},
		{"Resume", func() (*connect.Response, error) { return c.Resume(ctx, "s x") }, 202, ""},
		{"WaitRunning", running, 200, "waited"},
		{"PutConfig", func() (*connect.Response, error) { return c.PutConfig(ctx, "s x", source) }, 200, `"name":"s x"`},
		{"PatchConfig", func() (*connect.Response, error) {
			return c.PatchConfig(ctx, "s x", map[string]any{"batch.size": 7, "tasks.max": nil})
		}, 200, `"batch.size":"7"`},
		{"Connectors", func() (*connect.Response, error) { return c.Connectors(ctx) }, 200, `["s x"]`},
		{"Expand", func() (*connect.Response, error) { return c.Expand(ctx) }, 200, `"status":{`},
		{"Infos", func() (*connect.Response, error) { return c.Infos(ctx) }, 200, `"info":{`},
		{"Get", func() (*connect.Response, error) { return c.Get(ctx, "s x") }, 200, `"type":"source"`},
		{"Config", func() (*connect.Response, error) { return c.Config(ctx, "s x") }, 200, `"topic":"lines"`},
		{"Status", func() (*connect.Response, error) { return c.Status(ctx, "s x") }, 200, `"RUNNING"`},
		{"Tasks", func() (*connect.Response, error) { return c.Tasks(ctx, "s x") }, 200, `"task.class"`},
		{"TaskStatus", func() (*connect.Response, error) { return c.TaskStatus(ctx, "s x", 0) }, 200, `"id":0`},
		{"RestartTask", func() (*connect.Response, error) { return c.RestartTask(ctx, "s x", 0) }, 204, ""},
		{"Restart", func() (*connect.Response, error) { return c.Restart(ctx, "s x", connect.Restart{}) }, 204, ""},
		{"Restart, with tasks", func() (*connect.Response, error) {
			return c.Restart(ctx, "s x", connect.Restart{IncludeTasks: true})
		}, 202, "RESTARTING"},
		{"Topics", func() (*connect.Response, error) { return c.Topics(ctx, "s x") }, 200, `"topics":[]`},
		{"ResetTopics", func() (*connect.Response, error) { return c.ResetTopics(ctx, "s x") }, 202, ""},
		{"Pause", func() (*connect.Response, error) { return c.Pause(ctx, "s x") }, 202, ""},
		{"Stop", func() (*connect.Response, error) { return c.Stop(ctx, "s x") }, 204, ""},
		{"Tasks, when stopped", stopped, 200, "[]"},
		{"SetOffsets", func() (*connect.Response, error) { return c.SetOffsets(ctx, "s x", at) }, 200, "altered successfully"},
		{"Offsets", func() (*connect.Response, error) { return c.Offsets(ctx, "s x") }, 200, `"position":3`},
		{"ResetOffsets", func() (*connect.Response, error) { return c.ResetOffsets(ctx, "s x") }, 200, "reset successfully"},
		{"SetLogger", func() (*connect.Response, error) { return c.SetLogger(ctx, "a.b", "DEBUG", false) }, 200, `["a.b"]`},
		{"SetLogger, everywhere", func() (*connect.Response, error) { return c.SetLogger(ctx, "a.b", "INFO", true) }, 204, ""},
		{"Logger", func() (*connect.Response, error) { return c.Logger(ctx, "a.b") }, 200, `"INFO"`},
		{"Loggers", func() (*connect.Response, error) { return c.Loggers(ctx) }, 200, `"root"`},
		{"Delete", func() (*connect.Response, error) { return c.Delete(ctx, "s x") }, 204, ""},
		{"Delete, again", func() (*connect.Response, error) { return c.Delete(ctx, "s x") }, 404, "not found"},
	}
	for _, call := range calls {
		got, err := call.call()
		switch {
		case err != nil:
			t.Fatalf("%s: %v", call.name, err)
		case got.StatusCode != call.status || !strings.Contains(string(got.JSON), call.has):
			t.Errorf("%s: got %d %s, want %d with %s", call.name, got.StatusCode, got.JSON, call.status, call.has)
		case call.has == "" && got.JSON != nil:
			t.Errorf("%s: JSON of an empty body is %q", call.name, got.JSON)
		}
	}
}

func TestLostAnswersWriteOnce(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{}, 1, connect.Options{})
	config := map[string]any{"connector.class": "MongoSink", "topics": "a", "database": "d"}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		cluster.Inject(connecttest.Fault{Method: method, Lost: connecttest.AfterApply})
	}
	if r, err := c.Create(t.Context(), "m", config, ""); err != nil || r.StatusCode != 201 {
		t.Errorf("create: %v, %v", r, err)
	}
	if r, err := c.PutConfig(t.Context(), "m", config); err != nil || r.StatusCode != 200 {
		t.Errorf("put: %v, %v", r, err)
	}
	if r, err := c.Delete(t.Context(), "m"); err != nil || r.StatusCode != 204 {
		t.Errorf("delete: %v, %v", r, err)
	}
	if writes := cluster.Writes(); len(writes) != 3 {
		t.Errorf("wrote %v", writes)
	}
}

func TestRebalancesAreWaitedOut(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{}, 2, connect.Options{})
	if _, err := c.PutConfig(t.Context(), "m", map[string]any{"connector.class": "MongoSink", "topics": "a", "database": "d"}); err != nil {
		t.Fatal(err)
	}
	release := cluster.Hold(connecttest.Stale)
	time.AfterFunc(300*time.Millisecond, release)
	if _, err := c.Get(t.Context(), "m"); err != nil {
		t.Error(err)
	}
	release = cluster.Hold(connecttest.Stale)
	time.AfterFunc(300*time.Millisecond, release)
	if _, err := c.Restart(t.Context(), "m", connect.Restart{}); err != nil {
		t.Error(err)
	}
	refused := 0
	for _, call := range cluster.Journal() {
		if call.Status == 500 || call.Status == 409 {
			refused++
		}
	}
	if refused < 2 {
		t.Errorf("nothing was refused: %v", cluster.Journal())
	}
}

func TestNoWorkers(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{}, 1, connect.Options{Budget: 400 * time.Millisecond})
	cluster.Workers()[0].Kill()
	_, err := c.Connectors(t.Context())
	var over *connect.BudgetError
	if !errors.As(err, &over) || !errors.Is(err, connect.Unreachable) {
		t.Errorf("got %v", err)
	}
}

func TestWaitRunningFails(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{}, 1, connect.Options{})
	ctx := t.Context()
	quick := connect.Wait{Interval: 5 * time.Millisecond, Stable: -1}
	missing := filepath.Join(t.TempDir(), "none", "out.txt")
	put := func(config map[string]any) {
		if _, err := c.PutConfig(ctx, "f", config); err != nil {
			t.Fatal(err)
		}
	}
	put(map[string]any{"connector.class": "FileStreamSink", "topics": "a", "file": missing, "db.password": "hunter2"})
	_, err := c.WaitRunning(ctx, "f", quick)
	var bad *connect.StateError
	if !errors.As(err, &bad) || bad.Task != 0 || bad.State != connect.FailedNow || !strings.Contains(bad.Trace, "Couldn't find or create file") || strings.Contains(bad.Trace, "\tat ") {
		t.Errorf("got %v", err)
	}
	cluster.Fail("f", -1, "java.lang.Exception: no entry for hunter2\n\tat x", false)
	if _, err = c.WaitRunning(ctx, "f", quick); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), `cannot run connector "f": it is FAILED`) {
		t.Errorf("got %v", err)
	}
	if _, err := c.WaitRunning(ctx, "none", connect.Wait{Timeout: 50 * time.Millisecond, Interval: time.Millisecond}); !errors.Is(err, connect.NotFound) {
		t.Errorf("got %v", err)
	}
}

func TestValidationProblems(t *testing.T) {
	t.Parallel()
	_, c := start(t, connecttest.Options{}, 1, connect.Options{})
	got, err := connect.As[connect.Validation](c.Validate(t.Context(), "v", map[string]any{"connector.class": "FileStreamSource", "tasks.max": "x"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"tasks.max: Invalid value x for configuration tasks.max: Not a number of type INT; Invalid value null for configuration tasks.max: Value must be non-null",
		`topic: Missing required configuration "topic" which has no default value.`,
	}
	if problems := got.Problems(); !slices.Equal(problems, want) || got.ErrorCount != 3 {
		t.Errorf("got %d, %q", got.ErrorCount, problems)
	}
}

func TestLinesArrive(t *testing.T) {
	t.Parallel()
	_, c := start(t, connecttest.Options{}, 2, connect.Options{})
	in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(in, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]map[string]any{
		"source": {"connector.class": "FileStreamSource", "topic": "lines", "file": in},
		"sink":   {"connector.class": "FileStreamSink", "topics": "lines", "file": out},
	} {
		if _, err := c.PutConfig(t.Context(), name, config); err != nil {
			t.Fatal(err)
		}
		if _, err := c.WaitRunning(t.Context(), name, connect.Wait{Stable: -1, Interval: 5 * time.Millisecond}); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if got, _ := os.ReadFile(out); string(got) == "one\ntwo\n" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the lines did not arrive")
		}
	}
}
