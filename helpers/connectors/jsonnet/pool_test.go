package jsonnet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// Many good files make several children work, and each file has its own
// result.
func TestParallel(t *testing.T) {
	t.Parallel()
	files := map[string]string{"lib.libsonnet": "{twice(x):: 2 * x}"}
	var names []string
	for i := range 200 {
		name := fmt.Sprintf("%03d.jsonnet", i)
		files[name] = fmt.Sprintf("std.trace('tracing', {x: (import 'lib.libsonnet').twice(%d)})", i)
		names = append(names, name)
	}
	var trace bytes.Buffer
	for i, r := range evaluate(t, jsonnet.Evaluator{Root: folder(t, files), Parallel: 4, Trace: &trace}, names...) {
		if want := fmt.Sprintf(`{"x":%d}`, 2*i); r.File != names[i] || r.Err != nil || compact(r.Output) != want {
			t.Errorf("%s is %s, %v; want %s", r.File, r.Output, r.Err, want)
		}
	}
	if got := strings.Count(trace.String(), "tracing"); got != 200 {
		t.Errorf("%d files were traced; want 200", got)
	}
}

// A file does not pay for what others left in memory, in a library's values
// that are computed once.
func TestMemoryLeftBehind(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"text.txt":      strings.Repeat("x", 200_000),
		"lib.libsonnet": "{['k' + i]: std.strReplace(importstr 'text.txt', 'x', 'yz') for i in std.range(0, 299)}",
	}
	var names []string
	for i := range 300 {
		name := fmt.Sprintf("%02d.jsonnet", i)
		files[name] = fmt.Sprintf("std.length((import 'lib.libsonnet').k%d)", i)
		names = append(names, name)
	}
	e := jsonnet.Evaluator{Root: folder(t, files), Parallel: 1, Limits: jsonnet.Limits{Memory: 128 << 20}}
	for _, r := range evaluate(t, e, names...) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
}

// A writer does something when it is written to.
type writer func()

func (w writer) Write(text []byte) (int, error) {
	w()
	return len(text), nil
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	root := folder(t, map[string]string{"good.jsonnet": "std.trace('started', {})", "loop.jsonnet": "std.foldl(function(a, i) std.sha512(a), std.range(1, 1000000), '')"})
	// The good file's trace says that the loop comes next.
	e := jsonnet.Evaluator{Root: root, Parallel: 1, Trace: writer(func() { cancel() })}
	if _, err := e.Evaluate(ctx, []string{"good.jsonnet", "loop.jsonnet"}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v; want that the context was cancelled", err)
	}
}

// A program that does not call ServeChild is told so.
func TestNotServing(t *testing.T) {
	if dir := os.Getenv("TEST_NOT_SERVING_IN"); dir != "" { // as that program
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = (&jsonnet.Evaluator{Root: root}).Evaluate(t.Context(), []string{"a.jsonnet"})
		fmt.Println(err)
		return
	}
	t.Parallel()
	root := folder(t, map[string]string{"a.jsonnet": "{}"})
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), notServing)
	if err := os.WriteFile(name, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), name, "-test.run=^TestNotServing$")
	cmd.Env = append(os.Environ(), "TEST_NOT_SERVING_IN="+root.Name())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "does not serve as an evaluator") {
		t.Errorf("it says %s, %v", out, err)
	}
}
