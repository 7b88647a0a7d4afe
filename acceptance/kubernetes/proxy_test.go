package kubernetes_test

// The API server's proxy: requests arrive at a worker as they were sent, with
// the configuration that was mounted.

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestProxyReachesAWorker(t *testing.T) {
	t.Parallel()
	a := admin(t)
	ns := a.namespace("proxy", map[string]any{"annotations": map[string]any{"kubelite/unready": oldImage}})
	client := connect(t, account(t, "proxy", ns, false, rulesOf(t, "Role")), nil)
	w := workers(ns, 2)
	apply(t, client, w)
	rollout(t, client, w, func(r kube.Rollout) bool { return r.Message == "0 of 2 workers are ready" })
	var code int
	var body string
	until(t, "the Service has no pod that is ready", func() bool {
		code, body = request(t, client, w, "GET", "/connectors", "")
		return strings.Contains(body, "no endpoints available for service")
	}, func() any { return body })
	if code != http.StatusServiceUnavailable || !strings.HasPrefix(body, `{"error_code":503,"message":"cannot proxy to service/proxy/mongo-connect: `) {
		t.Errorf("without a ready worker: %d %s", code, body)
	}
	a.steer(ns, "kubelite/unready", "")
	rollout(t, client, w, done)
	until(t, "the Service has its pods", func() bool {
		code, body = request(t, client, w, "GET", "/connectors", "")
		return code == http.StatusOK
	}, func() any { return body })
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		for _, path := range []string{"/", "/connectors?expand=info&expand=status", "/connectors/a%20b%3F%23%2B%26%C3%BC/config"} {
			arrives(t, client, w, method, path)
		}
	}
}

// arrives checks what the worker saw.
func arrives(t *testing.T, client *kube.Client, w kube.Workers, method, path string) {
	t.Helper()
	code, body := request(t, client, w, method, path, "{}")
	var saw struct {
		Pod, Image, Method, Path string
		Args                     []string
		Files                    map[string]string
	}
	if err := json.Unmarshal([]byte(body), &saw); err != nil || code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, code, body)
	}
	sent, err := url.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	arrived, err := url.Parse(saw.Path) // the proxy encodes anew, and no more than it has to
	if err != nil {
		t.Fatal(err)
	}
	if saw.Method != method || arrived.Path != sent.Path || arrived.RawQuery != sent.RawQuery || saw.Image != w.Image || !strings.HasPrefix(saw.Pod, w.Name+"-") {
		t.Errorf("%s %s arrived as %+v", method, path, saw)
	}
	if len(saw.Args) != 2 || !strings.Contains(saw.Files[saw.Args[len(saw.Args)-1]], "group.id=mongo\n") {
		t.Errorf("the worker is run with %q and has %v", saw.Args, saw.Files)
	}
}
