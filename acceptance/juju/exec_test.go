package juju

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestStoryToolsAsProcesses hides the agent's socket from the charm, which then has to
// run Juju's own hook tools, and ends where the other way ends.
func TestStoryToolsAsProcesses(t *testing.T) { onEach(t, toolsAsProcesses) }

func toolsAsProcesses(t *testing.T, on place) {
	s := newStory(t, on, true)
	s.step(step{Do: "kafka", App: "kafka"})
	archive := filepath.Join(s.dir, "hidden.charm")
	must(t, hideSocket(built.charm, archive))
	deploy := s.deploy(archive)
	deploy.Config["kubeconfig"] = ""
	s.step(deploy)
	a := s.step(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	s.wantStatus(a, "connect/0", "active", "1 worker, 2 connectors")
	s.wantFlag(a, "connect/0", "kafka-connect-file.running")
	if n := s.processes(); n < 50 {
		t.Errorf("%d hook tools were run as processes, want every one", n)
	}
	for _, name := range []string{"state-set", "relation-set", "secret-add", "status-set", "goal-state"} {
		text, err := os.ReadFile(filepath.Join(s.dir, "tools.log"))
		must(t, err)
		if !slices.Contains(strings.Fields(string(text)), name) {
			t.Errorf("%s was not run as a process", name)
		}
	}
}

// hiding is a dispatch that takes the socket's address away from the charm; see
// toolScript for how the tools find it nevertheless.
const hiding = `#!/bin/bash
export HIDDEN_SOCKET=$JUJU_AGENT_SOCKET_ADDRESS JUJU_AGENT_SOCKET_ADDRESS=$JUJU_CHARM_DIR/no.socket
exec "$JUJU_CHARM_DIR/charm-binary"
`

// hideSocket makes a charm of another whose dispatch is a script before it.
func hideSocket(charm, out string) error {
	in, err := zip.OpenReader(charm)
	if err != nil {
		return err
	}
	defer in.Close()
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer file.Close()
	to := zip.NewWriter(file)
	for _, f := range in.File {
		header := f.FileHeader
		if f.Name == "dispatch" {
			script := zip.FileHeader{Name: "dispatch"}
			script.SetMode(0o755)
			w, err := to.CreateHeader(&script)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, hiding); err != nil {
				return err
			}
			header.Name = "charm-binary"
		}
		if err := copyFile(to, &header, f); err != nil {
			return err
		}
	}
	return to.Close()
}

func copyFile(to *zip.Writer, header *zip.FileHeader, f *zip.File) error {
	w, err := to.CreateRaw(header)
	if err != nil {
		return err
	}
	r, err := f.OpenRaw()
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}
