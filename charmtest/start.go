// For tests: a model that closes with the test and tells its story when the test fails.

package charmtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// settleBudget ends a Settle of a test that hangs, well before go test's own ten minutes.
const settleBudget = 4 * time.Minute

// Running is a model within a test: every command that fails ends the test.
type Running struct {
	*Model
	tb testing.TB
}

// Start makes a model for a test and closes it at the test's end; when the test has failed, it first writes the
// whole journal into the test's log. At most one Options is looked at.
func Start(tb testing.TB, opts ...Options) *Running {
	tb.Helper()
	var opt Options
	if len(opts) > 0 {
		opt = opts[0]
	}
	m, err := New(opt)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("what happened:\n%s\n%s", m.Journal().Detail(), m.Status())
		}
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &Running{Model: m, tb: tb}
}

// Must ends the test when err is one.
func (r *Running) Must(err error) {
	r.tb.Helper()
	if err != nil {
		r.tb.Fatal(err)
	}
}

// MustDeploy deploys.
func (r *Running) MustDeploy(app, charm string, opt DeployOptions) {
	r.tb.Helper()
	r.Must(r.Deploy(app, charm, opt))
}

// MustRemote adds a scripted application.
func (r *Running) MustRemote(app, endpoint, iface string, units int) *RemoteApp {
	r.tb.Helper()
	remote, err := r.Remote(app, endpoint, iface, units)
	r.Must(err)
	return remote
}

// MustSettle settles, and gives the hooks that ran for it. A unit left in error ends the test.
func (r *Running) MustSettle() Journal {
	r.tb.Helper()
	before := len(r.Journal())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.tb.Context()), settleBudget)
	defer cancel()
	r.Must(r.Settle(ctx))
	return r.JournalSince(before)
}

// MustRun runs an action; that the action itself failed does not end the test.
func (r *Running) MustRun(unit, action string, params map[string]any) ActionResult {
	r.tb.Helper()
	result, err := r.RunAction(r.tb.Context(), unit, action, params)
	r.Must(err)
	return result
}

// Build compiles the Go package pkg (a path such as "./cmd/dispatch", or an import path) to the static program out,
// as it would be packed: without cgo, paths and symbols. Go's own build cache makes a second call quick. It needs
// the go command and runs it in the current folder.
func Build(ctx context.Context, pkg, out string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot build %q: %w\n%s", pkg, err, text)
	}
	return nil
}
