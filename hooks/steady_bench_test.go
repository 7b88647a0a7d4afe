package hooks_test

// What one steady hook costs as the process that Juju starts.

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
)

// BenchmarkSteadyHook runs the compiled binary of testdata/trivial as an
// update-status hook in which nothing is to be done, over the agent's socket:
//
//	go test -run '^$' -bench SteadyHook ./hooks
func BenchmarkSteadyHook(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "dispatch")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "./testdata/trivial")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	agent := jujutest.Start(b)
	agent.Leader = true
	agent.Config["workers"] = 3
	agent.Relations["kafka:1"] = &jujutest.Relation{App: "kafka", Units: []string{"kafka/0"},
		Data: map[string]map[string]string{"kafka/0": {"host": "10.0.0.2", "port": "9092"}}}
	run := func() *exec.Cmd {
		cmd := exec.CommandContext(b.Context(), binary)
		for name, value := range agent.Environ("update-status", nil) {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		agent.End(0)
		return cmd
	}
	run() // installs
	agent.Calls()
	var cpu, peak float64
	for b.Loop() {
		state := run().ProcessState
		cpu += float64((state.UserTime() + state.SystemTime()).Microseconds()) / 1000
		if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
			peak = max(peak, float64(usage.Maxrss)/1024)
		}
	}
	calls := agent.Calls()
	b.ReportMetric(cpu/float64(b.N), "ms-CPU/op")
	b.ReportMetric(peak, "MiB-peak")
	b.ReportMetric(float64(len(calls))/float64(b.N), "calls/op")
}
