package connectors_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	config := map[string]string{"connector.class": "C", "password": "hunter2"}
	all := &connectors.Live{Connectors: map[string]connect.Expanded{}}
	for name, states := range map[string][]string{
		"well": {connect.Running, connect.Running, connect.Running}, "paused": {connect.Paused, connect.Paused}, "stopped": {connect.Stopped},
		"paused too late": {connect.Paused, connect.FailedNow, connect.Paused},
		"no tasks":        {connect.Running}, "failed": {connect.FailedNow}, "one task": {connect.Running, connect.Running, connect.FailedNow},
		"two tasks": {connect.Running, connect.FailedNow, connect.FailedNow, connect.Running}, "unassigned": {connect.Unassigned},
		"starting": {connect.Running, connect.Running, connect.Unassigned}, "restarting": {connect.Restarting, connect.Running},
	} {
		one := live(config, states[0], states[1:]...).Connectors["x"]
		if states[0] == connect.FailedNow {
			one.Status.Connector.Trace = "java.lang.Exception: no route for hunter2\n\tat x"
		}
		for i := range one.Status.Tasks {
			if one.Status.Tasks[i].State == connect.FailedNow {
				one.Status.Tasks[i].Trace = "java.lang.Exception: disk full\n\tat x"
			}
		}
		all.Connectors[name] = one
	}
	health := connectors.CheckHealth(all)
	var text bytes.Buffer
	if err := health.Text(&text, connectors.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	testfile.Golden(t, "testdata/health.txt", text.String())
	raw, err := json.MarshalIndent(health.Only(func(name string) bool { return name == "one task" }), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	testfile.Golden(t, "testdata/health.json", string(raw)+"\n")
}

func TestKeeper(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, connectors.Policy{}, source("sick"), source("well"), source("other"))
	cluster.Fail("sick", 0, "java.lang.Exception: again", true)
	cluster.Fail("other", 0, "java.lang.Exception: not mine", true)
	failing := func() *connectors.Live {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			now := observe(t, c)
			if tasks := now.Connectors["sick"].Status.Tasks; len(tasks) == 1 && tasks[0].State == connect.FailedNow {
				return now
			}
			if time.Now().After(deadline) {
				t.Fatal("it does not fail again")
			}
		}
	}
	var told []connectors.Kept
	keeper := connectors.Keeper{Most: 3, First: time.Minute, Forgive: time.Hour, Only: func(name string) bool { return name != "other" },
		Progress: func(k connectors.Kept) { told = append(told, k) }}
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		after   time.Duration
		told    bool
		times   int
		givenUp bool
	}{
		{0, true, 1, false}, {30 * time.Second, false, 0, false}, {time.Minute, true, 2, false}, {2 * time.Minute, false, 0, false},
		{3 * time.Minute, true, 3, false}, {10 * time.Minute, true, 3, true}, {20 * time.Minute, false, 0, false}, {2 * time.Hour, true, 1, false},
	} {
		told = nil
		keeper.Round(t.Context(), c, failing(), at.Add(step.after))
		if len(told) > 1 || len(told) == 1 != step.told || step.told && (told[0].Name != "sick" || told[0].Times != step.times || told[0].GivenUp != step.givenUp || told[0].Err != nil) {
			t.Errorf("after %s: %+v", step.after, told)
		}
	}
}

func TestKeeperGoesOn(t *testing.T) {
	t.Parallel()
	cluster, c := start(t, connecttest.Options{})
	apply(t, c, connectors.Policy{}, source("sick"))
	cluster.Fail("sick", 0, "java.lang.Exception: once", false)
	cluster.Inject(connecttest.Fault{Method: "GET", Path: "/connectors", Status: 200, Body: "<html>"})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	enough := errors.New("enough")
	looked := false
	keeper := connectors.Keeper{Interval: time.Millisecond, Progress: func(k connectors.Kept) {
		if k.Name == "" {
			looked = errors.Is(k.Err, connect.Foreign)
		} else {
			cancel(enough)
		}
	}}
	if err := keeper.Keep(ctx, c); !errors.Is(err, enough) || !looked {
		t.Errorf("it ended with %v; it told of the look that failed: %v", err, looked)
	}
	cluster.Inject(connecttest.Fault{Method: "GET", Path: "/connectors", Status: 401, Times: -1})
	if err := keeper.Keep(t.Context(), c); !errors.Is(err, connect.Denied) {
		t.Errorf("without credentials it ended with %v", err)
	}
}
