package connectors_test

// Bad days: what a cluster does to an apply, and what is left afterwards.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// many are so many connectors, all alike.
func many(n int, more ...string) []connectors.Connector {
	var all []connectors.Connector
	for i := range n {
		all = append(all, source(fmt.Sprintf("c%04d", i), more...))
	}
	return all
}

var pruning = connectors.Policy{Owner: ours, Prune: true, MaxDelete: 1}

func TestApplyOutlastsWhatPasses(t *testing.T) {
	t.Parallel()
	const config = "/connectors/*/config"
	tests := map[string][]connecttest.Fault{
		"409 in a rebalance":     {{Method: "PUT", Path: config, Status: 409, Times: 5, Body: `{"error_code":409,"message":"Cannot complete request momentarily due to stale configuration"}`}},
		"500 in a rebalance":     {{Method: "PUT", Path: config, Status: 500, Times: 5, Body: `{"error_code":500,"message":"Request cannot be completed because a rebalance is expected"}`}},
		"answers lost":           {{Method: "PUT", Path: config, Lost: connecttest.AfterApply, Times: 5}},
		"requests lost":          {{Method: "PUT", Path: config, Lost: connecttest.BeforeApply, Times: 5}},
		"gave up, and did it":    {{Method: "PUT", Path: config, Status: 500, Times: 3, Body: `{"error_code":500,"message":"Request timed out"}`}},
		"a proxy without worker": {{Status: 502, Times: 6, Body: "<html>Bad Gateway</html>"}},
		"half up":                {{Status: 503, Times: 6, Body: "<html>no endpoints</html>"}},
		"deletions lost":         {{Method: "DELETE", Lost: connecttest.AfterApply, Times: 3}},
	}
	for name, faults := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, c := start(t, connecttest.Options{Timing: connecttest.Timing{Status: -1, Tasks: -1, Join: 20 * time.Millisecond, Stale: 5 * time.Millisecond}})
			apply(t, c, pruning, many(4)...)
			for _, fault := range faults {
				cluster.Inject(fault)
			}
			wanted := many(12, "batch.size", "7")[2:]
			apply(t, c, pruning, wanted...)
			if p := plan(t, c, pruning, wanted...); !p.Empty() {
				t.Errorf("a second plan is %s", actions(p))
			}
		})
	}
}

func TestLostAnswersAreNotWrittenTwice(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	cluster.Inject(connecttest.Fault{Method: "PUT", Path: "/connectors/*/config", Lost: connecttest.AfterApply, Times: 10})
	apply(t, c, pruning, many(10)...)
	if n := len(writes(cluster)); n != 10 {
		t.Errorf("%d writes for 10 connectors: %v", n, writes(cluster))
	}
}

func TestApplyWithoutACluster(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault connecttest.Fault
		kind  connect.Kind
	}{
		{"a login page", connecttest.Fault{Status: 200, Body: "<html>Log in</html>", Times: -1}, connect.Foreign},
		{"a wrong password", connecttest.Fault{Status: 401, Body: "<html>Unauthorized</html>", Times: -1}, connect.Denied},
		{"another service", connecttest.Fault{Status: 404, Body: "<html>Not Found</html>", Times: -1}, connect.Foreign},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cluster, c := start(t, connecttest.Options{})
			p := plan(t, c, pruning, many(2)...)
			cluster.Inject(test.fault)
			if _, err := connectors.Observe(t.Context(), c); !errors.Is(err, test.kind) {
				t.Errorf("looking says %v, want %s", err, test.kind)
			}
			report, err := connectors.Apply(t.Context(), c, p, quick())
			if report != nil || !errors.Is(err, test.kind) || !strings.Contains(err.Error(), "nothing was written") {
				t.Errorf("applying says %v, want %s and that nothing was written", err, test.kind)
			}
			if got := writes(cluster); got != nil {
				t.Errorf("it wrote %v", got)
			}
		})
	}
}

