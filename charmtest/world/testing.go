package world

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// settleBudget ends a Settle of a test that hangs.
const settleBudget = 4 * time.Minute

// Running is a world within a test: what fails ends the test.
type Running struct {
	*World
	tb testing.TB
}

// New starts a world for a test and closes it with the test, whose log then holds
// every hook and the status if the test failed.
func New(tb testing.TB, options Options) *Running {
	tb.Helper()
	w, err := Start(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("what happened:\n%s\n%s", w.Journal().Detail(), w.Status())
		}
		if err := w.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &Running{w, tb}
}

// Must ends the test when err is one.
func (r *Running) Must(err error) {
	r.tb.Helper()
	if err != nil {
		r.tb.Fatal(err)
	}
}

// MustSettle runs hooks until every unit is idle.
func (r *Running) MustSettle() {
	r.tb.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.tb.Context()), settleBudget)
	defer cancel()
	r.Must(r.Settle(ctx))
}

// MustSnapshot looks at everything.
func (r *Running) MustSnapshot() Snapshot {
	r.tb.Helper()
	s, err := r.Snapshot()
	r.Must(err)
	return s
}

// LeaderStatus is the status of an application's leader: "active: 1 worker, 2 connectors".
func (r *Running) LeaderStatus(app string) string {
	for _, unit := range r.Status().Units {
		if unit.App == app && unit.Leader {
			return unit.Workload + ": " + unit.Message
		}
	}
	return ""
}

// MustIntegrateKafka adds an application "kafka" for the embedded brokers and
// relates it to the application's endpoint of that name.
func (r *Running) MustIntegrateKafka(app string) *charmtest.RemoteApp {
	r.tb.Helper()
	remote, err := r.AddKafka("kafka")
	r.Must(err)
	r.Must(r.Integrate(app+":kafka", "kafka:client"))
	return remote
}

// Charm makes a charm to deploy of a layer's folder: its files joined with those of
// the layers it includes, as package layers finds them, and the program in its
// folder dispatch, compiled.
func Charm(tb testing.TB, layer string) string {
	tb.Helper()
	dir := tb.TempDir()
	if err := layers.Make(tb.Context(), dir, layer); err != nil {
		tb.Fatal(err)
	}
	program := "./" + filepath.ToSlash(filepath.Join(layer, "dispatch"))
	if filepath.IsAbs(layer) {
		program = filepath.Join(layer, "dispatch")
	}
	if err := charmtest.Build(tb.Context(), program, filepath.Join(dir, "dispatch")); err != nil {
		tb.Fatal(err)
	}
	return dir
}
