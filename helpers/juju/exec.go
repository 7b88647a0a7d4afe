package juju

// Hook tools as Juju documents them: programs in a folder that comes first in
// PATH.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// ErrNoTool is given when the hook tools' folder has no such tool.
var ErrNoTool = errors.New("no such hook tool")

// execTools runs a process for each call: about 8 ms.
type execTools struct{ env Env }

// Call runs the tool. When the context ends it is killed.
func (t *execTools) Call(ctx context.Context, call Call) ([]byte, error) {
	path, err := t.find(call.Tool)
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, path, call.Args...)
	cmd.Env = t.environ()
	cmd.Dir = t.env.CharmDir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second // a grandchild may hold the pipes open
	if call.Stdin != nil {
		cmd.Stdin = bytes.NewReader(call.Stdin)
	}
	err = cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	if ctx.Err() != nil {
		return nil, gaveUp(ctx, call.Tool)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return nil, newToolError(call.Tool, exit.ExitCode(), stderr.Bytes())
	}
	return nil, fmt.Errorf("cannot run %s: %w", call.Tool, err)
}

// Close has nothing to close.
func (t *execTools) Close() error { return nil }

// find looks through the PATH of the hook. The process's own may be another
// one in a test.
func (t *execTools) find(tool string) (string, error) {
	for _, dir := range filepath.SplitList(t.env.Path) {
		if dir == "" {
			continue
		}
		path := filepath.Join(dir, tool)
		if info, err := os.Stat(path); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("cannot run %s: not in the hook's PATH: %w", tool, ErrNoTool)
}

// environ is the process's environment with what makes it this hook.
func (t *execTools) environ() []string {
	return append(os.Environ(),
		"PATH="+t.env.Path,
		"JUJU_CHARM_DIR="+t.env.CharmDir,
		"JUJU_UNIT_NAME="+t.env.UnitName,
		"JUJU_CONTEXT_ID="+t.env.ContextID,
		"JUJU_AGENT_SOCKET_NETWORK="+t.env.SocketNetwork,
		"JUJU_AGENT_SOCKET_ADDRESS="+t.env.SocketAddress,
		"JUJU_AGENT_TOKEN="+t.env.SocketToken,
		"JUJU_AGENT_CA_CERT="+t.env.SocketCA,
	)
}
