package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// TestRequests plays the benchmark in small, and holds what does not depend on the machine: what is asked of a worker.
func TestRequests(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "connectors")
	build := exec.Command("go", "build", "-C", "../..", "-trimpath", "-o", binary, "./cmd/connectors")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("cannot build the command: %v\n%s", err, text)
	}
	for _, release := range append([]string{""}, realkafka.Chosen()...) {
		name := release
		if release == "" {
			name = "embedded"
		}
		t.Run(name, func(t *testing.T) {
			const all, few = 20, 4
			o := options{connectors: all, binary: binary, kafka: release, logf: t.Logf}
			results, baseline, err := measureAll(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if baseline.python == "" {
				t.Fatal("there is no python3 for the script: on Debian and Ubuntu, apt-get install -y python3-jsonnet")
			}
			var table strings.Builder
			writeTable(io.MultiWriter(&table, t.Output()), results)
			steps := 0
			for _, p := range pasts(o) {
				steps += len(p.steps)
			}
			if lines := strings.Count(table.String(), "\n"); lines != 1+3*steps {
				t.Errorf("the table has %d lines", lines)
			}
			writes := map[string][]int{}
			for _, r := range results {
				writes[r.tool] = append(writes[r.tool], r.requests["PUT config"])
			}
			for tool, want := range map[string][]int{"script": {all, all, all, all}, "connectors": {all, 0, 1, few}, "connectors-64": {all, 0, 1, few}} {
				if release != "" {
					want = append(want, all) // by two workers
				}
				if !slices.Equal(writes[tool], want) {
					t.Errorf("%s put %v configurations; want %v", tool, writes[tool], want)
				}
			}
			if unchanged := results[len(pasts(o)[0].steps)+1]; len(unchanged.requests) != 1 || unchanged.requests["GET all, info+status"] != 1 {
				t.Errorf("a plan without changes asked for %v", unchanged.requests)
			}
		})
	}
}
