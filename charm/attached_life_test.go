package charm_test

// What the tests of attached connectors do with a life.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

func packed(t testing.TB, files map[string]string) []byte {
	t.Helper()
	content, err := world.Pack(files)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// archive writes one, under the name that Juju wants.
func (l *life) archive(content []byte) string {
	l.t.Helper()
	path := filepath.Join(l.t.TempDir(), "connectors.tgz")
	l.Must(os.WriteFile(path, content, 0o600))
	return path
}

// attach attaches a folder and runs the hooks that follow.
func (l *life) attach(files map[string]string) {
	l.t.Helper()
	l.Must(l.AttachResource("connect", "connectors", l.archive(packed(l.t, files))))
	l.MustSettle()
}

// folderOf has a sink for each name, with a library they share.
func folderOf(names ...string) map[string]string {
	files := map[string]string{
		"connectors/sinks.libsonnet": `{ sink(topics):: { 'connector.class': 'FileStreamSink', topics: topics, file: '/dev/null' } }`,
	}
	for _, name := range names {
		files["connectors/prod/"+name+".jsonnet"] = `(import '../sinks.libsonnet').sink('lines')`
	}
	return files
}

// writes gives what was written to Connect while something is done: "PUT /connectors/a/config".
func (l *life) writes(do func()) (list []string) {
	l.t.Helper()
	before := len(l.Group("connect").Writes())
	do()
	for _, call := range l.Group("connect").Writes()[before:] {
		if !strings.HasSuffix(call.Path, "/validate") { // which asks
			list = append(list, call.Method+" "+call.Path)
		}
	}
	slices.Sort(list)
	return list
}

func (l *life) wantWrites(what string, got []string, want ...string) {
	l.t.Helper()
	if !slices.Equal(got, want) {
		l.t.Errorf("%s wrote %q, want %q", what, got, want)
	}
}

func (l *life) configure(options map[string]any) {
	l.t.Helper()
	l.Must(l.Configure("connect", options))
	l.MustSettle()
}

func (l *life) deployAttached(units int, files map[string]string) {
	l.t.Helper()
	l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{
		Units: units, Resources: map[string]string{"connectors": l.archive(packed(l.t, files))},
		Config: map[string]any{"topics": "lines", "kubeconfig": l.Kubeconfig(), "source-file": l.from, "sink-file": l.to},
	}))
	l.MustIntegrateKafka("connect")
	l.MustSettle()
}

// differ says how a text is not as it should be; "" where it is.
func differ(got, want string) string {
	if got == want {
		return ""
	}
	return fmt.Sprintf("it is %q, want %q", got, want)
}
