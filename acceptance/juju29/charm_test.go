package juju29

import (
	"bufio"
	"encoding/json"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/juju/charm/v8"
	"github.com/juju/juju/juju/sockets"
	"github.com/juju/juju/rpc/params"
)

// TestCharm runs the file charm's hooks with the hook tools of 2.9, as its charm
// library reads them from the archive, until its connectors run.
func TestCharm(t *testing.T) {
	t.Parallel()
	archive, err := charm.ReadCharmArchive(built.charm)
	must(t, err)
	dir, err := os.MkdirTemp("/tmp", "j29-") // short, as a socket is in it
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	u := &unit{t: t, charm: filepath.Join(dir, "charm")}
	must(t, archive.ExpandTo(u.charm))
	place := lend(t)
	brokers := map[string]params.Settings{}
	host, port, err := net.SplitHostPort(place.Brokers[0])
	must(t, err)
	brokers["kafka/0"] = params.Settings{"host": host, "port": port}
	cluster := newRelation(0, "cluster", "kc", nil)
	kafka := newRelation(1, "kafka", "kafka", brokers)
	settings, err := archive.Config().ValidateSettings(charm.Settings{"kubeconfig": place.Kubeconfig, "topics": "lines"})
	must(t, err)
	u.context = &context{unit: "kc/0", config: archive.Config().DefaultSettings(),
		relations: map[int]*relation{cluster.id: cluster}, state: map[string]string{}}
	maps.Copy(u.context.config, settings)
	u.socket = serve(t, u.context, filepath.Join(dir, "agent.socket"))

	u.run("install", nil, "")
	u.run("cluster-relation-created", cluster, "")
	for _, hook := range []string{"leader-elected", "config-changed", "start"} {
		u.run(hook, nil, "")
	}
	if status := u.context.tells(); !strings.HasPrefix(status, "blocked Kafka is missing") {
		t.Errorf("without Kafka the status is %q", status)
	}
	u.context.relations[kafka.id] = kafka
	u.run("kafka-relation-created", kafka, "")
	u.run("kafka-relation-joined", kafka, "kafka/0")
	u.run("kafka-relation-changed", kafka, "kafka/0")
	const want = "active 1 worker, 2 connectors"
	for end := time.Now().Add(time.Minute); !strings.HasPrefix(u.context.tells(), want); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the status is %q, want %q", u.context.tells(), want)
		}
		u.run("update-status", nil, "")
	}
	if len(u.context.state) == 0 || len(cluster.ownApp) == 0 {
		t.Errorf("kept with the unit: %q, for the next leader: %q", u.context.state, cluster.ownApp)
	}
	u.run("stop", nil, "")
}

// unit runs hooks, one after the other.
type unit struct {
	t       *testing.T
	charm   string
	context *context
	socket  sockets.Socket
}

// run runs a hook as the agent of 2.9 does: the charm's dispatch, in an
// environment of its own.
func (u *unit) run(hook string, r *relation, remote string) {
	u.t.Helper()
	u.context.enter(r, remote)
	defer u.context.enter(nil, "")
	command := exec.Command(filepath.Join(u.charm, "dispatch"))
	command.Dir = u.charm
	command.Env = append(environment("kc/0", u.socket), "PATH="+os.Getenv("PATH"),
		"JUJU_CHARM_DIR="+u.charm, "CHARM_DIR="+u.charm, "JUJU_DISPATCH_PATH=hooks/"+hook, "JUJU_HOOK_NAME="+hook,
		"JUJU_MODEL_NAME=test", "JUJU_MODEL_UUID=deadbeef-0bad-400d-8000-4b1d0d06f00d")
	if r != nil {
		command.Env = append(command.Env, "JUJU_RELATION="+r.name, "JUJU_RELATION_ID="+r.FakeId(),
			"JUJU_REMOTE_APP="+r.remote, "JUJU_REMOTE_UNIT="+remote)
	}
	if out, err := command.CombinedOutput(); err != nil {
		u.t.Fatalf("%s ended with %v:\n%s", hook, err, out)
	}
}

// lend starts a Kafka and a Kubernetes for the charm.
func lend(t *testing.T) (place struct {
	Kubeconfig string
	Brokers    []string
}) {
	t.Helper()
	command := exec.Command(built.steps)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	must(t, err)
	out, err := command.StdoutPipe()
	must(t, err)
	must(t, command.Start())
	t.Cleanup(func() {
		must(t, in.Close()) // it ends at the end of its input
		must(t, command.Wait())
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	must(t, json.Unmarshal(line, &place))
	return place
}
