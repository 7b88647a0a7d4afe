package charm_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

const runningStatus = "active: 1 worker, 2 connectors"

// TestLife is the whole life of an application, as the demo plays it, with the
// world looked at after every step.
func TestLife(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{Kafka: kafkatest.Options{Brokers: 3}})
	l.deploy(3)
	leader := l.Leader("connect")
	l.wantStatus(leader, runningStatus)
	for _, unit := range l.Units("connect") {
		if unit != leader {
			l.wantStatus(unit, "active: standing by: the leader looks after the workers")
		}
	}
	l.wantTopics()
	l.wantFlags(leader, "kafka-connect-base.configured", "kafka-connect-base.install", "kafka-connect-base.installed", "kafka-connect-base.ready",
		"kafka-connect-base.topic-created", "kafka-connect-file.configured", "kafka-connect-file.running", "kafka-connect.running")
	l.wantConnectors("connect-sink running", "connect-source running")
	l.wantBytes("one", "two")

	l.step("override worker-config", func() {
		l.Must(l.Configure("connect", map[string]any{"worker-config": "offset.flush.interval.ms=1234"}))
		l.MustSettle()
		l.wantStatus(leader, runningStatus)
		if got := l.MustSnapshot().Properties["connect-connect"]["offset.flush.interval.ms"]; got != "1234" {
			t.Errorf("workers read offset.flush.interval.ms=%q, want 1234", got)
		}
	})
	l.step("scale to three", func() {
		l.Must(l.Configure("connect", map[string]any{"workers": 3}))
		l.MustSettle()
		l.wantStatus(leader, "active: 3 workers, 2 connectors")
		l.wantReplicas(3)
		l.wantBytes("three")
	})
	l.step("pause and resume by action", func() {
		l.run(leader, "pause-connector", map[string]any{"name": "connect-sink"})
		l.wantConnectors("connect-sink paused", "connect-source running")
		l.eventually(func() string { // the status follows the request
			got, _ := l.run(leader, "list-connectors", nil).Results["connectors"].(string)
			if !strings.Contains(got, "connect-sink: PAUSED") {
				return "list-connectors says " + got
			}
			return ""
		})
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
		l.wantConnectors("connect-sink paused", "connect-source running")
		l.run(leader, "resume-connector", map[string]any{"name": "connect-sink"})
		l.wantConnectors("connect-sink running", "connect-source running")
		l.wantShown("running") // the next leader goes by what it is shown
	})
	l.step("lose the leader", func() {
		before := l.MustSnapshot()
		writes := len(l.Group("connect").Writes())
		l.Must(l.KillUnit(leader))
		l.MustSettle()
		leader = l.Leader("connect")
		l.wantStatus(leader, "active: 3 workers, 2 connectors")
		after := l.MustSnapshot()
		if diff := cmp.Diff(before.Forget(l.Units("connect")...).Forget("connect/0"), after.Forget(l.Units("connect")...)); diff != "" {
			t.Errorf("the next leader changed the world (-before +after)\n%s", diff)
		}
		if again := l.Group("connect").Writes()[writes:]; len(again) > 0 {
			t.Errorf("the next leader wrote to Connect again: %v", again)
		}
		if groups := l.Groups(); len(groups) != 1 {
			t.Errorf("Connect groups %q, want one", groups)
		}
	})
	l.step("lose Kafka and find it again", func() {
		l.Must(l.RemoveRelation("connect:kafka", "kafka:client"))
		l.MustSettle()
		l.wantStatus(leader, "blocked: Kafka is missing: juju integrate connect:kafka with a Kafka application")
		l.wantConnectors()
		l.wantReplicas(0)
		l.Must(l.Integrate("connect:kafka", "kafka:client"))
		l.MustSettle()
		l.wantStatus(leader, "active: 3 workers, 2 connectors")
		l.wantConnectors("connect-sink running", "connect-source running")
		l.wantReplicas(3)
		l.wantBytes("four")
	})
	l.step("remove the application", func() {
		l.Must(l.RemoveApplication("connect"))
		l.MustSettle()
		s := l.MustSnapshot()
		if len(s.Objects) > 0 {
			t.Errorf("left in Kubernetes: %q", s.Objects)
		}
		l.wantTopics()
	})
}

