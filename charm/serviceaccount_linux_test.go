package charm_test

// The whole life of a charm whose way to Kubernetes is its own pod's service
// account: no option, no relation, the files and names where a pod has them.

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

// TestServiceAccount plays the life of the file charm in a pod: not trusted,
// trusted, with a token that was rotated, removed.
func TestServiceAccount(t *testing.T) {
	if !inPod(t) {
		return
	}
	l, pod := newPodLife(t)
	token := l.Kube.AddServiceAccount("test", "connect", false)
	pod.mount(token)
	l.Must(l.Deploy("connect", fileCharm, charmtest.DeployOptions{Config: map[string]any{
		"topics": "lines", "source-file": l.from, "sink-file": l.to,
	}}))
	l.MustIntegrateKafka("connect")
	l.MustSettle()

	l.step("not trusted", func() {
		const want = "blocked: not trusted with Kubernetes: juju trust connect --scope=cluster (cannot get secret/test/connect-connect-"
		if got := l.status("connect/0"); !strings.HasPrefix(got, want) {
			t.Errorf("status is %q, want it to begin with %q", got, want)
		}
		l.Kube.ForgetCalls()
	})
	l.step("trusted", func() {
		l.Kube.AddServiceAccount("test", "connect", true)
		l.Must(l.UpdateStatus("connect"))
		l.MustSettle()
		l.wantStatus("connect/0", runningStatus)
		l.wantConnectors("connect-sink running", "connect-source running")
		l.wantBytes("by the Service's name")
		l.wantOwnAccount()
	})
	l.step("token rotated", func() {
		l.Kube.ForgetCalls()
		pod.mount(l.Kube.RotateToken(token))
		l.Must(l.Configure("connect", map[string]any{"workers": 2}))
		l.MustSettle()
		l.wantStatus("connect/0", "active: 2 workers, 2 connectors")
		l.wantOwnAccount()
	})
	l.step("removed", func() {
		l.Must(l.RemoveApplication("connect"))
		l.MustSettle()
		l.wantConnectors()
		if s := l.MustSnapshot(); len(s.Objects) > 0 {
			t.Errorf("left in Kubernetes: %q", s.Objects)
		}
	})
}

// newPodLife is a life whose hooks find Kubernetes as in a pod of namespace test.
func newPodLife(t *testing.T) (*life, pod) {
	env := map[string]string{}
	l := newLife(t, world.Options{Model: charmtest.Options{Env: env}, Kube: kubetest.Options{Namespaces: []string{"test"}}})
	host, port, err := net.SplitHostPort(strings.TrimPrefix(l.Kube.URL(), "https://"))
	l.Must(err)
	env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"] = host, port
	return l, newPod(l)
}

// wantOwnAccount: every request since the last look was the service account's, and none went to Connect through the API server.
func (l *life) wantOwnAccount() {
	l.t.Helper()
	calls := l.Kube.Calls()
	if len(calls) == 0 {
		l.t.Errorf("nobody asked Kubernetes")
	}
	for _, call := range calls {
		if call.User != "system:serviceaccount:test:connect" || call.Subresource == "proxy" {
			l.t.Errorf("%+v: want it from the charm's account, and not through the proxy", call)
			return
		}
	}
}

// podMark says in the environment that the test runs in a file system of its own.
const podMark = "TEST_IN_POD"

// inPod runs the test that calls it once more, in a process whose mounts are its
// own, and says whether this is that process: files at real places can be given
// to a hook without a word in the charm's code. Where the kernel does not let a
// user have mounts of their own that is said, and is a failure in CI.
func inPod(t *testing.T) bool {
	t.Helper()
	if os.Getenv(podMark) != "" {
		return true
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), podMark+"=1", builtCharm+"="+fileCharm)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case err != nil && (!errors.As(err, &ended) || strings.Contains(string(out), noMounts)):
		why := fmt.Sprintf("cannot give the test mounts of its own (run it as root, or allow user namespaces): %v\n%s", err, out)
		if os.Getenv("CI") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case !strings.Contains(string(out), "--- PASS: "+t.Name()):
		t.Fatalf("it did not run:\n%s", out)
	}
	return false
}

// noMounts is what the test says where the kernel gives it a namespace but no right to mount in it.
const noMounts = "cannot mount in a namespace of its own"

// pod is the file system that the hooks of a life see.
type pod struct{ *life }

// serviceAccount is where Kubernetes mounts a pod's own credentials.
const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// newPod makes place for a service account and lets the Service's name resolve. It
// insists on an empty file system: nothing may be written into the machine's own.
func newPod(l *life) pod {
	p := pod{l}
	run, err := filepath.EvalSymlinks("/var/run")
	l.Must(err)
	if err := syscall.Mount("pod", run, "tmpfs", 0, ""); err != nil {
		l.t.Fatalf("%s: %v", noMounts, err)
	}
	if inside, err := os.ReadDir("/var/run"); err != nil || len(inside) > 0 {
		l.t.Fatalf("%s: /var/run still is that of the machine (%v)", noMounts, err)
	}
	l.Must(os.MkdirAll(serviceAccount, 0o700))
	p.resolve("connect-connect.test.svc", p.service())
	return p
}

// mount puts the service account in its place. Done again it replaces the token at
// once, as kubelet does.
func (p pod) mount(token string) {
	p.t.Helper()
	for name, content := range map[string]string{"token": token, "ca.crt": string(p.Kube.CA()), "namespace": "test"} {
		p.Must(os.WriteFile(serviceAccount+"/..new", []byte(content), 0o600))
		p.Must(os.Rename(serviceAccount+"/..new", filepath.Join(serviceAccount, name)))
	}
}

// resolve makes a name known to every process of this file system.
func (p pod) resolve(name, address string) {
	hosts := filepath.Join(p.t.TempDir(), "hosts")
	p.Must(os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"+address+" "+name+"\n"), 0o600))
	p.Must(syscall.Mount(hosts, "/etc/hosts", "", syscall.MS_BIND, ""))
}

// service listens at port 8083 of an address of its own, as a Service does, and
// sends each connection on to the first worker there is.
func (p pod) service() (address string) {
	address = fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	listener, err := net.Listen("tcp", net.JoinHostPort(address, "8083"))
	p.Must(err)
	p.t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.forward(client)
		}
	}()
	return address
}

func (p pod) forward(client net.Conn) {
	defer client.Close()
	group := p.Group("connect")
	if group == nil || len(group.Workers()) == 0 {
		return
	}
	worker, err := net.Dial("tcp", group.Workers()[0].ID())
	if err != nil {
		return
	}
	defer worker.Close()
	go func() {
		_, _ = io.Copy(worker, client) // either side may go at any time
		worker.Close()
	}()
	_, _ = io.Copy(client, worker)
}
