package connecttest

// The cluster against the answers of real workers.

import (
	"testing"
)

func TestScript(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"3.9.2", "4.3.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			cluster := NewCluster(Options{Version: version})
			t.Cleanup(cluster.Close)
			for range 2 {
				if _, err := cluster.Listen(); err != nil {
					t.Fatal(err)
				}
			}
			for i, worker := range cluster.Workers() { // the leader, and one that forwards
				exchanges, err := Script(t.Context(), worker.URL())
				if err != nil {
					t.Fatal(err)
				}
				if len(exchanges) < 100 {
					t.Errorf("only %d exchanges", len(exchanges))
				}
				for _, difference := range Differences(exchanges, version) {
					t.Errorf("worker %d, %s", i, difference)
				}
			}
		})
	}
}
