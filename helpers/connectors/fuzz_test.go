package connectors_test

// Any two sets of connectors: applying the plan reaches what is wanted, a second plan is empty, and nothing is deleted
// that does not carry our owner.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// A world is what the fuzzer's bytes stand for.
type world struct {
	there  []connectors.Connector
	owners []string // of those
	wanted []connectors.Connector
	policy connectors.Policy
}

// worldOf reads two bytes for each connector, and one for the policy.
func worldOf(data []byte) world {
	w := world{policy: connectors.Policy{Owner: ours, MaxDelete: 1}}
	if len(data) == 0 {
		return w
	}
	flags := data[0]
	w.policy.Prune, w.policy.Adopt, w.policy.TakeOver = flags&1 > 0, flags&2 > 0, flags&4 > 0
	if flags&24 == 24 {
		w.policy.Owner, w.policy.Prune = "", false
	}
	if flags&32 > 0 {
		w.policy.IgnoreKeys = []string{"batch.*"}
	}
	states := []connectors.State{connectors.Running, connectors.Paused, connectors.Stopped}
	one := func(name string, b byte) connectors.Connector {
		c := source(name, "topic", fmt.Sprintf("t%d", b&3))
		if b&4 > 0 {
			c.Config["batch.size"] = fmt.Sprint(1 + b&8)
		}
		if b&16 > 0 {
			c.Config["password"] = "${env:P}"
		}
		return in(states[int(b>>5)%3], c)
	}
	for i := 1; i+1 < len(data) && i < 17; i += 2 {
		name := fmt.Sprintf("c %d", i)
		if data[i]%5 > 0 {
			w.there = append(w.there, one(name, data[i]))
			w.owners = append(w.owners, []string{"", ours, "them/prod", ours + "x"}[data[i]>>6])
		}
		if data[i+1]%5 > 0 {
			w.wanted = append(w.wanted, one(name, data[i+1]))
		}
	}
	return w
}

func FuzzPlan(f *testing.F) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		data := make([]byte, 1+random.IntN(16))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w := worldOf(data)
		cluster, c := start(t, connecttest.Options{})
		for i, one := range w.there {
			register(t, c, one, w.owners[i])
		}
		before := observe(t, c)
		first := plan(t, c, w.policy, w.wanted...)
		conflicts := map[string]bool{}
		for _, s := range first.Steps {
			if s.Action == connectors.Conflict {
				conflicts[s.Name] = true
				if theirs := before.Connectors[s.Name].Info.Config[connectors.OwnerKey]; theirs == "" || theirs == w.policy.Owner || w.policy.TakeOver {
					t.Errorf("%q is a conflict: %s", s.Name, s.Reason)
				}
			}
		}
		if _, err := connectors.Apply(t.Context(), c, first.Only(func(name string) bool { return !conflicts[name] }), quick()); err != nil {
			t.Fatal(err)
		}
		second := plan(t, c, w.policy, w.wanted...)
		if second.Changes() > 0 {
			t.Errorf("a second plan is %s", actions(second))
		}
		w.check(t, cluster, before, observe(t, c), conflicts)
	})
}

// check compares the cluster with what was wanted, and with what was there.
func (w world) check(t *testing.T, cluster *connecttest.Cluster, before, after *connectors.Live, conflicts map[string]bool) {
	t.Helper()
	wanted := map[string]bool{}
	for _, one := range w.wanted {
		wanted[one.Name] = true
		got, there := after.Connectors[one.Name]
		switch {
		case conflicts[one.Name]:
			if !connect.Equal(before.Connectors[one.Name].Info.Config, got.Info.Config) {
				t.Errorf("%q is a conflict, and was changed", one.Name)
			}
		case !there:
			t.Errorf("%q is wanted and not there", one.Name)
		case !connect.Equal(got.Info.Config, one.Config, append(slices.Clone(w.policy.IgnoreKeys), connectors.OwnerKey)...):
			t.Errorf("%q is %v, want %v", one.Name, got.Info.Config, one.Config)
		case !strings.EqualFold(got.Status.Connector.State, string(one.State)):
			t.Errorf("%q is %s, want %s", one.Name, got.Status.Connector.State, one.State)
		}
	}
	for name, one := range before.Connectors {
		_, still := after.Connectors[name]
		prune := w.policy.Prune && one.Info.Config[connectors.OwnerKey] == w.policy.Owner && !wanted[name]
		if still == prune {
			t.Errorf("%q, of owner %q: it is still there: %v", name, one.Info.Config[connectors.OwnerKey], still)
		}
	}
	deleted := 0
	for _, write := range writes(cluster) {
		if strings.HasPrefix(write, "DELETE ") {
			deleted++
		}
	}
	if deleted > 0 && !w.policy.Prune {
		t.Errorf("%d were deleted without pruning", deleted)
	}
}
