package jujutest

// The hook tools as programs, for tests of what happens without the socket.

import (
	"fmt"
	"io"
	"net/rpc"
	"os"
	"path/filepath"
)

// ToolMain is for the start of a TestMain: when the test binary was called by
// the name of a hook tool, as a link of LinkTools is, it does what that tool
// does and reports its exit code.
func ToolMain() (code int, isTool bool) {
	name := filepath.Base(os.Args[0])
	if _, ok := toolFlags()[name]; !ok {
		return 0, false
	}
	client, err := rpc.Dial("unix", agentAddress())
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR", err)
		return 1, true
	}
	request := Request{
		ContextId: os.Getenv("JUJU_CONTEXT_ID"), Dir: "/", CommandName: name, Args: os.Args[1:],
		Token: os.Getenv("JUJU_AGENT_TOKEN"),
	}
	var response Response
	err = client.Call("Jujuc.Main", request, &response)
	if err != nil && err.Error() == errNoStdin.Error() {
		request.StdinSet = true
		if request.Stdin, err = io.ReadAll(os.Stdin); err == nil {
			err = client.Call("Jujuc.Main", request, &response)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "ERROR", err)
		return 1, true
	}
	_, _ = os.Stdout.Write(response.Stdout)
	_, _ = os.Stderr.Write(response.Stderr)
	return response.Code, true
}

// agentAddress is the socket beside the folder the tool was linked in, whatever
// the hook was told: a test can break one way to the agent and not the other.
func agentAddress() string {
	return filepath.Join(filepath.Dir(filepath.Dir(os.Args[0])), "s")
}
