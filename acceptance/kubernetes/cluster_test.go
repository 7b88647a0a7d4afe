package kubernetes_test

// One real Kubernetes for all tests here: built, started, and ended.

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
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// cluster is a running kubelite.
type cluster struct {
	Server  string  `json:"server"`
	CA      string  `json:"ca"`
	Token   string  `json:"token"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`

	process *exec.Cmd
	stdin   io.Closer
}

// release is that in kubelite/go.mod; the linker writes it into the program.
const release = "v1.36.3"

// real is the one cluster: starting it takes longer than most tests. Tests keep
// to namespaces of their own.
var real *cluster

func TestMain(m *testing.M) {
	os.Exit(func() int {
		binary, err := build()
		if err == nil {
			real, err = start(binary)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Printf("Kubernetes %s is ready after %.1f s\n", real.Version, real.Seconds)
		code := m.Run()
		begin := time.Now()
		if err := real.stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
		fmt.Printf("Kubernetes has ended after %.1f s\n", time.Since(begin).Seconds())
		return code
	}())
}

// build compiles kubelite into the repository's build folder, where Go finds it
// up to date the next time.
func build() (string, error) {
	binary, err := filepath.Abs("../../build/acceptance/kubelite")
	if err != nil {
		return "", fmt.Errorf("cannot name the program to build: %w", err)
	}
	fmt.Println("building kubelite, a real Kubernetes API server (minutes the first time, seconds from then on)")
	begin := time.Now()
	command := exec.Command("go", "build", "-ldflags=-s -w -X k8s.io/component-base/version.gitVersion="+release, "-o", binary, ".")
	command.Dir = "kubelite"
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("cannot build kubelite: %w", err)
	}
	fmt.Printf("kubelite is built after %.0f s\n", time.Since(begin).Seconds())
	return binary, nil
}

// start returns once the cluster can be used.
func start(binary string) (*cluster, error) {
	c := &cluster{process: exec.Command(binary)}
	if dir := os.Getenv("KUBELITE_DIR"); dir != "" { // where its log stays
		c.process.Args = append(c.process.Args, "-dir", dir)
	}
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
		return nil, errors.Join(fmt.Errorf("cannot start kubelite: %w", err), c.stop())
	}
	return c, nil
}

// stop waits until it has ended by itself, which it does when its standard
// input has; one that does not is a failure, and is killed.
func (c *cluster) stop() error {
	_ = c.stdin.Close()
	kill := time.AfterFunc(30*time.Second, func() { _ = c.process.Process.Kill() })
	defer kill.Stop()
	if err := c.process.Wait(); err != nil {
		return fmt.Errorf("cannot end kubelite in an orderly way: %w", err)
	}
	return nil
}

// config is a user's, by token.
func (c *cluster) config(token string) *rest.Config {
	return &rest.Config{
		Host: c.Server, BearerToken: token, QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: []byte(c.CA)},
		WarningHandler:  rest.NoWarnings{},
	}
}

// kubeconfig is the same as a file.
func (c *cluster) kubeconfig(token string) []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: u, user: {token: %q}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, c.Server, base64.StdEncoding.EncodeToString([]byte(c.CA)), token)
}
