package juju29

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/juju/charm/v8"
	"github.com/juju/cmd/v3"
	"github.com/juju/errors"
	"github.com/juju/juju/juju/sockets"
	"github.com/juju/juju/rpc/params"
	"github.com/juju/juju/worker/uniter/runner/jujuc"
	"github.com/juju/loggo"
)

var update = flag.Bool("update", false, "write what Juju's tools said to the golden file")

const probe = root + "/charmtest/testdata/probe"

// TestToolsAnswerAsRecorded runs the scripts that charmtest's own test runs, with
// Juju's hook tools: as their own client asks, and over the agent's socket as the
// charm does. The answers are the recordings that charmtest, told to be Juju 2.9,
// is held to.
func TestToolsAnswerAsRecorded(t *testing.T) {
	for _, leader := range []bool{true, false} {
		name, unit := "tools", "kc/0"
		if !leader {
			name, unit = "follower", "kc/1"
		}
		recording := root + "/charmtest/testdata/" + name + "-2.9.txt"
		if *update {
			must(t, os.WriteFile(recording, []byte(play(t, built.jujuc, unit, name)), 0o644))
		}
		for client, program := range map[string]string{"jujuc": built.jujuc, "the charm's": built.hooktool} {
			t.Run(name+" by "+client, func(t *testing.T) {
				t.Parallel()
				compare(t, recording, play(t, program, unit, name))
			})
		}
	}
}

// play runs a script as a unit, with a program behind the name of every tool.
func play(t *testing.T, program, unit, script string) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "j29-") // short, as a socket is in it
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(dir)) })
	socket := serve(t, probed(unit), filepath.Join(dir, "agent.socket"))
	for _, name := range jujuc.CommandNames() {
		must(t, os.Symlink(program, filepath.Join(dir, name)))
	}
	command := exec.Command("bash", "./"+script+".sh")
	command.Dir = probe
	command.Env = append(environment(unit, socket), "PATH="+dir+":"+os.Getenv("PATH"), "JUJU_DISPATCH_PATH=actions/"+script)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("the script ended with %v:\n%s", err, out)
	}
	return string(out)
}

// probed is what the probe charm's unit is told in charmtest.
func probed(unit string) *context {
	db := newRelation(3, "db", "pg", map[string]params.Settings{"pg/0": {"host": "10.0.0.2"}})
	db.application = params.Settings{"database": "x"}
	return &context{
		unit:      unit,
		config:    charm.Settings{"port": int64(8083), "name": "connect", "debug": false},
		relations: map[int]*relation{db.id: db},
		state:     map[string]string{"flags": "a,b"},
	}
}

const (
	contextID = "kc/0-run-tools-1"
	token     = "secret of the agent"
)

// environment is what every hook has.
func environment(unit string, socket sockets.Socket) []string {
	return []string{
		"LANG=C.UTF-8", "JUJU_UNIT_NAME=" + unit, "JUJU_VERSION=2.9.42",
		"JUJU_CONTEXT_ID=" + contextID, "JUJU_AGENT_TOKEN=" + token,
		"JUJU_AGENT_SOCKET_NETWORK=" + socket.Network, "JUJU_AGENT_SOCKET_ADDRESS=" + socket.Address,
	}
}

// serve runs Juju's server until the test is over.
func serve(t *testing.T, c *context, address string) sockets.Socket {
	t.Helper()
	loggo.GetLogger("").SetLogLevel(loggo.CRITICAL)
	socket := sockets.Socket{Network: "unix", Address: address}
	server, err := jujuc.NewServer(func(id, name string) (cmd.Command, error) {
		if id != contextID {
			return nil, errors.Errorf("expected context id %q, got %q", contextID, id)
		}
		return jujuc.NewCommand(c, name)
	}, socket, token)
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- server.Run() }()
	t.Cleanup(func() {
		server.Close()
		must(t, <-ended)
	})
	return socket
}

// compare tells each command of the script that was answered otherwise.
func compare(t *testing.T, recording, said string) {
	t.Helper()
	want, err := os.ReadFile(recording)
	must(t, err)
	wanted, given := strings.Split(string(want), "\n$ "), strings.Split(said, "\n$ ")
	if len(wanted) != len(given) || len(wanted) < 10 {
		t.Fatalf("%d commands were answered, and the recording has %d", len(given), len(wanted))
	}
	for i := range wanted {
		if wanted[i] != given[i] {
			t.Errorf("answered:\n%s\nrecorded:\n%s", given[i], wanted[i])
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
