package file_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	file "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	"github.com/connectcharm/kafka-connect-base/helpers"
	_ "github.com/connectcharm/kafka-connect-base/hooks" // world.Charm compiles it: go test has to know
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Together with the base layer's, no rule waits for a flag that nobody sets.
func TestRules(t *testing.T) {
	t.Parallel()
	rules := append(charm.Layer(&helpers.Unit{}), file.Layer(&helpers.Unit{})...)
	if err := reactive.Check(rules); err != nil {
		t.Error(err)
	}
}

// TestLayer deploys the charm and changes an option: the connector follows.
func TestLayer(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{})
	w.Must(w.Deploy("files", world.Charm(t, "."), charmtest.DeployOptions{
		Config: map[string]any{"topics": "a b", "kubeconfig": w.Kubeconfig()},
	}))
	w.MustIntegrateKafka("files")
	w.MustSettle()
	if got, want := w.LeaderStatus("files"), "active: 1 worker, 2 connectors"; got != want {
		t.Errorf("status is %q, want %q", got, want)
	}
	want := map[string]world.Connector{
		"files-source": {Target: "RUNNING", Config: map[string]string{"name": "files-source", "connector.class": "FileStreamSource", "file": "/tmp/source.txt", "topic": "a"}},
		"files-sink":   {Target: "RUNNING", Config: map[string]string{"name": "files-sink", "connector.class": "FileStreamSink", "file": "/tmp/sink.txt", "topics": "a,b"}},
	}
	if diff := cmp.Diff(want, w.MustSnapshot().Connectors); diff != "" {
		t.Errorf("connectors (-want +got)\n%s", diff)
	}

	w.Must(w.Configure("files", map[string]any{"sink-file": "/tmp/other.txt"}))
	w.MustSettle()
	want["files-sink"].Config["file"] = "/tmp/other.txt"
	if diff := cmp.Diff(want, w.MustSnapshot().Connectors); diff != "" {
		t.Errorf("connectors (-want +got)\n%s", diff)
	}
}
