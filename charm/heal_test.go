package charm_test

// What somebody did to a connector past the charm, and what the next
// update-status makes of it.

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// past asks Connect itself, as anybody can who reaches it.
func (l *life) past(method, path, body string) (answer string) {
	l.t.Helper()
	request, err := http.NewRequestWithContext(l.t.Context(), method, "http://"+l.Group("connect").Workers()[0].ID()+path, strings.NewReader(body))
	l.Must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	l.Must(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	l.Must(err)
	if response.StatusCode/100 != 2 {
		l.t.Fatalf("%s %s: %s", method, path, response.Status)
	}
	return string(content)
}

// wantShown waits until Connect shows the sink's state, which follows the request; "" for a sink that is gone.
func (l *life) wantShown(state string) {
	l.t.Helper()
	if state == "" {
		return
	}
	l.eventually(func() string {
		var shown map[string]struct {
			Status struct{ Connector struct{ State string } }
		}
		l.Must(json.Unmarshal([]byte(l.past("GET", "/connectors?expand=status", "")), &shown))
		if got := shown["connect-sink"].Status.Connector.State; got != strings.ToUpper(state) {
			return "Connect shows the sink " + got
		}
		return ""
	})
}

// asks gives the requests that Connect got in what is done, "GET /connectors", without the tests' own.
func (l *life) asks(do func()) (requests []string) {
	l.t.Helper()
	before := len(l.Group("connect").Journal())
	do()
	for _, call := range l.Group("connect").Journal()[before:] {
		requests = append(requests, call.Method+" "+call.Path)
	}
	return requests
}

func TestHealsWhatWasDonePastTheCharm(t *testing.T) {
	t.Parallel()
	const sink = "/connectors/connect-sink"
	tests := map[string]struct {
		before func(*life) // by the charm's own actions
		past   func(*life)
		wrong  string // how the sink is until the charm comes by
		want   string
	}{
		"paused": {past: func(l *life) { l.past("PUT", sink+"/pause", "") }, wrong: "paused", want: "running"},
		"resumed": {
			before: func(l *life) {
				l.run(l.Leader("connect"), "pause-connector", map[string]any{"name": "connect-sink"})
				l.wantShown("paused")
			},
			past: func(l *life) { l.past("PUT", sink+"/resume", "") }, wrong: "running", want: "paused",
		},
		"stopped": {past: func(l *life) { l.past("PUT", sink+"/stop", "") }, wrong: "stopped", want: "running"},
		"deleted": {past: func(l *life) { l.past("DELETE", sink, "") }, want: "running"},
		"changed": {
			past: func(l *life) {
				l.past("PUT", sink+"/config", `{"connector.class":"FileStreamSink","topics":"others","file":"`+l.to+`"}`)
			},
			wrong: "running", want: "running",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{})
			l.deploy(1)
			if test.before != nil {
				test.before(l)
			}
			test.past(l)
			wrong := []string{"connect-source running"}
			if test.wrong != "" {
				wrong = append(wrong, "connect-sink "+test.wrong)
			}
			slices.Sort(wrong)
			l.wantConnectors(wrong...)
			l.wantShown(test.wrong)
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			l.wantConnectors("connect-sink "+test.want, "connect-source running")
			l.wantStatus("connect/0", runningStatus)
			l.wantShown(test.want)
			if test.want == "running" {
				l.wantBytes("again")
			}
			l.wantSteady()
		})
	}
}

// wantSteady: one look by the leader is all that an update-status asks of Connect
// where everything is as it should be.
func (l *life) wantSteady() {
	l.t.Helper()
	got := l.asks(func() {
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
	})
	if want := []string{"GET /connectors?expand=info&expand=status"}; !slices.Equal(got, want) {
		l.t.Errorf("a steady update-status asked Connect %q, want %q", got, want)
	}
}

// Followers ask nothing.
func TestOnlyTheLeaderLooks(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(3)
	l.wantSteady()
}
