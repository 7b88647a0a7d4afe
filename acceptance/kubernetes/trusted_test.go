package kubernetes_test

// The file charm in a Kubernetes model, as far as Kubernetes itself is
// concerned: the compiled hook binary, a service account with tokens of the
// real API server, and its RBAC. Kafka and Connect are embedded ones.

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/layers"
)

// dispatch runs the hook binary with mounts of its own, so that it finds the
// service account and the Service's name where a pod has them.
const dispatch = `#!/bin/sh
exec unshare --map-root-user --mount sh -ec '
run=$(readlink -f /var/run)
mount -t tmpfs pod "$run"
mkdir -p "$run/secrets/kubernetes.io"
ln -s %[1]s/account "$run/secrets/kubernetes.io/serviceaccount"
mount --bind %[1]s/hosts /etc/hosts
exec ./hook'
`

func TestTrustedCharm(t *testing.T) {
	t.Parallel()
	const app, model, untrusted = "trusted-connect", "trusted", "pods services"
	a := admin(t)
	a.namespace(model, nil)
	pod := newPodFiles(t, app+"."+model+".svc")
	// What Juju 3.6 gives the account of an application that is not trusted.
	pod.token(account(t, model, model, false, []rule{
		{[]string{""}, strings.Fields(untrusted), []string{"get", "list", "patch"}}, {[]string{""}, []string{"pods/exec"}, []string{"create"}}}))
	m := pod.deploy(model)
	m.settle()
	m.wantStatus("blocked: not trusted with Kubernetes: juju trust trusted --scope=cluster (cannot get secret/trusted/trusted-connect-")

	pod.token(account(t, model, model, true, []rule{{[]string{"*"}, []string{"*"}, []string{"*"}}})) // what `juju trust` gives, and another token
	m.must(m.UpdateStatus("trusted"))
	m.settle()
	m.wantStatus("active: 1 worker, 2 connectors")
	if len(pod.group.Writes()) == 0 {
		t.Error("nothing was registered by the Service's name")
	}
	m.must(m.RemoveApplication("trusted"))
	m.settle()
	if left := a.list("/apis/apps/v1/namespaces/" + model + "/statefulsets"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// podFiles are the parts of a pod's file system that the hook looks at, and
// the Connect behind its Service.
type podFiles struct {
	t     *testing.T
	dir   string
	group *connecttest.Cluster
}

func newPodFiles(t *testing.T, service string) *podFiles {
	t.Helper()
	p := &podFiles{t, t.TempDir(), connecttest.NewCluster(connecttest.Options{})}
	t.Cleanup(p.group.Close)
	worker, err := p.group.Listen()
	p.must(err)
	const address = "127.83.8.3" // of all that is loopback, so that nobody else has port 8083 of it
	listener, err := net.Listen("tcp", address+":8083")
	p.must(err)
	t.Cleanup(func() { listener.Close() })
	go forward(listener, worker.ID())
	p.must(os.Mkdir(filepath.Join(p.dir, "account"), 0o700))
	p.write("hosts", "127.0.0.1 localhost\n"+address+" "+service+"\n")
	p.write("account/ca.crt", real.CA)
	p.write("account/namespace", "trusted")
	return p
}

func (p *podFiles) token(token string) { p.write("account/token", token) }

func (p *podFiles) write(name, content string) {
	p.t.Helper()
	p.must(os.WriteFile(filepath.Join(p.dir, name), []byte(content), 0o600))
}

func (p *podFiles) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// deploy brings the file charm into a model where it finds Kafka by relation,
// and Kubernetes by where it runs.
func (p *podFiles) deploy(name string) *trustedModel {
	p.t.Helper()
	host, port, err := net.SplitHostPort(strings.TrimPrefix(real.Server, "https://"))
	p.must(err)
	charm := p.t.TempDir()
	p.must(layers.Make(p.t.Context(), charm, "../../examples/kafka-connect-file"))
	p.must(charmtest.Build(p.t.Context(), "github.com/connectcharm/kafka-connect-base/examples/kafka-connect-file/dispatch", filepath.Join(charm, "hook")))
	p.must(os.WriteFile(filepath.Join(charm, "dispatch"), fmt.Appendf(nil, dispatch, p.dir), 0o755))
	model, err := charmtest.New(charmtest.Options{Name: name, Env: map[string]string{"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}})
	p.must(err)
	m := &trustedModel{model, p}
	p.t.Cleanup(func() {
		if p.t.Failed() {
			p.t.Logf("what happened:\n%s\n%s", m.Journal().Detail(), m.Status())
		}
		m.Close()
	})
	m.must(m.Deploy("trusted", charm, charmtest.DeployOptions{Config: map[string]any{"topics": "lines"}}))
	kafka, err := m.Remote("kafka", "client", "kafka", 1)
	p.must(err)
	host, port, err = net.SplitHostPort(kafkatest.New(p.t, kafkatest.Options{}).Addrs()[0])
	p.must(err)
	p.must(kafka.SetUnitData("kafka/0", map[string]string{"host": host, "port": port}))
	p.must(m.Integrate("trusted:kafka", "kafka:client"))
	return m
}

type trustedModel struct {
	*charmtest.Model
	*podFiles
}

func (m *trustedModel) settle() {
	m.t.Helper()
	m.must(m.Settle(m.t.Context()))
}

func (m *trustedModel) wantStatus(want string) {
	m.t.Helper()
	for _, u := range m.Status().Units {
		if got := u.Workload + ": " + u.Message; u.Name == "trusted/0" && !strings.HasPrefix(got, want) {
			m.t.Errorf("status is %q, want it to begin with %q", got, want)
		}
	}
}

// forward sends each connection on to a worker, as a Service does.
func forward(listener net.Listener, address string) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer client.Close()
			worker, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			defer worker.Close()
			go func() {
				_, _ = io.Copy(worker, client) // either side may go at any time
				worker.Close()
			}()
			_, _ = io.Copy(client, worker)
		}()
	}
}
