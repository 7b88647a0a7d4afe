package connectors_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// strange is a cluster with everything that is hard to write down.
func strange() *connectors.Live {
	live := &connectors.Live{Connectors: map[string]connect.Expanded{}}
	add := func(name, state string, config map[string]string) {
		config["name"] = name
		live.Connectors[name] = connect.Expanded{
			Info:   connect.Info{Name: name, Config: config, Type: "sink"},
			Status: connect.Status{Name: name, Connector: connect.State{State: state}, Tasks: []connect.State{{State: state}}},
		}
	}
	for i := range 9 {
		add(fmt.Sprintf("s3-%d", i), connect.Running, map[string]string{
			"connector.class": "io.confluent.connect.s3.S3SinkConnector", "topics": fmt.Sprintf("topic-%d", i),
			"s3.region": "us-west-2", "flush.size": map[bool]string{true: "1000", false: "500"}[i%3 == 0], "tasks.max": "4",
			"path.format": "dt=${ingestion_time}/x='\"\\\n\u2028€", "self": "a word of Jsonnet", "aws.secret.access.key": fmt.Sprintf("literal-secret-%d", i),
			"message.key.columns": "harmless:id",
		})
	}
	add("S3-0", connect.Paused, map[string]string{"connector.class": "One", connectors.OwnerKey: ours})
	add("ünïcode of blanks & more", connect.Stopped, map[string]string{"connector.class": "One",
		"connection.uri": "mongodb://user:pass-in-address@host/db", "password": "${file:/etc/x:password}", "hidden.value": "********"})
	add(strings.Repeat("long", 80), connect.FailedNow, map[string]string{"connector.class": "Two"})
	return live
}

func TestExportIsAFolderWithoutChanges(t *testing.T) {
	t.Parallel()
	live := strange()
	o := connectors.ExportOptions{Environment: "prod", Owner: "team", URLs: []string{"http://connect:8083"}}
	files, err := connectors.Export(live, o)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := connectors.Export(strange(), o); err != nil || !reflect.DeepEqual(again, files) {
		t.Errorf("a second export differs: %v", err)
	}
	dir := t.TempDir()
	for name, text := range files {
		if name != connectors.SecretsFile("prod") && (bytes.Contains(text, []byte("literal-secret")) || bytes.Contains(text, []byte("pass-in-address"))) {
			t.Errorf("%s holds a password:\n%s", name, text)
		}
		testfile.Write(t, filepath.Join(dir, filepath.FromSlash(name)), string(text))
	}
	folder, err := connectors.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	environment, err := folder.Environment("prod")
	if err != nil {
		t.Fatal(err)
	}
	desired, err := folder.Load(t.Context(), environment, connectors.LoadOptions{NoCache: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(desired.Connectors) != len(live.Connectors) {
		t.Errorf("%d connectors were written, want %d", len(desired.Connectors), len(live.Connectors))
	}
	p, err := connectors.NewPlan(desired.Connectors, live, environment.Policy)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Empty() {
		var text bytes.Buffer
		_ = p.Text(&text, connectors.TextOptions{})
		t.Errorf("the plan of an export is not empty:\n%s", &text)
	}
	if cluster, err := environment.Cluster(""); err != nil || !slices.Equal(cluster.URLs, o.URLs) {
		t.Errorf("the cluster is %v, %v", cluster, err)
	}
}

func TestExportGolden(t *testing.T) {
	t.Parallel()
	files, err := connectors.Export(strange(), connectors.ExportOptions{Environment: "prod", Owner: "team", URLs: []string{"http://connect:8083"}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.Contains(name, "s3-") || strings.HasSuffix(name, "s3-0.jsonnet") || strings.HasSuffix(name, "s3-1.jsonnet") {
			fmt.Fprintf(&text, "-- %s --\n%s", name, files[name])
		}
	}
	testfile.Golden(t, "testdata/export.txt", text.String())
}

func TestExportRefuses(t *testing.T) {
	t.Parallel()
	if _, err := connectors.Export(strange(), connectors.ExportOptions{Environment: "../prod"}); err == nil {
		t.Error("an environment outside of the folder was accepted")
	}
	live := &connectors.Live{Connectors: map[string]connect.Expanded{"a/b": {}}}
	if _, err := connectors.Export(live, connectors.ExportOptions{Environment: "prod"}); err == nil {
		t.Error("a name that Connect mishandles was accepted")
	}
	files, err := connectors.Export(&connectors.Live{}, connectors.ExportOptions{Environment: "prod"})
	if err != nil || string(files[connectors.SettingsFile]) != "environments:\n  \"prod\": {}\n" {
		t.Errorf("an empty cluster gives %q, %v", files[connectors.SettingsFile], err)
	}
}
