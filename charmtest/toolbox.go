// The tools folder, first in the PATH of a hook: one small script for each hook tool, whose interpreter is a program
// that calls ToolMain. So hook tools work as programs without a Go toolchain and without anything to install.

package charmtest

import (
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// toolMark is the interpreter's argument in each script; the kernel adds the script's own path.
const toolMark = "charmtest-hook-tool"

// toolProgramVar tells New, within one process, that ToolMain was called and by which program.
const toolProgramVar = "CHARMTEST_HOOK_TOOLS"

type toolbox struct {
	dir     string
	address string // what JUJU_AGENT_SOCKET_ADDRESS says
}

func makeTools(opt Options, dir, socket string) (*toolbox, error) {
	b := &toolbox{dir: filepath.Join(dir, "tools"), address: socket}
	if opt.Exec {
		b.address = filepath.Join(dir, "no-such.socket")
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return nil, err
	}
	program := opt.HookTools
	if program == "" {
		program = os.Getenv(toolProgramVar)
	}
	for _, name := range opt.toolNames() {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(script(program, socket)), 0o755); err != nil {
			return nil, err
		}
	}
	if opt.Exec && program == "" {
		return nil, errors.New("hook tools cannot be run as programs: Options.Exec needs a program that calls charmtest.ToolMain (in a test, from TestMain)")
	}
	return b, nil
}

func script(program, socket string) string {
	if program == "" {
		return "#!/bin/sh\necho \"ERROR cannot run $0: the test's main does not call charmtest.ToolMain\" >&2\nexit 127\n"
	}
	return fmt.Sprintf("#!%s %s\n%s\n", program, toolMark, socket)
}

// ToolMain makes a program serve as the hook tools of the models it starts. Call it first thing in main, or in
// TestMain before the tests run:
//
//	func TestMain(m *testing.M) {
//		charmtest.ToolMain()
//		os.Exit(m.Run())
//	}
//
// In a process that was started as a hook tool it does not return. In any other it only remembers, in the
// process's own environment, that this program can do so.
func ToolMain() {
	if len(os.Args) > 2 && os.Args[1] == toolMark {
		// Not os.Exit: in a program built with -race, that waits a second for late reports of races.
		syscall.Exit(runToolProcess(os.Args[2], os.Args[3:]))
	}
	if self, err := os.Executable(); err == nil {
		// Setenv fails only for names no system allows.
		_ = os.Setenv(toolProgramVar, self)
	}
}

// runToolProcess asks the agent, as Juju's own jujuc does.
func runToolProcess(script string, args []string) int {
	resp, err := askAgent(script, args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR %s\n", err)
		return 1
	}
	_, _ = os.Stdout.Write(resp.Stdout)
	_, _ = os.Stderr.Write(resp.Stderr)
	return resp.Code
}

func askAgent(script string, args []string) (*toolResponse, error) {
	id := os.Getenv("JUJU_CONTEXT_ID")
	if id == "" {
		return nil, errors.New("JUJU_CONTEXT_ID not set")
	}
	address, err := agentAddress(script)
	if err != nil {
		return nil, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	client, err := rpc.Dial("unix", address)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	req := toolRequest{ContextId: id, Dir: dir, CommandName: filepath.Base(script), Args: args}
	var resp toolResponse
	err = client.Call("Jujuc.Main", req, &resp)
	if err != nil && err.Error() == errNoStdin.Error() {
		if req.Stdin, err = io.ReadAll(os.Stdin); err != nil {
			return nil, err
		}
		req.StdinSet = true
		err = client.Call("Jujuc.Main", req, &resp)
	}
	return &resp, err
}

// agentAddress is the script's second line: with Options.Exec the environment has a wrong one on purpose.
func agentAddress(script string) (string, error) {
	text, err := os.ReadFile(script)
	if err != nil {
		return "", err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 2 {
		return "", fmt.Errorf("cannot find the agent: %s has no second line", script)
	}
	return lines[1], nil
}