func TestSecondHookChangesNothing(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(1)
	before, connectWrites, kubeWrites := l.MustSnapshot(), len(l.Group("connect").Writes()), len(l.Kube.Writes())
	hooks := len(l.Journal())
	for range 3 {
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
	}
	if diff := cmp.Diff(before, l.MustSnapshot()); diff != "" {
		t.Errorf("a steady update-status changed the world (-before +after)\n%s", diff)
	}
	if n := len(l.Group("connect").Writes()); n != connectWrites {
		t.Errorf("a steady update-status wrote %d times to Connect", n-connectWrites)
	}
	if n := len(l.Kube.Writes()); n != kubeWrites {
		t.Errorf("a steady update-status wrote %d times to Kubernetes", n-kubeWrites)
	}
	for _, h := range l.JournalSince(hooks) {
		for _, call := range h.Calls {
			if strings.HasSuffix(call.Tool, "-set") && call.Tool != "status-set" {
				t.Errorf("a steady %s called %s %q", h.Name, call.Tool, call.Args)
			}
		}
	}
}

// A leader that is told to go while others stay leaves everything as it is.
func TestRemoveLeaderUnit(t *testing.T) {
	t.Parallel()
	l := newLife(t, world.Options{})
	l.deploy(2)
	leader := l.Leader("connect")
	l.Must(l.RemoveUnit(leader))
	l.MustSettle()
	next := l.Leader("connect")
	if next == leader || next == "" {
		t.Fatalf("the leader is %q", next)
	}
	l.wantStatus(next, runningStatus)
	l.wantConnectors("connect-sink running", "connect-source running")
	l.wantReplicas(1)
	l.wantBytes("still")
}

func (l *life) step(name string, do func()) {
	l.t.Helper()
	l.t.Log(name)
	do()
	if l.t.Failed() {
		l.t.FailNow()
	}
}

func (l *life) run(unit, action string, params map[string]any) charmtest.ActionResult {
	l.t.Helper()
	result, err := l.RunAction(context.Background(), unit, action, params)
	l.Must(err)
	if result.Status != "completed" {
		l.t.Errorf("action %s on %s: %s, %q", action, unit, result.Status, result.Message)
	}
	return result
}

func (l *life) wantStatus(unit, want string) {
	l.t.Helper()
	if got := l.status(unit); got != want {
		l.t.Errorf("status of %s is %q, want %q", unit, got, want)
	}
}

func (l *life) wantFlags(unit string, want ...string) {
	l.t.Helper()
	if diff := cmp.Diff(want, l.Flags(unit)); diff != "" {
		l.t.Errorf("flags of %s (-want +got)\n%s", unit, diff)
	}
}

func (l *life) wantTopics() {
	l.t.Helper()
	want := map[string]string{
		"test.connect.connectconfigs": "1 partitions, 3 copies, compacted",
		"test.connect.connectoffsets": "50 partitions, 3 copies, compacted",
		"test.connect.connectstatus":  "10 partitions, 3 copies, compacted",
	}
	if diff := cmp.Diff(want, l.MustSnapshot().Topics); diff != "" {
		l.t.Errorf("topics (-want +got)\n%s", diff)
	}
}

func (l *life) wantConnectors(want ...string) {
	l.t.Helper()
	var got []string
	for name, c := range l.MustSnapshot().Connectors {
		got = append(got, name+" "+strings.ToLower(c.Target))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		l.t.Errorf("connectors (-want +got)\n%s", diff)
	}
}

func (l *life) wantReplicas(want int) {
	l.t.Helper()
	l.eventually(func() string {
		if got := l.MustSnapshot().Replicas["connect-connect"]; got != want {
			return "workers that are ready: " + string(rune('0'+got))
		}
		return ""
	})
}

// wantBytes writes lines to the source's file and waits for them in the sink's.
func (l *life) wantBytes(lines ...string) {
	l.t.Helper()
	f, err := os.OpenFile(l.from, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	l.Must(err)
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	l.Must(err)
	l.Must(f.Close())
	l.eventually(func() string {
		got, err := os.ReadFile(l.to)
		if err != nil {
			return err.Error()
		}
		for _, line := range lines {
			if strings.Count(string(got), line+"\n") != 1 {
				return "the sink has " + string(got)
			}
		}
		return ""
	})
}

// eventually asks until nothing is wrong, for ten seconds.
func (l *life) eventually(wrong func() string) {
	l.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		why := wrong()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			l.t.Errorf("after ten seconds: %s", why)
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
