package charm_test

// Taking over a cluster that the original layer made, by juju refresh.

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// TestTakeover: the same group, the same topics, no task twice, no connector written anew.
func TestTakeover(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 2, pythonCharm)
	leader := k.Leader("connect")
	k.wantRunning("depl-" + k.uuid())
	group := strings.ReplaceAll(leader, "/", "-")
	k.register(group, "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.register(group, "connect-sink", map[string]string{"connector.class": "FileStreamSink", "file": k.to, "topics": "lines"})
	k.register(group, "by-hand", map[string]string{"connector.class": "FileStreamSink", "file": k.to + "2", "topics": "lines"})
	k.wantBytes("before")
	writes := len(k.groups[group].Writes())

	k.Must(k.Refresh("connect", fileCharm))
	k.MustSettle()
	k.wantStatus(leader, "waiting: taking over: waiting for the former charm's workers to stop")
	k.apply()
	k.wantRunning()
	k.applyAll()
	k.wantStatus(leader, "active: 1 worker, 3 connectors")
	k.wantRunning("connect-connect")
	k.wantConnectors("by-hand running", "connect-sink running", "connect-source running")
	k.wantBytes("after") // each line is in the sink once: the source went on at its offset
	k.wantBytes("before")
	if k.most != 1 || len(k.groups) != 1 {
		t.Errorf("%d Connect groups worked on one set of topics, at most %d at once", len(k.groups), k.most)
	}
	if again := k.groups[group].Writes()[writes:]; len(again) > 0 {
		t.Errorf("connectors were written anew: %v", again)
	}
	k.step("the rest of a life", func() {
		shown := k.run(leader, "worker-config", map[string]any{"key": "group.id"}).Results["properties"]
		if want := "group.id=" + group + "  # the former charm's workers"; shown != want {
			t.Errorf("worker-config shows %q, want %q", shown, want)
		}
		k.Must(k.RemoveRelation("connect:kafka", "kafka:client"))
		k.MustSettle()
		k.wantConnectors()
		k.Must(k.Integrate("connect:kafka", "kafka:client"))
		k.MustSettle()
		k.applyAll()
		k.wantConnectors("by-hand running", "connect-sink running", "connect-source running")
		k.Must(k.SetLeader("connect", k.other()))
		k.MustSettle()
		k.applyAll()
		k.wantStatus(k.Leader("connect"), "active: 1 worker, 3 connectors")
		if k.most != 1 {
			t.Errorf("%d Connect groups worked at once", k.most)
		}
	})
}

// TestTakeoverByAnother: the unit that published the former workers no longer leads when the charm is refreshed.
func TestTakeoverByAnother(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 2, pythonCharm)
	group := strings.ReplaceAll(k.Leader("connect"), "/", "-")
	k.register(group, "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.Must(k.SetLeader("connect", k.other()))
	k.Must(k.Refresh("connect", fileCharm))
	k.MustSettle()
	k.applyAll()
	k.wantStatus(k.Leader("connect"), "active: 1 worker, 2 connectors")
	k.wantRunning("connect-connect")
	k.wantBytes("by another")
	if k.most != 1 || len(k.groups) != 1 {
		t.Errorf("%d Connect groups worked on one set of topics, at most %d at once", len(k.groups), k.most)
	}
}

