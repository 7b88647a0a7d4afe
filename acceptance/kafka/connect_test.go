package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

const group = "app"

// cluster is a broker with the three topics of a charm, and the properties of its workers.
type cluster struct {
	kafka      *realkafka.Kafka
	dir        string
	admin      *kafka.Admin
	properties map[string]string
}

func startCluster(t *testing.T, k *realkafka.Kafka, brokers int) *cluster {
	t.Helper()
	c := &cluster{kafka: k, dir: reality.Folder(t)}
	b := startBrokers(t, k, c.dir, brokers)
	c.admin = kafka.Open(kafka.Config{Brokers: b.Addrs()})
	t.Cleanup(c.admin.Close)
	if err := c.admin.Create(t.Context(), internalTopics(brokers)...); err != nil {
		t.Fatal(err)
	}
	c.properties = map[string]string{
		"bootstrap.servers":     strings.Join(b.Addrs(), ","),
		"group.id":              group,
		"session.timeout.ms":    "6000", // a killed worker is missed that soon
		"heartbeat.interval.ms": "1000",
		"offset.storage.topic":  "m.app.connectoffsets",
		"config.storage.topic":  "m.app.connectconfigs",
		"status.storage.topic":  "m.app.connectstatus",
		"linger.ms":             "0", // as the charm sets it
		// The worker would make missing topics with these; it must find none missing.
		"offset.storage.replication.factor": "7",
		"config.storage.replication.factor": "7",
		"status.storage.replication.factor": "7",
	}
	return c
}

// TestConnect: real workers on topics made by helpers/kafka, spoken to by helpers/connect.
func TestConnect(t *testing.T) {
	eachVersion(t, func(t *testing.T, k *realkafka.Kafka) {
		c := startCluster(t, k, 1)
		before, err := c.admin.Group(t.Context(), group)
		if err != nil || len(before.Members) != 0 {
			t.Errorf("the group before there is a worker: %+v, %v", before, err)
		}
		worker := startWorker(t, k, c.dir, "worker-0", c.properties)
		client := connectTo(t, worker.URL)
		if !t.Run("life of connectors", func(t *testing.T) { lifeOfConnectors(t, client) }) {
			return
		}
		t.Run("topics are as made", func(t *testing.T) { topicsUnchanged(t, c) })
		t.Run("facts", func(t *testing.T) { facts(t, k, worker, client) })
		t.Run("refusals", func(t *testing.T) { refusals(t, k, client) })
		t.Run("script", func(t *testing.T) { connectScript(t, k, worker) })
		t.Run("two workers", func(t *testing.T) { twoWorkers(t, c, worker) })
	})
}

