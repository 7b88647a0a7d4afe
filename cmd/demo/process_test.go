package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start runs the demo as a process of its own, whose temporary files go to a folder of their own.
func start(t *testing.T, args ...string) (demo *exec.Cmd, stdout *bufio.Scanner, stderr *bytes.Buffer, temp string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temp = t.TempDir()
	stderr = &bytes.Buffer{}
	demo = exec.Command(self, args...)
	demo.Env = append(os.Environ(), inProcess+"="+charmReady, "TMPDIR="+temp)
	demo.Stderr = stderr
	pipe, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	tooLong := time.AfterFunc(4*time.Minute, func() { _ = demo.Process.Kill() })
	t.Cleanup(func() { tooLong.Stop() })
	stdout = bufio.NewScanner(pipe)
	stdout.Buffer(nil, 1<<24)
	return demo, stdout, stderr, temp
}

// nothingLeft looks for files in the demo's folder, and for processes whose
// environment names it.
func nothingLeft(t *testing.T, temp string) {
	t.Helper()
	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range left {
		t.Errorf("left behind: %s", filepath.Join(temp, file.Name()))
	}
	processes, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(processes) == 0 {
		t.Fatalf("cannot list processes: %v", err)
	}
	for _, file := range processes {
		env, err := os.ReadFile(file)
		if err == nil && bytes.Contains(env, []byte(temp)) {
			t.Errorf("a process is left behind: %s: %s", file, bytes.ReplaceAll(env, []byte{0}, []byte(" ")))
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	demo, stdout, stderr, temp := start(t)
	interrupted := false
	for stdout.Scan() {
		if !interrupted && strings.Contains(stdout.Text(), "juju integrate") { // hooks are about to run
			interrupted = true
			if err := demo.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = demo.Wait() // its exit code says it
	if code := demo.ProcessState.ExitCode(); !interrupted || code != exitInterrupted || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("it ended with %d and said %q", code, stderr)
	}
	nothingLeft(t, temp)
}

// TestLines plays the whole life as JSON, in a process, to its end.
func TestLines(t *testing.T) {
	t.Parallel()
	demo, stdout, stderr, temp := start(t, "--json")
	type line struct {
		Type, Command, Unit, About string
		Scene, Wrong, Processes    int
		OK                         bool
		Record                     struct{ Unit string }
	}
	count := map[string]int{}
	var last line
	for stdout.Scan() {
		last = line{}
		if err := json.Unmarshal(stdout.Bytes(), &last); err != nil {
			t.Errorf("not a line of JSON: %v: %s", err, stdout.Text())
		}
		count[last.Type]++
		switch {
		case last.Type == "check" && !last.OK:
			t.Errorf("this check failed: %s", stdout.Text())
		case last.Type == "hook" && last.Record.Unit != last.Unit:
			t.Errorf("hook and record are of different units: %s", stdout.Text())
		case last.Type != "summary" && last.Scene == 0:
			t.Errorf("it belongs to no scene: %s", stdout.Text())
		}
	}
	if err := demo.Wait(); err != nil {
		t.Errorf("it failed: %v: %s", err, stderr)
	}
	scenes := len(life())
	if last.Type != "summary" || last.Wrong != 0 || last.Processes != 0 || count["scene"] != scenes || count["check"] != scenes*8 || count["hook"] < 100 || count["command"] < scenes {
		t.Errorf("there were %v, and last %+v", count, last)
	}
	nothingLeft(t, temp)
}
