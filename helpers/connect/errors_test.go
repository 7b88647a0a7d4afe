package connect

// The table of refusals, each with the words of whoever says it.

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	t.Parallel()
	connect := func(message string) string { return `{"error_code":0,"message":"` + message + `"}` }
	tests := []struct {
		status int
		body   string
		want   Kind
	}{
		{409, connect("Connector x already exists"), Conflict},
		{409, connect("Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)"), Rebalancing},
		{409, connect("Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway."), Rebalancing},
		{409, connect("Cannot complete request because of a conflicting operation (e.g. worker rebalance)"), Rebalancing},
		{500, connect("Request cannot be completed because a rebalance is expected"), Rebalancing},
		{500, connect("Request timed out"), Unsure},
		{500, connect("Request timed out. The worker is currently ensuring membership in the cluster, which began at 2026-01-01T00:00:00Z"), Unsure},
		{500, connect("IO Error trying to forward REST request: java.net.ConnectException: Connection refused"), Unsure},
		{500, connect("Error trying to forward REST request: Connector X not found"), Unsure},
		{500, connect("Failed to perform zombie fencing. There may be zombie sink tasks; the request can be safely retried"), Rebalancing},
		{500, connect("Failed to find any class that implements Connector and which name matches com.x.Y, available connectors are: PluginDesc{klass=class a}"), Failed},
		{500, connect("Cannot deserialize value of type `java.lang.String` from Object value (token `JsonToken.START_OBJECT`)"), Failed},
		{500, connect("Unexpected end-of-input within/between Object entries"), Failed},
		{500, connect("No enum constant org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest.InitialState.X"), Failed},
		{400, connect("Connector configuration is invalid and contains the following 1 error(s):\\nx"), Invalid},
		{400, connect("Failed to find any class that implements Connector and which name matches x"), Invalid},
		{400, connect("Connectors must be in the STOPPED state before their offsets can be modified."), Invalid},
		{404, connect("Connector x not found"), NotFound},
		{404, connect("No status found for connector x"), NotFound},
		{404, connect("Logger 409 rebalance not found."), NotFound},
		{403, connect("Topic tracking is disabled."), Denied},
		{405, connect("HTTP 405 Method Not Allowed"), Invalid},
		{415, connect("HTTP 415 Unsupported Media Type"), Invalid},
		{422, connect("no"), Invalid},
		{429, connect("slow down"), NotReady},
		{401, "User cannot access the resource.", Denied},
		{401, "", Denied},
		{503, `{"status":"starting","message":"Worker is still starting up."}`, NotReady},
		{500, `{"status":"unhealthy","message":"Worker was unable to handle this request and may be unable to handle other requests."}`, NotReady},
		{503, `{"kind":"Status","status":"Failure","message":"no endpoints available for service \"x\"","reason":"ServiceUnavailable","code":503}`, NotReady},
		{503, "error trying to reach service: dial tcp 10.0.0.1:8083: connect: connection refused", NotReady},
		{500, `{"kind":"Status","status":"Failure","message":"error trying to reach service: EOF","code":500}`, NotReady},
		{403, `{"kind":"Status","status":"Failure","message":"services \"x\" is forbidden: User \"u\" cannot get resource \"services/proxy\"","code":403}`, Denied},
		{404, `{"kind":"Status","status":"Failure","message":"services \"x\" not found","reason":"NotFound","code":404}`, Foreign},
		{404, "<html>default backend - 404</html>", Foreign},
		{400, "<html>HTTP ERROR 400 Ambiguous URI encoding</html>", Foreign},
		{400, "", Foreign},
		{502, "<html>Bad Gateway</html>", Unsure},
		{504, "<html>Gateway Time-out</html>", Unsure},
		{200, "<html>please log in</html>", Foreign},
		{302, "", Foreign},
	}
	for _, test := range tests {
		c, err := New(Options{URLs: []string{"http://connect"}})
		if err != nil {
			t.Fatal(err)
		}
		resp := &Response{StatusCode: test.status}
		if test.body != "" {
			resp.JSON = []byte(test.body)
		}
		got, fail := c.judge(request{method: "GET", path: "/connectors/x"}, resp, "text/html")
		switch {
		case fail == nil:
			t.Errorf("%d %s: no error", test.status, test.body)
		case fail.Kind != test.want || !errors.Is(fail, test.want):
			t.Errorf("%d %s: is %s, want %s", test.status, test.body, fail.Kind, test.want)
		case fail.Message == "" || !strings.HasPrefix(fail.Error(), "cannot GET /connectors/x: "):
			t.Errorf("%d %s: says %q", test.status, test.body, fail)
		case got == nil || got.StatusCode != test.status:
			t.Errorf("%d %s: gives %v", test.status, test.body, got)
		}
	}
}

// answers is a RoundTripper that a test writes down.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func answerWith(status int, body string) (*http.Response, error) {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func TestFirstLine(t *testing.T) {
	t.Parallel()
	config := map[string]string{"connection.password": "hunter22", "topics": "orders"}
	trace := "\norg.apache.kafka.connect.errors.ConnectException: cannot sign in to orders with hunter22, token=abc\n\tat Task.run(Task.java:1)\n"
	const want = "org.apache.kafka.connect.errors.ConnectException: cannot sign in to orders with ****, token=****"
	if got := FirstLine(trace, config); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