func TestTenWrongAmongAThousand(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, pruning, source("unwanted"))
	wanted := many(1000)
	for i := range 10 {
		wanted[i*100+7].Config["tasks.max"] = "0"
	}
	options := quick()
	options.Poll = 100 * time.Millisecond
	p := plan(t, c, pruning, wanted...)
	report, err := connectors.Apply(t.Context(), c, p, options)
	if err == nil {
		t.Fatal("nothing failed")
	}
	if done, failed, not := report.Count(connectors.Done), report.Count(connectors.Failed), report.Count(connectors.NotDone); done != 990 || failed != 10 || not != 1 {
		t.Errorf("%d are done, %d failed, %d not done; want 990, 10, 1", done, failed, not)
	}
	for _, want := range []string{"11 of 1001", `create connector "c0907" (connectors/prod/c0907.jsonnet): it is not valid: tasks.max: Invalid value 0`, "1 deletion not begun"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if lines := strings.Count(err.Error(), "\n"); lines != 11 {
		t.Errorf("the error has %d lines below the first, want 11:\n%v", lines, err)
	}
	if n := len(writes(cluster)); n != 1+990 {
		t.Errorf("%d writes, want 991", n)
	}
	if cluster.Store().Config("connect-configs", "unwanted") == nil {
		t.Error("something was deleted although something had failed")
	}
}

func TestAHangingValidation(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	cluster.Inject(connecttest.Fault{Method: "PUT", Path: "/connector-plugins/*/config/validate", Hang: true})
	options := quick()
	options.ValidationTimeout = 300 * time.Millisecond
	report, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, many(20)...), options)
	if report.Count(connectors.Done) != 19 || report.Count(connectors.Failed) != 1 || !strings.Contains(err.Error(), "its validation did not end in 300ms") {
		t.Errorf("%s %v", report.Summary(), err)
	}
	if n := len(writes(cluster)); n != 19 {
		t.Errorf("%d were written, want 19", n)
	}
}

func TestWhatFailsToStartIsTold(t *testing.T) {
	t.Parallel()
	broken := connecttest.Plugin{Class: "Broken", Type: "source", Version: "1", Start: func(config map[string]string) error {
		return errors.New("cannot log in with " + config["password"])
	}}
	_, c := start(t, connecttest.Options{Plugins: []connecttest.Plugin{broken}})
	bad := source("bad", "password", "hunter2")
	bad.Config["connector.class"] = "Broken"
	report, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, append(many(5), bad)...), quick())
	if report.Count(connectors.Done) != 5 || report.Count(connectors.Failed) != 1 {
		t.Errorf("%s %v", report.Summary(), err)
	}
	if text := fmt.Sprint(err); strings.Contains(text, "hunter2") || !strings.Contains(text, "task 0 failed: org.apache.kafka.connect.errors.ConnectException: cannot log in with ****") {
		t.Errorf("the error is %v", err)
	}
	health := connectors.CheckHealth(observe(t, c))
	if sick := health.Unhealthy(); len(sick) != 1 || sick[0].Name != "bad" || sick[0].State != connect.Running || strings.Contains(sick[0].Problem, "hunter2") {
		t.Errorf("unhealthy are %v", sick)
	}
}

func TestFailedTasksAreRestartedAfterAChange(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, pruning, source("a"))
	cluster.Fail("a", 0, "java.lang.Exception: disk full", true)
	options := quick()
	options.Settle = 20 * time.Millisecond
	report, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, source("a", "batch.size", "3")), options)
	if report.Count(connectors.Failed) != 1 || !strings.Contains(fmt.Sprint(err), "disk full") {
		t.Errorf("%s %v", report.Summary(), err)
	}
	if n := report.Requests["POST /connectors/*/restart"]; n != 1 {
		t.Errorf("it was restarted %d times, want once", n)
	}
	cluster.Mend("a")
	for _, one := range connectors.RestartFailed(t.Context(), c, observe(t, c), nil) {
		if one.Name != "a" || one.Err != nil || !strings.Contains(one.Why, "disk full") {
			t.Errorf("restarted %+v", one)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); len(connectors.CheckHealth(observe(t, c)).Unhealthy()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not run again")
		}
	}
}