// TestTakeoverKilled: the agent dies at each commit of the takeover in turn, before or after it; the next hooks go on.
func TestTakeoverKilled(t *testing.T) {
	t.Parallel()
	for nth := 1; nth <= 6; nth++ {
		for name, after := range map[string]bool{"before": false, "after": true} {
			t.Run(fmt.Sprintf("%s commit %d", name, nth), func(t *testing.T) {
				t.Parallel()
				var armed, flushes atomic.Int64
				strike := func(call charmtest.ToolCall) charmtest.Verdict {
					if call.Tool == charmtest.Flush && armed.Load() > 0 && strings.HasPrefix(call.Unit, "connect/") && flushes.Add(1) == int64(nth) {
						return charmtest.Kill
					}
					return charmtest.Proceed
				}
				options := charmtest.Options{Before: strike}
				if after {
					options = charmtest.Options{After: strike}
				}
				k := newTakeover(t, 1, pythonCharm, options)
				k.register("connect-0", "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
				armed.Store(1)
				k.Must(k.Refresh("connect", fileCharm))
				k.MustSettle()
				k.applyAll()
				if flushes.Load() < int64(nth) {
					t.Fatalf("only %d commits: strike earlier ones", flushes.Load())
				}
				k.wantStatus("connect/0", runningStatus)
				k.wantRunning("connect-connect")
				k.wantBytes("killed")
				if k.most != 1 || len(k.groups) != 1 {
					t.Errorf("%d Connect groups worked on one set of topics, at most %d at once", len(k.groups), k.most)
				}
			})
		}
	}
}

// TestTakeoverWithoutRelation: only Kafka tells that former workers are there; somebody has to stop them.
func TestTakeoverWithoutRelation(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.register("connect-0", "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.Must(k.Refresh("connect", fileCharm))
	k.Must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	k.MustSettle()
	k.wantStatus("connect/0", `blocked: the former charm's workers are applied through the relation "kubernetes", and would be again: `+
		`juju remove-relation connect:kubernetes with that charm`)
	k.Must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.MustSettle()
	if got, want := k.status("connect/0"), `blocked: the former charm's workers still run, 1 in Kafka group "connect-0", at `; !strings.HasPrefix(got, want) ||
		!strings.HasSuffix(got, ": kubectl delete deployment,service,configmap -A -l juju-app="+k.uuid()) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	if kube := k.MustSnapshot().Objects; len(kube) > 0 {
		t.Errorf("applied beside the former workers: %q", kube)
	}
	k.deployer.Close()
	k.Must(k.UpdateStatus("connect"))
	k.MustSettle()
	k.wantStatus("connect/0", runningStatus)
	if got := k.MustSnapshot().Properties["connect-connect"]["group.id"]; got != "connect-0" {
		t.Errorf("our workers are in group %q, want the former one's", got)
	}
}

// TestTakeoverByKubeconfig: nobody applies the former workers any more, and the charm's own account finds them.
func TestTakeoverByKubeconfig(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.register("connect-0", "connect-source", map[string]string{"connector.class": "FileStreamSource", "file": k.from, "topic": "lines"})
	k.leaveInKubernetes("juju-app")
	k.Must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.MustSettle()
	k.Must(k.Refresh("connect", fileCharm))
	k.Must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	ended := make(chan struct{})
	go func() { // what Kubernetes does when the Deployment is deleted
		defer close(ended)
		for left := 1; left > 0 && t.Context().Err() == nil; time.Sleep(5 * time.Millisecond) {
			if list, err := k.Kube.Objects("deployments", "test"); err == nil {
				left = len(list)
			}
		}
		k.deployer.Close()
	}()
	k.MustSettle()
	<-ended
	k.wantStatus("connect/0", runningStatus)
	k.wantBytes("after")
	if s := k.MustSnapshot(); s.Properties["connect-connect"]["group.id"] != "connect-0" || slices.Contains(s.Objects, "services/test/svc-"+k.uuid()) {
		t.Errorf("group.id is %q, and in Kubernetes there are %q", s.Properties["connect-connect"]["group.id"], s.Objects)
	}
	if left, err := k.Kube.Objects("configmaps", "test"); err != nil || len(left) > 0 {
		t.Errorf("configmaps %v are left, %v", left, err)
	}
}

// Objects of those names without that label are nobody's to delete.
func TestTakeoverOfUnlabelled(t *testing.T) {
	t.Parallel()
	k := newTakeover(t, 1, pythonCharm)
	k.leaveInKubernetes("app")
	k.Must(k.RemoveRelation("connect:kubernetes", "deployer:kubernetes"))
	k.MustSettle()
	k.Must(k.Refresh("connect", fileCharm))
	k.Must(k.Configure("connect", map[string]any{"kubeconfig": k.Kubeconfig()}))
	k.MustSettle()
	if got, want := k.status("connect/0"), `blocked: the former charm's workers still run, 1 in Kafka group "connect-0"`; !strings.HasPrefix(got, want) {
		t.Errorf("status is %q, want it to begin with %q", got, want)
	}
	for _, call := range k.Kube.Calls() {
		if call.Verb == "delete" {
			t.Errorf("deleted %+v", call)
		}
	}
}

// TestTakeoverRefused: what ours could not go on from is left as it runs.
func TestTakeoverRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ from, to, want string }{
		"other topics":   {"offset.storage.topic=${topic}offsets", "offset.storage.topic=offsets", "its workers have offset.storage.topic=offsets, ours would have test.connect.connectoffsets and start from nothing"},
		"older encoding": {"internal.value.converter.schemas.enable=false", "internal.value.converter.schemas.enable=true", "its workers write offsets by internal.value.converter in a form that Kafka 3 no longer reads: only JSON without schemas can be taken over"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charm := t.TempDir()
			if err := os.CopyFS(charm, os.DirFS(pythonCharm)); err != nil {
				t.Fatal(err)
			}
			script, err := os.ReadFile(filepath.Join(pythonCharm, "dispatch"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(charm, "dispatch"), []byte(strings.Replace(string(script), test.from, test.to, 1)), 0o755); err != nil {
				t.Fatal(err)
			}
			k := newTakeover(t, 1, charm)
			request := k.RelationData("kubernetes", "connect/0")["resource"]
			k.Must(k.Refresh("connect", fileCharm))
			k.MustSettle()
			k.wantStatus("connect/0", "blocked: cannot take over from the former charm: "+test.want)
			if now := k.RelationData("kubernetes", "connect/0")["resource"]; now != request || !strings.Contains(now, test.to) {
				t.Errorf("the request was changed from\n%s\nto\n%s", request, now)
			}
		})
	}
}
