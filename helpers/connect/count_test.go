package connect_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

func TestRequests(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{}, 1, connect.Options{})
	cluster.Inject(connecttest.Fault{Method: http.MethodPut, Path: "/connectors/*/config", Lost: connecttest.AfterApply})
	config := map[string]any{"connector.class": "FileStreamSource", "topic": "lines"}
	for _, name := range []string{"a", "b c"} {
		if _, err := c.PutConfig(t.Context(), name, config); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Validate(t.Context(), name, config); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{"PUT /connectors/*/config": 2, "GET /connectors": 1, "PUT /connector-plugins/*/config/validate": 2}
	if got := c.Requests(); !maps.Equal(got, want) {
		t.Errorf("the requests are %v, want %v", got, want)
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"****": true, "********": true, "••••": true, "": false, "***": false, "**a**": false, "${env:A}": false} {
		if connect.Masked(value) != want {
			t.Errorf("Masked(%q) is %v", value, !want)
		}
	}
}
