package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// charmReady is the file charm, composed and compiled once for all tests of this package.
var charmReady string

// inProcess makes this test binary the demo itself, with the charm this variable names.
const inProcess = "DEMO_CHARM"

func TestMain(m *testing.M) {
	if charmReady = os.Getenv(inProcess); charmReady != "" {
		main()
		return
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "demo-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	charmReady = filepath.Join(dir, "charm")
	if err := layers.Make(context.Background(), charmReady, "../../"+example); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := charmtest.Build(context.Background(), "../../"+example+"/dispatch", filepath.Join(charmReady, "dispatch")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"--help", 0, "examples:"},
		{"--nonsense", exitUsage, "flag provided but not defined"},
		{"now", exitUsage, "it takes flags only"},
		{"--bench --runs=0", exitUsage, "--runs of at least 1"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), strings.Fields(test.args), script{charm: charmReady}, &out, &errs)
		if code != test.code || !strings.Contains(errs.String(), test.says) || out.Len() > 0 {
			t.Errorf("demo %s ends with %d and says\n%s\nwant %d and %q", test.args, code, errs.String(), test.code, test.says)
		}
	}
}

// A world that is not as it should be must never pass unnoticed.
func TestWrongWorld(t *testing.T) {
	t.Parallel()
	scenes := life()[:1]
	scenes[0].want.kafka = "a topic"
	scenes[0].want.bytes = "1 lines written, 1 in Kafka, 1 in the sink"
	var out, errs bytes.Buffer
	code := run(t.Context(), nil, script{scenes: scenes, charm: charmReady, patience: 1}, &out, &errs)
	if code != exitWrong {
		t.Errorf("it ends with %d, want %d", code, exitWrong)
	}
	for _, want := range []string{`after scene 1, "Three units, and nothing else yet", Kafka is not as it should be`, "want: a topic", "got:  no topics", "bytes is not"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("stderr does not say %q:\n%s", want, errs.String())
		}
	}
	for _, want := range []string{"✗ Kafka       no topics", "    should be   a topic", "✓ Connect     no group", "✗  1  Three units", "2 of them wrong"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the timeline does not say %q:\n%s", want, out.String())
		}
	}
}

// A command that Juju refuses ends the play as well.
func TestStepThatFails(t *testing.T) {
	t.Parallel()
	scenes := []scene{{title: "Too early", steps: []step{config("workers=1", map[string]any{"workers": 1})}}}
	var out, errs bytes.Buffer
	code := run(t.Context(), nil, script{scenes: scenes, charm: charmReady}, &out, &errs)
	want := `cannot play scene 1, "Too early", at "juju config connect workers=1": cannot configure: application "connect" not found`
	if code != exitWrong || !strings.Contains(errs.String(), want) {
		t.Errorf("it ends with %d and says %q, want %d and %q", code, errs.String(), exitWrong, want)
	}
}

func TestBench(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"--bench", "--runs=1"}, script{charm: charmReady}, &out, &errs); code != 0 {
		t.Fatalf("it ends with %d: %s", code, errs.String())
	}
	for _, want := range []string{"goal", "20 ms", "30.0 MiB", "leader, 2 connectors running", "follower", "nothing related", "leader, 100 connectors attached"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, out.String())
		}
	}
}
