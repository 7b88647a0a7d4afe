package connectors_test

import (
	"fmt"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// What a thousand connectors cost, on the embedded cluster: time, requests and rebalances for each apply.
func BenchmarkThousand(b *testing.B) {
	const all = 1000
	changed := func(n int) []connectors.Connector {
		wanted := many(all)
		for i := range n {
			wanted[i].Config["batch.size"] = "501"
		}
		return wanted
	}
	for _, work := range []struct {
		name          string
		before, after []connectors.Connector
	}{
		{"unchanged", changed(0), changed(0)},
		{"1 changed", changed(0), changed(1)},
		{"200 changed", changed(0), changed(200)},
		{"first deploy", nil, changed(0)},
	} {
		b.Run(work.name, func(b *testing.B) {
			requests, rebalances := 0, 0
			for range b.N {
				b.StopTimer()
				cluster, c := start(b, connecttest.Options{})
				if work.before != nil {
					apply(b, c, pruning, work.before...)
				}
				sent, held := sum(c.Requests()), cluster.Rebalances()
				b.StartTimer()
				p := plan(b, c, pruning, work.after...)
				if _, err := connectors.Apply(b.Context(), c, p, connectors.ApplyOptions{}); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				requests += sum(c.Requests()) - sent
				rebalances += cluster.Rebalances() - held
			}
			b.ReportMetric(float64(requests)/float64(b.N), "requests/op")
			b.ReportMetric(float64(rebalances)/float64(b.N), "rebalances/op")
		})
	}
}

func sum(counts map[string]int) (n int) {
	for _, count := range counts {
		n += count
	}
	return n
}

// Comparing and telling, without a cluster.
func BenchmarkPlan(b *testing.B) {
	live := owning(1000)
	var wanted []connectors.Connector
	for i := range 1000 {
		wanted = append(wanted, source(fmt.Sprintf("c%03d", i)))
	}
	for range b.N {
		if p, err := connectors.NewPlan(wanted, live, pruning); err != nil || !p.Empty() {
			b.Fatal(p, err)
		}
	}
}
