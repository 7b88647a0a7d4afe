package kube_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// worker answers with what it was asked.
func worker(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // compared by the test
		if r.URL.Path == "/connectors/missing" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error_code":404,"message":"Connector missing not found"}`)
			return
		}
		fmt.Fprintf(w, "%s %s %s auth=%q", r.Method, r.URL.RequestURI(), body, r.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func deployed(t *testing.T) (*kubetest.Server, *kube.Client, kube.Workers) {
	t.Helper()
	addr := worker(t)
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: starter(
		func(kubetest.Pod) (kubetest.Running, error) { return at(addr), nil })})
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	rollout(t, client, w, done)
	return server, client, w
}

// call sends one request through a Transport and returns status and body.
func call(t *testing.T, c *kube.Client, w kube.Workers, method, path, body string) (int, string) {
	t.Helper()
	base, rt, err := c.Transport(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := rt.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestTransportReachesAWorkerThroughTheProxy(t *testing.T) {
	t.Parallel()
	_, client, w := deployed(t)
	for _, c := range []struct{ method, path, body, want string }{
		{"GET", "/connectors?expand=info&expand=status", "", `GET /connectors?expand=info&expand=status  auth=""`},
		{"PUT", "/connectors/" + url.PathEscape("a b+c:é#?") + "/config", "{}", `PUT /connectors/a%20b+c:%C3%A9%23%3F/config {} auth=""`},
		{"DELETE", "/connectors/x", "", `DELETE /connectors/x  auth=""`},
	} {
		if code, got := call(t, client, w, c.method, c.path, c.body); code != 200 || got != c.want {
			t.Errorf("%s %s: %d %s", c.method, c.path, code, got)
		}
	}
	if code, got := call(t, client, w, "GET", "/connectors/missing", ""); code != 404 || got != `{"error_code":404,"message":"Connector missing not found"}` {
		t.Errorf("an error of Connect's own: %d %s", code, got)
	}
}

// What the API server itself says has the shape of Connect's errors.
func TestTransportTranslatesTheProxysErrors(t *testing.T) {
	t.Parallel()
	server, client, w := deployed(t)
	message := func(c *kube.Client, w kube.Workers) string {
		code, body := call(t, c, w, "GET", "/connectors", "")
		var e struct {
			Code    int `json:"error_code"`
			Message string
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.Code != code {
			t.Errorf("%d %q: %v", code, body, err)
		}
		return fmt.Sprintf("%d %s", code, e.Message)
	}
	_, limited := server.AddUser("limited", rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"services"}})
	const where = "cannot proxy to service/data/mongo-connect: "
	if got, want := message(connect(t, limited), w), "403 "+where+"the charm's account cannot get services/proxy in namespace data: grant it the Role in docs/reference/rbac.md"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := client.Scale(t.Context(), w, 0); err != nil {
		t.Fatal(err)
	}
	stopped := w
	stopped.Replicas = 0
	rollout(t, client, stopped, done)
	if got, want := message(client, w), "503 "+where+`no endpoints available for service "mongo-connect"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := client.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if got, want := message(client, w), "503 "+where+`services "mongo-connect" not found`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTransportRefusesCredentialsForConnect(t *testing.T) {
	t.Parallel()
	_, client, w := deployed(t)
	base, rt, err := client.Transport(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "GET", base+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("user", "hunter2")
	response, err := rt.RoundTrip(request)
	if err == nil {
		response.Body.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "cannot reach Kafka Connect through the API server with credentials") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

func TestPodsAreToldTheirNameAndConfiguration(t *testing.T) {
	t.Parallel()
	got := make(chan kubetest.Pod, 3)
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: starter(
		func(p kubetest.Pod) (kubetest.Running, error) { got <- p; return at(""), nil })})
	client, w := connect(t, server.Kubeconfig()), example()
	w.Replicas = 1
	apply(t, client, w)
	rollout(t, client, w, done)
	p := <-got
	if p.Env["CONNECT_ADVERTISED_HOST"] != "mongo-connect-0.mongo-connect-workers.data.svc" || p.Env["KAFKA_HEAP_OPTS"] != "-Xmx768m" {
		t.Errorf("environment: %v", p.Env)
	}
	if file := p.Files[p.Command[len(p.Command)-1]]; !strings.Contains(string(file), "group.id=mongo\n") {
		t.Errorf("command %q reads %q", p.Command, file)
	}
}
