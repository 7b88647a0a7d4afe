package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	file "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	"github.com/connectcharm/kafka-connect-base/helpers"
	_ "github.com/connectcharm/kafka-connect-base/hooks" // compiled below: go test has to know
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(m.Run())
}

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
	dir := t.TempDir()
	must(t, charmdir.Compose(dir, "../..", "."))
	must(t, charmtest.Build(t.Context(), "./dispatch", filepath.Join(dir, "dispatch")))
	w, err := world.Start(world.Options{})
	must(t, err)
	defer func() { must(t, w.Close()) }()

	must(t, w.Deploy("files", dir, charmtest.DeployOptions{Config: map[string]any{"topics": "a b", "kubeconfig": w.Kubeconfig()}}))
	_, err = w.AddKafka("kafka")
	must(t, err)
	must(t, w.Integrate("files:kafka", "kafka:client"))
	settle(t, w)
	want := map[string]world.Connector{
		"files-source": {Target: "RUNNING", Config: map[string]string{"name": "files-source", "connector.class": "FileStreamSource", "file": "/tmp/source.txt", "topic": "a"}},
		"files-sink":   {Target: "RUNNING", Config: map[string]string{"name": "files-sink", "connector.class": "FileStreamSink", "file": "/tmp/sink.txt", "topics": "a,b"}},
	}
	wantConnectors(t, w, want)

	must(t, w.Configure("files", map[string]any{"sink-file": "/tmp/other.txt"}))
	settle(t, w)
	want["files-sink"].Config["file"] = "/tmp/other.txt"
	wantConnectors(t, w, want)
}

func wantConnectors(t *testing.T, w *world.World, want map[string]world.Connector) {
	t.Helper()
	s, err := w.Snapshot()
	must(t, err)
	if diff := cmp.Diff(want, s.Connectors); diff != "" {
		t.Errorf("connectors (-want +got)\n%s", diff)
	}
}

func settle(t *testing.T, w *world.World) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := w.Settle(ctx); err != nil {
		t.Fatal(errors.Join(err, errors.New(w.Journal().Detail())))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
