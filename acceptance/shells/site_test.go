package shells

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
)

// names are of connectors as people call them, and as nobody should. Some begin
// alike, which a shell completes up to where they differ; some are commands to a
// shell that evaluates them.
var names = []string{
	"orders", "orders.eu", "orders-us", "my one", "my other", "a:b", "a:c", "e=1", "e=2", "it's", "it's too", `q"1`, "été", "h!x",
	"star*", "#hash", "~tilde", "{x,y}", "-dash", "$(touch evaluated)", "`touch evaluated`", "x;touch evaluated", "(touch evaluated)",
}

// A site is a folder of connectors, and the clusters of its environments: prod
// runs what names has, gone is down, silent takes a request and says nothing.
type site struct {
	dir     string
	address string // of prod
	silent  *connecttest.Cluster
}

func newSite(t *testing.T) *site {
	t.Helper()
	_, address := cluster(t)
	for _, name := range names {
		put(t, address, name)
	}
	down, gone := cluster(t)
	down.Close()
	hanging, silent := cluster(t)
	hanging.Inject(connecttest.Fault{Hang: true, Times: -1})

	dir := t.TempDir()
	for _, env := range []string{"prod", "preview", "gone", "silent"} {
		must(t, os.MkdirAll(filepath.Join(dir, "connectors", env), 0o755))
	}
	must(t, os.WriteFile(filepath.Join(dir, "connectors/prod/all.jsonnet"),
		[]byte(`{ [name]: { 'connector.class': 'FileStreamSource' } for name in ['from:file', 'from file'] }`), 0o644))
	must(t, os.WriteFile(filepath.Join(dir, "connectors.yaml"), fmt.Appendf(nil, `environments:
  prod: {clusters: {eu: {urls: [%q]}}}
  preview: {clusters: {eu: {urls: [%q]}}}
  gone: {clusters: {eu: {urls: [%q]}}}
  silent: {clusters: {eu: {urls: [%q]}}}
`, address, address, gone, silent), 0o644))
	return &site{dir, address, hanging}
}

// cluster starts a Connect of one worker.
func cluster(t *testing.T) (*connecttest.Cluster, string) {
	t.Helper()
	c := connecttest.NewCluster(connecttest.Options{})
	t.Cleanup(c.Close)
	worker, err := c.Listen()
	must(t, err)
	return c, worker.URL()
}

// register makes a connector, and gives its path.
func register(t *testing.T, address, name string) string {
	t.Helper()
	path := address + "/connectors/" + url.PathEscape(name)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, path+"/config",
		strings.NewReader(`{"connector.class": "FileStreamSource", "topic": "t", "file": "f", "tasks.max": "1"}`))
	must(t, err)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	must(t, answer.Body.Close())
	if answer.StatusCode != http.StatusCreated {
		t.Fatalf("PUT %s: %s", path, answer.Status)
	}
	return path
}

// put makes a connector, and waits until it runs.
func put(t *testing.T, address, name string) {
	t.Helper()
	path := register(t, address, name)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var now struct{ Tasks []struct{ State string } }
		answer, err := http.Get(path + "/status")
		must(t, err)
		_ = json.NewDecoder(answer.Body).Decode(&now) // there may be none yet
		must(t, answer.Body.Close())
		if len(now.Tasks) > 0 && now.Tasks[0].State == "RUNNING" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not run", name)
		}
	}
}

// unanswered says that the silent cluster was asked again, and has answered nobody.
func (s *site) unanswered(t *testing.T, before int) {
	t.Helper()
	var calls []connecttest.Call
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if calls = s.silent.Journal()[before:]; len(calls) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody asked the silent cluster")
		}
	}
	for _, call := range calls {
		if call.Status != 0 {
			t.Errorf("the silent cluster has answered: %s", call)
		}
	}
}

// untouched says that no shell took a name for a command.
func (s *site) untouched(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, _ os.DirEntry, err error) error {
		if filepath.Base(path) == "evaluated" {
			t.Errorf("a name was evaluated: there is %s", path)
		}
		return err
	})
	must(t, err)
}
