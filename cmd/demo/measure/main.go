// Command measure stands in a charm's place as its dispatch: it runs the real hook
// binary and notes what that cost. It is a program of its own, and a small one, since
// Linux counts the memory of whoever starts a process as that process's peak.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// The variables that say what to run, and the file to note its cost in.
const (
	program = "MEASURE_PROGRAM"
	out     = "MEASURE_OUT"
)

// cost is one line of the file.
type cost struct {
	Unit string        `json:"unit"`
	Hook string        `json:"hook"`
	CPU  time.Duration `json:"cpu"`  // user and system
	Wall time.Duration `json:"wall"` // from before its start to its end
	Peak int64         `json:"peak"` // bytes resident at most
}

func main() {
	hook := exec.Command(os.Getenv(program))
	hook.Stdin, hook.Stdout, hook.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	err := hook.Run()
	wall := time.Since(start)
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		fail(err)
	}
	usage, ok := hook.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		fail(errors.New("this system does not say what a process used"))
	}
	note(cost{
		Unit: os.Getenv("JUJU_UNIT_NAME"), Hook: os.Getenv("JUJU_HOOK_NAME"), Wall: wall, Peak: int64(usage.Maxrss) << 10,
		CPU: hook.ProcessState.UserTime() + hook.ProcessState.SystemTime(),
	})
	os.Exit(hook.ProcessState.ExitCode())
}

func note(c cost) {
	line, err := json.Marshal(c)
	if err != nil {
		fail(err)
	}
	file, err := os.OpenFile(os.Getenv(out), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		fail(err)
	}
	if _, err := file.Write(append(line, '\n')); err != nil {
		fail(err)
	}
	if err := file.Close(); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cannot measure a hook:", err)
	os.Exit(1)
}