func TestTwoAppliesAtOnce(t *testing.T) {
	t.Parallel()
	for name, second := range map[string][]connectors.Connector{
		"of the same":     append(many(30, "batch.size", "1"), in(connectors.Stopped, source("s"))),
		"of another kind": append(many(20, "batch.size", "2"), in(connectors.Stopped, source("s"))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, c := start(t, connecttest.Options{Timing: connecttest.Timing{Status: -1, Tasks: -1, Join: time.Millisecond}})
			apply(t, c, pruning, many(10)...)
			first := append(many(30, "batch.size", "1"), in(connectors.Stopped, source("s")))
			plans := []*connectors.Plan{plan(t, c, pruning, first...), plan(t, c, pruning, second...)}
			var both sync.WaitGroup
			for _, p := range plans {
				both.Go(func() {
					report, err := connectors.Apply(t.Context(), client(t, cluster.Workers()[0].URL()), p, quick())
					if report == nil || name == "of the same" && err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			for name, one := range observe(t, c).Connectors {
				if size := one.Info.Config["batch.size"]; size != "1" && size != "2" && name != "s" {
					t.Errorf("%q has the batch size %q, which nobody wanted", name, size)
				}
			}
			apply(t, c, pruning, second...)
			if p := plan(t, c, pruning, second...); !p.Empty() {
				t.Errorf("a last plan is %s", actions(p))
			}
		})
	}
}

func TestAnInterruptedApplyIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, pruning, source("unwanted"))
	wanted := many(40)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("interrupted")
	options := quick()
	options.Parallel = 4
	options.Progress = func(e connectors.Event) {
		if e.Phase == connectors.Writing && e.Done == 10 {
			cancel(stop)
		}
	}
	report, err := connectors.Apply(ctx, c, plan(t, c, pruning, wanted...), options)
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "changes not begun") {
		t.Errorf("the error is %v", err)
	}
	if lines := strings.Count(err.Error(), "\n"); lines != 3 || !strings.Contains(err.Error(), "changes written, and not waited for") {
		t.Errorf("what was written is not counted: %v", err)
	}
	written := report.Count(connectors.Written)
	if not := report.Count(connectors.NotDone); written < 10 || written > 14 || written+not != 41 {
		t.Errorf("%d are written and %d not done", written, not)
	}
	if got := len(observe(t, c).Connectors); got != written+1 {
		t.Errorf("the report says %d were created, and there are %d", written, got-1)
	}
	report = apply(t, c, pruning, wanted...)
	if n := report.Count(connectors.Done); n != 40-written+1 {
		t.Errorf("the second apply did %d", n)
	}
	if cluster.Store().Config("connect-configs", "unwanted") != nil {
		t.Error("it is still there")
	}
}

func TestWritesInFlightAreLookedUp(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]connecttest.Fault{
		"before":  {Hang: true},
		"after":   {Lost: connecttest.AfterApply},
		"forever": {Hang: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cluster, c := start(t, connecttest.Options{})
			fault.Method, fault.Path, fault.Times = "PUT", "/connectors/*/config", -1
			remove := cluster.Inject(fault)
			defer remove()
			p := plan(t, c, pruning, source("a"))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			options := quick()
			options.Grace = 50 * time.Millisecond
			options.SkipValidation = true
			ended := make(chan struct{})
			go func() { // as soon as the write is on its way
				defer close(ended)
				for len(writes(cluster)) == 0 && ctx.Err() == nil {
					time.Sleep(time.Millisecond)
				}
				if name == "forever" {
					cluster.Inject(connecttest.Fault{Method: "GET", Hang: true, Times: -1})
				}
				cancel()
			}()
			report, err := connectors.Apply(ctx, c, p, options)
			<-ended
			want := map[string]connectors.Result{"before": connectors.NotDone, "after": connectors.Written, "forever": connectors.Unknown}[name]
			if err == nil || report.Outcomes[0].Result != want {
				t.Errorf("the outcome is %v, want %s; %v", report.Outcomes, want, err)
			}
		})
	}
}

func TestAClassThatIsNotInstalled(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.9.2", "4.3.1"} {
		_, c := start(t, connecttest.Options{Version: version})
		odd := source("odd")
		odd.Config["connector.class"] = "io.example.Missing"
		_, err := connectors.Apply(t.Context(), c, plan(t, c, pruning, odd), quick())
		if want := `cannot create connector "odd" (connectors/prod/odd.jsonnet): it is not valid: the workers have no connector class "io.example.Missing"`; !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: the error is %v", version, err)
		}
	}
}
