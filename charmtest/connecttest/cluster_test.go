package connecttest

// What the script cannot show: several workers, bad days, and what outlives the workers.

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const sink = `{"connector.class":"MongoSink","topics":"lines","database":"d","tasks.max":"3"}`

// cluster gives one with so many workers that listen.
func cluster(t *testing.T, o Options, workers int) *Cluster {
	t.Helper()
	c := NewCluster(o)
	t.Cleanup(c.Close)
	for range workers {
		if _, err := c.Listen(); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// ask makes a call: status 0 when there was no answer.
func ask(t *testing.T, w *Worker, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(raw)
}

func want(t *testing.T, w *Worker, method, path, body string, status int, has string) {
	t.Helper()
	if got, text := ask(t, w, method, path, body); got != status || !strings.Contains(text, has) {
		t.Errorf("%s %s: got %d %s, want %d with %s", method, path, got, text, status, has)
	}
}

// eventually waits for an answer.
func eventually(t *testing.T, w *Worker, path, has string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		_, text := ask(t, w, http.MethodGet, path, "")
		if strings.Contains(text, has) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("GET %s: still %s, want %s", path, text, has)
		}
	}
}

func TestStateOutlivesWorkers(t *testing.T) {
	t.Parallel()
	store := NewStore()
	first := cluster(t, Options{Store: store}, 2)
	want(t, first.Workers()[1], "PUT", "/connectors/m/config", sink, 201, `"type":"sink"`)
	eventually(t, first.Workers()[0], "/connectors/m/status", `"id":2`)
	for _, w := range first.Workers() {
		w.Leave()
	}
	again, err := first.Listen() // scaled to nought and back
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, again, "/connectors/m/status", fmt.Sprintf(`{"id":2,"state":"RUNNING","version":"1.13.0","worker_id":%q}`, again.ID()))
	again.Leave()

	later := cluster(t, Options{Store: store}, 1)
	eventually(t, later.Workers()[0], "/connectors/m/status", later.Workers()[0].ID())
	other := cluster(t, Options{Store: store, ConfigTopic: "elsewhere", StatusTopic: "elsewhere-too"}, 1)
	want(t, other.Workers()[0], "GET", "/connectors", "", 200, "[]")
	if got := store.Config("connect-configs", "m"); got["name"] != "m" || store.Config("elsewhere", "m") != nil {
		t.Errorf("the store says %v", got)
	}
}

func TestPhases(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{Timing: Timing{Request: 50 * time.Millisecond}}, 2)
	w := c.Workers()[0]
	want(t, w, "PUT", "/connectors/m/config", sink, 201, "")
	eventually(t, w, "/connectors/m/status", `"id":2`)

	release := c.Hold(Stale)
	for _, path := range []string{"", "/config", "/tasks"} {
		want(t, w, "GET", "/connectors/m"+path, "", 500, "Request cannot be completed because a rebalance is expected")
	}
	for _, path := range []string{"/restart", "/restart?includeTasks=true", "/tasks/0/restart"} {
		want(t, w, "POST", "/connectors/m"+path, "", 409, "Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)")
	}
	want(t, w, "PUT", "/connectors/n/config", sink, 201, "")
	release()

	release = c.Hold(Joining)
	for _, path := range []string{"/connectors", "/connectors?expand=info&expand=status", "/connectors/m/status", "/connectors/m/topics", "/"} {
		want(t, w, "GET", path, "", 200, "")
	}
	want(t, w, "PUT", "/connectors/m/pause", "", 202, "")
	want(t, w, "GET", "/connectors/m", "", 500, "Request timed out. The worker is currently ")
	want(t, w, "DELETE", "/connectors/n", "", 500, "Request timed out. The worker is currently ")
	want(t, w, "GET", "/connectors", "", 200, `["m","n"]`)
	release()
	eventually(t, w, "/connectors", `["m"]`) // applied after all
}

func TestRebalancesByThemselves(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{Timing: Timing{Stale: 30 * time.Millisecond}}, 1)
	w := c.Workers()[0]
	before := c.Rebalances()
	want(t, w, "PUT", "/connectors/m/config", sink, 201, "")
	want(t, w, "GET", "/connectors/m", "", 500, "rebalance is expected")
	eventually(t, w, "/connectors/m/status", `"id":2`)
	if got := c.Rebalances() - before; got != 2 { // for the name, and for its tasks
		t.Errorf("%d rebalances", got)
	}
	eventually(t, w, "/connectors/m", `"task":2`)
	before = c.Rebalances()
	if _, err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	if got := c.Rebalances() - before; got != 1 {
		t.Errorf("%d rebalances for a new worker", got)
	}
}

