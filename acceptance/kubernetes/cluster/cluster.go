// Package cluster builds kubelite, a real Kubernetes in one process, and runs it
// for tests.
package cluster

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
)

// Cluster is a running kubelite.
type Cluster struct {
	Server  string  `json:"server"`
	CA      string  `json:"ca"`
	Token   string  `json:"token"` // of an administrator
	PID     int     `json:"pid"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"` // it took to be ready

	process *exec.Cmd
	stdin   io.Closer
}

// release is that in kubelite/go.mod; the linker writes it into the program.
const release = "v1.36.3"

// Build compiles kubelite, whose sources are in the folder given, into the
// repository's build folder, where Go finds it up to date the next time.
func Build(sources string) (string, error) {
	binary, err := filepath.Abs(filepath.Join(sources, "../../../build/acceptance/kubelite"))
	if err != nil {
		return "", fmt.Errorf("cannot name the program to build: %w", err)
	}
	fmt.Println("building kubelite, a real Kubernetes API server (minutes the first time, seconds from then on)")
	begin := time.Now()
	command := exec.Command("go", "build", "-ldflags=-s -w -X k8s.io/component-base/version.gitVersion="+release, "-o", binary, ".")
	command.Dir = sources
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("cannot build kubelite: %w", err)
	}
	fmt.Printf("kubelite is built after %.0f s\n", time.Since(begin).Seconds())
	return binary, nil
}

// Start runs it with the given arguments and returns once the cluster can be
// used. It ends with this process, if not before.
func Start(binary string, args ...string) (*Cluster, error) {
	c := &Cluster{process: exec.Command(binary, args...)}
	c.process.Stderr = os.Stderr
	stdin, err := c.process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("cannot start kubelite: %w", err)
	}
	c.stdin = stdin
	stdout, err := c.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("cannot start kubelite: %w", err)
	}
	if err := c.process.Start(); err != nil {
		return nil, fmt.Errorf("cannot start kubelite: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n') // it ends by itself when it cannot start
	if err == nil {
		err = json.Unmarshal(line, c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start kubelite: %w", err), c.Stop())
	}
	return c, nil
}

// Stop waits until it has ended by itself, which it does when its standard input
// has; one that does not is a failure, and is killed.
func (c *Cluster) Stop() error {
	_ = c.stdin.Close()
	kill := time.AfterFunc(30*time.Second, func() { _ = c.process.Process.Kill() })
	defer kill.Stop()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("cannot end kubelite in an orderly way: %w", err)
	}
	return nil
}

// Config is a user's, by token.
func (c *Cluster) Config(token string) *rest.Config {
	return &rest.Config{
		Host: c.Server, BearerToken: token, QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: []byte(c.CA)},
		WarningHandler:  rest.NoWarnings{},
	}
}

// Kubeconfig is the same as a file.
func (c *Cluster) Kubeconfig(token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: u, user: {token: %q}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, c.Server, base64.StdEncoding.EncodeToString([]byte(c.CA)), token)
}
