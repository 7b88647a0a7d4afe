package charm_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
	"github.com/connectcharm/kafka-connect-base/layers"

	// Compiled by TestMain; imported so that go test knows a change of it.
	_ "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file"
	_ "github.com/connectcharm/kafka-connect-base/hooks"
)

// fileCharm is the folder of the file example, composed and compiled once for
// all tests of this package: what they run is the binary that would be deployed.
var fileCharm string

func TestMain(m *testing.M) {
	charmtest.ToolMain()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if fileCharm = os.Getenv(builtCharm); fileCharm != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "file-charm-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	fileCharm = dir
	if err := layers.Make(context.Background(), dir, "../examples/kafka-connect-file"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := charmtest.Build(context.Background(), "../examples/kafka-connect-file/dispatch", filepath.Join(dir, "dispatch")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// builtCharm is the variable in which a test that runs this program again says
// where the file charm is already.
const builtCharm = "FILE_CHARM"

// life is a world for one test, with the file charm in it.
type life struct {
	*world.Running
	t        *testing.T
	from, to string // what the connectors read and write
}

func newLife(t *testing.T, options world.Options) *life {
	t.Helper()
	dir := t.TempDir()
	return &life{world.New(t, options), t, filepath.Join(dir, "from.txt"), filepath.Join(dir, "to.txt")}
}

// deploy brings the file charm to where its connectors run.
func (l *life) deploy(units int) {
	l.t.Helper()
	l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "kubeconfig": l.Kubeconfig(), "source-file": l.from, "sink-file": l.to,
	}}))
	l.MustIntegrateKafka("connect")
	l.MustSettle()
}

// status is one unit's workload status, "active: 1 worker, 2 connectors".
func (l *life) status(unit string) string {
	l.t.Helper()
	for _, u := range l.Status().Units {
		if u.Name == unit {
			return u.Workload + ": " + u.Message
		}
	}
	l.t.Fatalf("there is no unit %s", unit)
	return ""
}