func TestForwarding(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{Version: "3.9.2"}, 2)
	leader, follower := c.Workers()[0], c.Workers()[1]
	want(t, leader, "PUT", "/connectors/a%2Fb/config", sink, 201, `"name":"a/b"`)
	want(t, follower, "PUT", "/connectors/a%2Fb/config", sink, 404, "HTTP 404 Not Found")
	want(t, follower, "PUT", "/connectors/a%3Bb/config", sink, 400, "Connector name configuration (a;b) doesn't match connector name in the URL (a)")
	want(t, leader, "PUT", "/connectors/c;d/config", sink, 201, `"name":"c"`)
	c.BreakForwarding(true)
	want(t, follower, "PUT", "/connectors/e/config", sink, 500, "IO Error trying to forward REST request: ")
	want(t, leader, "PUT", "/connectors/e/config", sink, 201, "")
	leader.Kill()
	eventually(t, follower, "/connectors/e/status", follower.ID())
	want(t, follower, "DELETE", "/connectors/e", "", 204, "")
	if status, _ := ask(t, leader, "GET", "/", ""); status != 0 {
		t.Errorf("a killed worker answers %d", status)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{}, 1)
	w := c.Workers()[0]
	c.Inject(Fault{Method: "PUT", Path: "/connectors/*/config", Lost: BeforeApply})
	c.Inject(Fault{Method: "PUT", Path: "/connectors/*/config", Lost: AfterApply})
	if status, _ := ask(t, w, "PUT", "/connectors/m/config", sink); status != 0 {
		t.Errorf("answered %d", status)
	}
	want(t, w, "GET", "/connectors", "", 200, "[]")
	if status, _ := ask(t, w, "PUT", "/connectors/m/config", sink); status != 0 {
		t.Errorf("answered %d", status)
	}
	want(t, w, "GET", "/connectors", "", 200, `["m"]`)
	remove := c.Inject(Fault{Times: -1, Status: 502, Body: "<html>Bad Gateway</html>"})
	want(t, w, "GET", "/", "", 502, "Bad Gateway")
	want(t, w, "GET", "/health", "", 502, "Bad Gateway")
	remove()
	c.Inject(Fault{Delay: 30 * time.Millisecond})
	started := time.Now()
	want(t, w, "GET", "/", "", 200, "")
	if time.Since(started) < 30*time.Millisecond {
		t.Error("not late")
	}
	c.Inject(Fault{Hang: true})
	hung := &http.Client{Timeout: 50 * time.Millisecond}
	if resp, err := hung.Get(w.URL()); err == nil {
		_ = resp.Body.Close()
		t.Error("did not hang")
	}
	var lines []string
	for _, call := range c.Writes() {
		lines = append(lines, call.String())
	}
	if got := strings.Join(lines, ", "); got != "PUT /connectors/m/config 0, PUT /connectors/m/config 0" {
		t.Errorf("the journal says %s", got)
	}
}

func TestFailedTasks(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{Version: "3.9.2"}, 1)
	w := c.Workers()[0]
	want(t, w, "PUT", "/connectors/m/config", sink, 201, "")
	eventually(t, w, "/connectors/m/status", `"id":2`)
	if !c.Fail("m", 1, "java.lang.Exception: x\n\tat y", true) || c.Fail("none", 0, "", false) {
		t.Error("the wrong connector failed")
	}
	want(t, w, "GET", "/connectors/m/tasks/1/status", "", 200, `"state":"FAILED","trace":"java.lang.Exception: x\n\tat y"`)
	want(t, w, "POST", "/connectors/m/restart?includeTasks=true&onlyFailed=true", "", 202, `{"id":1,"state":"RESTARTING"`)
	eventually(t, w, "/connectors/m/tasks/1/status", "FAILED")
	c.Mend("m")
	want(t, w, "POST", "/connectors/m/tasks/1/restart", "", 204, "")
	eventually(t, w, "/connectors/m/tasks/1/status", "RUNNING")
	want(t, w, "GET", "/connectors/m/tasks/0/status", "", 200, "RUNNING")
}

