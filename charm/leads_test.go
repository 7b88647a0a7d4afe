package charm_test

// Juju's answer about leadership is good for 30 seconds, so it is asked before
// every single write.

import (
	"sync"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// TestAskedBeforeEachWrite counts what was written outside Juju at each question:
// as every number of writes is met, none goes without a question just before it.
func TestAskedBeforeEachWrite(t *testing.T) {
	t.Parallel()
	var l *life
	var mu sync.Mutex
	seen := map[string]map[int]bool{"Kafka": {}, "Kubernetes": {}, "Connect": {}}
	written := func() map[string]int {
		topics, err := l.Kafka.Topics()
		if err != nil {
			t.Error(err)
		}
		n := map[string]int{"Kafka": len(topics), "Kubernetes": len(l.Kube.Writes())}
		if group := l.Group("connect"); group != nil {
			n["Connect"] = len(group.Writes())
		}
		return n
	}
	l = newLife(t, world.Options{Model: charmtest.Options{Before: func(call charmtest.ToolCall) charmtest.Verdict {
		if call.Tool == "is-leader" {
			mu.Lock()
			defer mu.Unlock()
			for system, n := range written() {
				seen[system][n] = true
			}
		}
		return charmtest.Proceed
	}}})
	l.deploy(1)
	l.Must(l.Configure("connect", map[string]any{"worker-config": "offset.flush.interval.ms=1234"}))
	l.MustSettle()
	l.run("connect/0", "pause-connector", map[string]any{"name": "connect-sink"})
	l.attach(folderOf("a")) // one: writes that go out together share their questions
	mu.Lock()
	defer mu.Unlock()
	for system, n := range written() {
		for i := range n {
			if !seen[system][i] {
				t.Errorf("write %d of %d to %s came without a question whether this unit leads", i+1, n, system)
			}
		}
		if n < 3 {
			t.Errorf("only %d writes to %s", n, system)
		}
	}
}
