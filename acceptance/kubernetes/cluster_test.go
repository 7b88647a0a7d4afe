package kubernetes_test

// One real Kubernetes for all tests here: built, started, and ended.

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
)

// real is the one cluster: starting it takes longer than most tests. Tests keep
// to namespaces of their own.
var real *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(func() int {
		binary, err := cluster.Build("kubelite")
		if err == nil {
			var args []string
			if dir := os.Getenv("KUBELITE_DIR"); dir != "" { // where its log stays
				args = []string{"-dir", dir}
			}
			real, err = cluster.Start(binary, args...)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Printf("Kubernetes %s is ready after %.1f s\n", real.Version, real.Seconds)
		code := m.Run()
		begin := time.Now()
		if err := real.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
		fmt.Printf("Kubernetes has ended after %.1f s\n", time.Since(begin).Seconds())
		return code
	}())
}
