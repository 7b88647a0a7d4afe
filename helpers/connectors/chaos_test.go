package connectors_test

// Any two sets of connectors on any bad day, interrupted anywhere: apply often enough, and it is as wanted, while
// nothing is deleted that does not carry our owner.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// trouble is one of many faults.
func trouble(random *rand.Rand) connecttest.Fault {
	faults := []connecttest.Fault{
		{Method: "PUT", Path: "/connectors/*/config", Lost: connecttest.AfterApply},
		{Method: "PUT", Path: "/connectors/*/config", Lost: connecttest.BeforeApply},
		{Method: "PUT", Path: "/connectors/*/config", Status: 400, Body: `{"error_code":400,"message":"no"}`},
		{Method: "PUT", Path: "/connectors/*/stop", Lost: connecttest.AfterApply},
		{Method: "PUT", Path: "/connectors/*/pause", Status: 500, Body: `{"error_code":500,"message":"Request cannot be completed because a rebalance is expected"}`},
		{Method: "PUT", Path: "/connector-plugins/*/config/validate", Status: 500, Body: `{"error_code":500,"message":"java.lang.NullPointerException"}`},
		{Method: "POST", Lost: connecttest.AfterApply},
		{Method: "DELETE", Lost: connecttest.AfterApply},
		{Method: "DELETE", Status: 409, Body: `{"error_code":409,"message":"conflicting operation (e.g. worker rebalance)"}`},
		{Method: "GET", Path: "/connectors", Lost: connecttest.BeforeApply},
		{Status: 502, Body: "<html>Bad Gateway</html>"},
		{Method: "PUT", Delay: 3 * time.Millisecond, Times: 5},
	}
	return faults[random.IntN(len(faults))]
}

func TestAnyDay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 7))
			data := make([]byte, 17)
			for i := range data {
				data[i] = byte(random.Uint32())
			}
			w := worldOf(data)
			w.policy.TakeOver = true // without it a conflict would never end
			cluster, c := start(t, connecttest.Options{})
			for i, one := range w.there {
				register(t, c, one, w.owners[i])
			}
			before := observe(t, c)
			for range random.IntN(4) {
				cluster.Inject(trouble(random))
			}
			for attempt := 0; ; attempt++ {
				if attempt == 20 {
					t.Fatal("it does not come to an end")
				}
				interrupt := 1000
				if attempt < 3 {
					interrupt = random.IntN(20)
				}
				if applyUntil(t, c, w, interrupt) {
					break
				}
			}
			if p := plan(t, c, w.policy, w.wanted...); !p.Empty() {
				t.Errorf("a last plan is %s", actions(p))
			}
			w.check(t, cluster, before, observe(t, c), nil)
			for _, write := range writes(cluster) {
				name, is := strings.CutPrefix(write, "DELETE /connectors/")
				name = strings.ReplaceAll(name, "%20", " ")
				if is && before.Connectors[name].Info.Config[connectors.OwnerKey] != w.policy.Owner {
					t.Errorf("%q was deleted", name)
				}
			}
		})
	}
}

// applyUntil plans and applies, interrupted after so many events, and says
// whether all was done.
func applyUntil(t *testing.T, c *connect.Client, w world, events int) bool {
	t.Helper()
	p := plan(t, c, w.policy, w.wanted...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	options := quick()
	options.Parallel, options.Grace = 2, time.Second
	options.Progress = func(connectors.Event) {
		if events--; events <= 0 {
			cancel()
		}
	}
	report, err := connectors.Apply(ctx, c, p, options)
	if err == nil {
		return ctx.Err() == nil
	}
	if report == nil { // nothing was begun
		return false
	}
	for _, o := range report.Outcomes {
		if o.Result == "" || o.Err == nil && o.Result != connectors.Done {
			t.Errorf("the outcome of %q is %q, %v", o.Name, o.Result, o.Err)
		}
	}
	return false
}