func TestStarting(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{Timing: Timing{Start: 100 * time.Millisecond, Status: time.Hour}}, 1)
	w := c.Workers()[0]
	want(t, w, "GET", "/health", "", 503, `"status":"starting"`)
	eventually(t, w, "/health", "healthy")
	want(t, w, "PUT", "/connectors/m/config", sink, 201, "")
	want(t, w, "GET", "/connectors/m/status", "", 404, "No status found for connector m")
	want(t, w, "GET", "/connectors?expand=info&expand=status", "", 200, "{}")
	want(t, w, "GET", "/connectors?expand=info", "", 200, `"m"`)
	old := cluster(t, Options{Version: "3.8.1"}, 1)
	want(t, old.Workers()[0], "GET", "/health", "", 404, "HTTP 404 Not Found")
}

func TestPlugins(t *testing.T) {
	t.Parallel()
	var got []string
	mine := Plugin{Class: "com.example.MineSinkConnector", Type: "sink", Version: "7",
		Keys: []Key{{Name: "secret", Type: "PASSWORD", Required: true}},
		Validate: func(config map[string]string) map[string][]string {
			return map[string][]string{"secret": {"too short"}}
		},
		Sink: func(_ map[string]string, topic string, records []string) error {
			got = append(got, topic+": "+strings.Join(records, ", "))
			return errors.New("full")
		}}
	c := cluster(t, Options{Plugins: []Plugin{mine}}, 1)
	w := c.Workers()[0]
	want(t, w, "PUT", "/connectors/x/config", `{"connector.class":"MineSink","topics":"t","secret":"x"}`, 400, "1 error(s):\\ntoo short\\n")
	c.store.mu.Lock()
	c.o.Plugins[0].Validate = nil
	c.store.mu.Unlock()
	want(t, w, "PUT", "/connectors/x/config", `{"connector.class":"com.example.MineSinkConnector","topics":"t","secret":"x"}`, 201, "")
	eventually(t, w, "/connectors/x/status", `"id":0,"state":"RUNNING","version":"7"`)
	c.Store().Produce("t", "one", "two")
	eventually(t, w, "/connectors/x/status", "ConnectException: full")
	c.store.mu.Lock()
	defer c.store.mu.Unlock()
	if len(got) != 1 || got[0] != "t: one, two" {
		t.Errorf("the sink got %q", got)
	}
}

// TestHandler serves a worker behind somebody else's listener, as a Kubernetes Service would.
func TestHandler(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{}, 0)
	w := c.Join("pod-0.connect:8083")
	server := httptest.NewServer(http.StripPrefix("/proxy", w))
	t.Cleanup(server.Close)
	resp, err := http.Get(server.URL + "/proxy/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var root struct{ Version string }
	if err := json.NewDecoder(resp.Body).Decode(&root); err != nil || root.Version != "4.3.1" {
		t.Errorf("got %v, %v", root, err)
	}
}

func Example() {
	c := NewCluster(Options{})
	defer c.Close()
	worker, err := c.Listen()
	if err != nil {
		fmt.Println(err)
		return
	}
	folder, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	in := filepath.Join(folder, "in")
	if err := os.WriteFile(in, []byte("hello\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	body := fmt.Sprintf(`{"name":"s","config":{"connector.class":"FileStreamSource","topic":"lines","file":%q}}`, in)
	resp, err := http.Post(worker.URL()+"/connectors", "application/json", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, resp.Header.Get("Location"))
	for len(c.Store().Records("lines")) == 0 {
		time.Sleep(time.Millisecond)
	}
	fmt.Println(c.Store().Records("lines"))
	// Output:
	// 201 /connectors/s
	// [hello]
}

func TestAFailedConnectorCanBeStoppedAndNotPaused(t *testing.T) {
	t.Parallel()
	c := cluster(t, Options{}, 1)
	w := c.Workers()[0]
	want(t, w, "PUT", "/connectors/m/config", sink, 201, "")
	eventually(t, w, "/connectors/m/status", `"id":2`)
	c.Fail("m", -1, "java.lang.Exception: no", false)
	want(t, w, "PUT", "/connectors/m/pause", "", 202, "")
	want(t, w, "GET", "/connectors/m/status", "", 200, `"connector":{"state":"FAILED"`)
	want(t, w, "PUT", "/connectors/m/stop", "", 204, "")
	eventually(t, w, "/connectors/m/status", `"connector":{"state":"STOPPED"`)
}