func connectTo(t *testing.T, urls ...string) *connect.Client {
	t.Helper()
	client, err := connect.New(connect.Options{URLs: urls})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func topicsUnchanged(t *testing.T, c *cluster) {
	for _, want := range internalTopics(1) {
		got, err := c.admin.Topics(t.Context(), want.Name)
		if err != nil || got[want.Name] != want {
			t.Errorf("%+v, %v", got[want.Name], err)
		}
	}
}

// lifeOfConnectors registers a source and a sink, moves lines through both, and takes them through every state.
func lifeOfConnectors(t *testing.T, client *connect.Client) {
	ctx := t.Context()
	dir := reality.Folder(t)
	in, out := filepath.Join(dir, "in.txt"), filepath.Join(dir, "out.txt")
	source := map[string]any{
		"connector.class": "FileStreamSource", "tasks.max": 1, "file": in, "topic": "lines",
		"value.converter":                           "org.apache.kafka.connect.storage.StringConverter",
		"topic.creation.default.partitions":         1,
		"topic.creation.default.replication.factor": 1,
	}
	sink := map[string]any{
		"connector.class": "FileStreamSink", "tasks.max": 1, "file": out, "topics": "lines",
		"value.converter": "org.apache.kafka.connect.storage.StringConverter",
	}
	appendTo(t, in, "one\n")
	created(t, client, "life-source", source)
	created(t, client, "life-sink", sink)
	eventually(t, "the first line arrives", fileHolds(out, "one\n"))

	res, err := client.Expand(ctx)
	all, err := connect.As[map[string]connect.Expanded](res, err)
	if err != nil || len(all) != 2 || all["life-sink"].Info.Type != "sink" || all["life-source"].Status.Connector.State != connect.Running {
		t.Errorf("everything at once: %+v, %v", all, err)
	}
	tasks, err := connect.As[[]connect.Task](client.Tasks(ctx, "life-source"))
	if err != nil || len(tasks) != 1 || tasks[0].Config["file"] != in {
		t.Errorf("tasks: %+v, %v", tasks, err)
	}

	status(t, "pause", 202)(client.Pause(ctx, "life-sink"))
	reaches(t, client, "life-sink", connect.Paused)
	appendTo(t, in, "two\n")
	status(t, "resume", 202)(client.Resume(ctx, "life-sink"))
	eventually(t, "the line written during the pause arrives", fileHolds(out, "one\ntwo\n"))

	status(t, "restart", 204)(client.Restart(ctx, "life-source", connect.Restart{}))
	status(t, "restart with tasks", 202)(client.Restart(ctx, "life-source", connect.Restart{IncludeTasks: true}))
	status(t, "restart of a task", 204)(client.RestartTask(ctx, "life-sink", 0))
	appendTo(t, in, "three\n")
	eventually(t, "a line arrives after the restarts", fileHolds(out, "one\ntwo\nthree\n"))

	for _, name := range []string{"life-source", "life-sink"} {
		status(t, "delete", 204)(client.Delete(ctx, name))
		status(t, "delete again", 404)(client.Delete(ctx, name))
	}
	names, err := connect.As[[]string](client.Connectors(ctx))
	if err != nil || len(names) != 0 {
		t.Errorf("after deleting: %v, %v", names, err)
	}
}

func created(t *testing.T, client *connect.Client, name string, config map[string]any) {
	t.Helper()
	begun := time.Now()
	status(t, "create "+name, 201)(client.PutConfig(t.Context(), name, config))
	if _, err := client.WaitRunning(t.Context(), name, connect.Wait{}); err != nil {
		t.Fatal(err)
	}
	t.Logf("connector %s runs with its task after %s", name, time.Since(begun).Round(time.Millisecond))
}

// status takes what a call of the client returned.
func status(t *testing.T, what string, want int) func(*connect.Response, error) {
	return func(res *connect.Response, err error) {
		t.Helper()
		if err != nil || res.StatusCode != want {
			t.Errorf("%s: %+v, %v", what, res, err)
		}
	}
}

func reaches(t *testing.T, client *connect.Client, name, state string) {
	t.Helper()
	eventually(t, name+" becomes "+state, func() error {
		now, err := connect.As[connect.Status](client.Status(t.Context(), name))
		if err != nil {
			return err
		}
		if now.Connector.State != state || slices.ContainsFunc(now.Tasks, func(s connect.State) bool { return s.State != state }) {
			return fmt.Errorf("it is %+v", now)
		}
		return nil
	})
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, text)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func fileHolds(path, want string) func() error {
	return func() error {
		got, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if string(got) != want {
			return fmt.Errorf("%s holds %q", filepath.Base(path), got)
		}
		return nil
	}
}

func refusals(t *testing.T, k *realkafka.Kafka, client *connect.Client) {
	ctx := t.Context()
	unknown, kind := 400, connect.Invalid
	if strings.HasPrefix(k.Version, "3.") {
		unknown, kind = 500, connect.Failed
	}
	for _, test := range []struct {
		name string
		call func() (*connect.Response, error)
		code int
		kind connect.Kind
		says string
	}{
		{"unknown class", func() (*connect.Response, error) {
			return client.PutConfig(ctx, "bad", map[string]any{"connector.class": "NoSuchConnector"})
		}, unknown, kind, "Failed to find any class that implements Connector"},
		{"no class", func() (*connect.Response, error) {
			return client.PutConfig(ctx, "bad", map[string]any{"tasks.max": 1})
		}, 400, connect.Invalid, "contains no connector type"},
		{"missing option", func() (*connect.Response, error) {
			return client.PutConfig(ctx, "bad", map[string]any{"connector.class": "FileStreamSource"})
		}, 400, connect.Invalid, "topic"},
		{"missing connector", func() (*connect.Response, error) { return client.Get(ctx, "none") }, 404, connect.NotFound, "none"},
		{"missing status", func() (*connect.Response, error) { return client.Status(ctx, "none") }, 404, connect.NotFound, "none"},
		{"pausing nothing", func() (*connect.Response, error) { return client.Pause(ctx, "none") }, 404, connect.NotFound, "none"},
		{"restarting nothing", func() (*connect.Response, error) {
			return client.Restart(ctx, "none", connect.Restart{})
		}, 404, connect.NotFound, "none"},
	} {
		res, err := test.call()
		var e *connect.Error
		if !errors.As(err, &e) || res == nil || res.StatusCode != test.code || e.Kind != test.kind || !strings.Contains(e.Message, test.says) {
			t.Errorf("%s: %+v, %v", test.name, res, err)
			continue
		}
		t.Logf("%s: %d %.160s", test.name, res.StatusCode, e.Message)
	}
}

// twoWorkers: a second one joins, both are members, and a write through either is known to the other; then the
// second is killed and its connectors go on on the first.
func twoWorkers(t *testing.T, c *cluster, first *realkafka.Worker) {
	ctx := t.Context()
	second := startWorker(t, c.kafka, c.dir, "worker-1", c.properties)
	eventually(t, "the group has two members", func() error {
		now, err := c.admin.Group(ctx, group)
		if err == nil && (len(now.Members) != 2 || now.ProtocolType != "connect" || now.State != "Stable") {
			err = fmt.Errorf("it is %+v", now)
		}
		return err
	})
	now, err := c.admin.Group(ctx, group)
	t.Logf("group: %+v, %v", now, err)
	dir := reality.Folder(t)
	one, two := connectTo(t, first.URL), connectTo(t, second.URL)
	for i, client := range []*connect.Client{one, two, one, two} {
		created(t, client, fmt.Sprintf("source-%d", i), map[string]any{
			"connector.class": "FileStreamSource", "file": filepath.Join(dir, "in"), "topic": "other",
		})
	}
	for _, client := range []*connect.Client{one, two} {
		names, err := connect.As[[]string](client.Connectors(ctx))
		if err != nil || len(names) != 4 {
			t.Errorf("%v, %v", names, err)
		}
	}
	second.Kill()
	begun := time.Now()
	survivor := strings.TrimPrefix(first.URL, "http://")
	for i := range 4 {
		eventually(t, "all connectors run on the worker that is left", func() error {
			now, err := connect.As[connect.Status](one.Status(ctx, fmt.Sprintf("source-%d", i)))
			if err == nil && (now.Connector.WorkerID != survivor || now.Connector.State != connect.Running ||
				len(now.Tasks) != 1 || now.Tasks[0].State != connect.Running || now.Tasks[0].WorkerID != survivor) {
				err = fmt.Errorf("it is %+v", now)
			}
			return err
		})
	}
	t.Logf("four connectors moved to the worker that is left in %s", time.Since(begun).Round(10*time.Millisecond))
	for i := range 4 {
		status(t, "delete", 204)(one.Delete(ctx, fmt.Sprintf("source-%d", i)))
	}
}

// raw makes one request without the client's care, for what the client never sends.
func raw(ctx context.Context, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, strings.TrimSpace(string(text)), err
}
