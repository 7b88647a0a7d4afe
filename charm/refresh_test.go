package charm_test

// juju refresh while a hook is in error.

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// brokenCharm does in the hook config-changed all that the real one does, and then fails.
func brokenCharm(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, err := range []error{
		os.CopyFS(dir, os.DirFS(fileCharm)),
		os.Rename(filepath.Join(dir, "dispatch"), filepath.Join(dir, "real")),
		os.WriteFile(filepath.Join(dir, "dispatch"), []byte("#!/bin/sh\n./real || exit $?\ncase $JUJU_DISPATCH_PATH in */config-changed) exit 3;; esac\n"), 0o755),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRefreshInError: the charm that comes to help is forced onto a unit whose hook failed, so neither upgrade-charm
// nor config-changed runs for it; or it waits until the operator has passed over the hook.
func TestRefreshInError(t *testing.T) {
	t.Parallel()
	for name, force := range map[string]bool{"forced": true, "after juju resolve --no-retry": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, world.Options{Model: charmtest.Options{Retries: 1}})
			l.deploy(2)
			leader := l.Leader("connect")
			l.Must(l.Refresh("connect", brokenCharm(t)))
			l.Must(l.Configure("connect", map[string]any{"workers": 2}))
			if err := l.Settle(t.Context()); err == nil || !strings.Contains(err.Error(), "config-changed") {
				t.Fatalf("the broken charm settles: %v", err)
			}
			hooks := len(l.Journal())
			l.Must(l.Refresh("connect", fileCharm, charmtest.DeployOptions{ForceUnits: force}))
			if !force {
				for _, unit := range l.Units("connect") {
					l.Must(l.ResolveSkip(unit))
				}
			}
			l.MustSettle()
			upgraded := 0
			for _, h := range l.JournalSince(hooks) {
				if h.Name == "upgrade-charm" {
					upgraded++
				}
			}
			if force != (upgraded == 0) {
				t.Errorf("upgrade-charm ran %d times", upgraded)
			}
			l.wantStatus(leader, "active: 2 workers, 2 connectors")
			l.wantConnectors("connect-sink running", "connect-source running")
			l.wantReplicas(2)
			l.wantBytes("refreshed")
			if groups := l.Groups(); len(groups) != 1 {
				t.Errorf("Connect groups %q, want one", groups)
			}
			l.Must(l.UpdateStatus("connect"))
			l.MustSettle()
			l.wantStatus(leader, "active: 2 workers, 2 connectors")
		})
	}
}

// TestExplainInError: explain answers while the unit's hook is in error, and says why it is.
func TestExplainInError(t *testing.T) {
	t.Parallel()
	var full atomic.Bool
	l := newLife(t, world.Options{Model: charmtest.Options{Retries: 1, Before: func(call charmtest.ToolCall) charmtest.Verdict {
		if full.Load() && call.Tool == "relation-set" {
			return charmtest.Fail
		}
		return charmtest.Proceed
	}}})
	l.deploy(1)
	full.Store(true)
	l.Must(l.Configure("connect", map[string]any{"workers": 2}))
	if err := l.Settle(t.Context()); err == nil {
		t.Fatal("no hook failed")
	}
	got := l.run("connect/0", "explain", nil).Results
	if failure, _ := got["failure"].(string); !strings.Contains(failure, " config-changed: ") {
		t.Errorf("failure is %q", failure)
	}
	if rules, _ := got["rules"].(string); !strings.Contains(rules, "\ncompare with what was deployed: due\n") {
		t.Errorf("rules are\n%s", rules)
	}
	full.Store(false)
	l.Must(l.Resolve("connect/0"))
	l.MustSettle()
	l.wantStatus("connect/0", "active: 2 workers, 2 connectors")
	if failure, still := l.run("connect/0", "explain", nil).Results["failure"]; still {
		t.Errorf("failure is still %q", failure)
	}
}
