package jujud

// The other applications, which have units but no agents, and what the controller's
// workers do in the background.

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/juju/charm/v12"

	"github.com/juju/juju/core/secrets"
	"github.com/juju/juju/state"
)

// remote is a scripted application. It is deployed when it is first integrated: only
// then is it known which endpoint it has.
type remote struct {
	name     string
	data     []map[string]string
	deployed bool
}

func (m *Model) remote(name string, data []map[string]string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.remotes[name] = &remote{name: name, data: data}
	return nil
}

func (m *Model) write(name string, data []map[string]string) error {
	r := m.remotes[name]
	for i, written := range data {
		for k, v := range written {
			if r.data[i] == nil {
				r.data[i] = map[string]string{}
			}
			r.data[i][k] = v
		}
	}
	defer m.touch()
	return m.eachRemote(func(_ *state.Relation, ru *state.RelationUnit, one *remote, number int) error {
		in, err := ru.InScope()
		if one != r || err != nil || !in || number >= len(data) {
			return err
		}
		settings, err := ru.Settings()
		if err != nil {
			return err
		}
		for k, v := range data[number] {
			settings.Set(k, v)
		}
		_, err = settings.Write()
		return err
	})
}

func (m *Model) integrate(charmed, scripted string) error {
	name, endpoint, _ := strings.Cut(scripted, ":")
	r := m.remotes[name]
	if r == nil {
		return fmt.Errorf("application %q not found", name)
	}
	if !r.deployed {
		if err := m.deployRemote(r, charmed, endpoint); err != nil {
			return fmt.Errorf("cannot deploy %s: %w", name, err)
		}
		r.deployed = true
	}
	if _, err := m.juju("integrate", charmed, scripted); err != nil {
		return err
	}
	defer m.touch()
	return m.eachRemote(func(rel *state.Relation, ru *state.RelationUnit, one *remote, number int) error {
		if in, err := ru.InScope(); one != r || in || err != nil || rel.Life() != state.Alive {
			return err
		}
		address := fmt.Sprintf("10.0.1.%d", 2+number)
		settings := map[string]any{"private-address": address, "ingress-address": address, "egress-subnets": address + "/32"}
		for k, v := range r.data[number] {
			settings[k] = v
		}
		return ru.EnterScope(settings)
	})
}

// deployRemote deploys a charm that has the other end of what it is integrated with.
func (m *Model) deployRemote(r *remote, charmed, endpoint string) error {
	application, mine, _ := strings.Cut(charmed, ":")
	a, err := m.state.Application(application)
	if err != nil {
		return err
	}
	ends, err := a.Endpoints()
	if err != nil {
		return err
	}
	role, wire := "", ""
	for _, e := range ends {
		if e.Name == mine {
			wire, role = e.Interface, "provides"
			if e.Role == charm.RoleProvider {
				role = "requires"
			}
		}
	}
	if wire == "" {
		return fmt.Errorf("%s has no endpoint %q", application, mine)
	}
	path := filepath.Join(m.options.Dir, r.name+".charm")
	if err := writeCharm(path, map[string]string{
		"metadata.yaml": fmt.Sprintf("name: %s\nsummary: The other side.\ndescription: The other side.\n%s:\n  %s:\n    interface: %s\n", r.name, role, endpoint, wire),
		"manifest.yaml": "bases:\n- name: ubuntu\n  channel: \"22.04\"\n  architectures: [amd64]\n",
		"dispatch":      "#!/bin/sh\n",
	}); err != nil {
		return err
	}
	if _, err := m.juju("deploy", path, r.name, "-n", fmt.Sprint(max(len(r.data), 1))); err != nil {
		return err
	}
	if len(r.data) == 0 { // Juju deploys no application without a unit
		one, err := m.state.Unit(r.name + "/0")
		if err != nil {
			return err
		}
		return one.Destroy()
	}
	return m.assign()
}

// SetAppData is what the leader of a scripted application writes for it on a
// relation, which is named by its other end.
func (m *Model) SetAppData(end, name string, data map[string]string) error {
	relations, err := m.state.AllRelations()
	if err != nil {
		return err
	}
	for _, rel := range relations {
		if text := " " + rel.String() + " "; !strings.Contains(text, " "+end+" ") || !strings.Contains(text, " "+name+":") {
			continue
		}
		written := map[string]any{}
		for k, v := range data {
			written[k] = v
		}
		defer m.touch()
		return rel.UpdateApplicationSettings(name, leads{}, written)
	}
	return fmt.Errorf("cannot write for %q: it has no relation with %q", name, end)
}

// leads is a scripted leader's leadership.
type leads struct{}

func (leads) Check() error { return nil }

func writeCharm(path string, files map[string]string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	archive := zip.NewWriter(out)
	for name, text := range files {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate}
		header.SetMode(0o755)
		w, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
	}
	return archive.Close()
}

// eachRemote is called for each unit of a scripted application in each relation it
// could be in, with the unit's number.
func (m *Model) eachRemote(do func(*state.Relation, *state.RelationUnit, *remote, int) error) error {
	relations, err := m.state.AllRelations()
	if err != nil {
		return err
	}
	for _, rel := range relations {
		for _, end := range rel.Endpoints() {
			m.mu.Lock()
			r := m.remotes[end.ApplicationName]
			m.mu.Unlock()
			if r == nil {
				continue
			}
			for i := range r.data {
				one, err := m.state.Unit(fmt.Sprintf("%s/%d", r.name, i))
				if err != nil {
					return err
				}
				ru, err := rel.Unit(one)
				if err != nil {
					return err
				}
				if err := do(rel, ru, r, i); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// work is what the controller's cleaner does, and the scripted units' agents when
// their relation goes.
func (m *Model) work() {
	due := 0
	for {
		select {
		case <-m.stopping:
			return
		case <-time.After(50 * time.Millisecond):
		}
		needed, err := m.state.NeedsCleanup()
		if due++; !needed {
			due = 0
		}
		if due == patience {
			err = errors.Join(err, m.cleanup())
			due = 0
		}
		if err != nil {
			m.note("cleaning up: %v", err)
		}
		if err := m.eachRemote(func(rel *state.Relation, ru *state.RelationUnit, _ *remote, _ int) error {
			if in, err := ru.InScope(); !in || err != nil || rel.Life() == state.Alive {
				return err
			}
			m.touch()
			return ru.LeaveScope()
		}); err != nil {
			m.note("leaving relations: %v", err)
		}
	}
}

// cleanup does one turn of what is due; secrets' content is in the database.
func (m *Model) cleanup() error { return m.state.Cleanup(func(*secrets.URI, int) error { return nil }) }

// patience is for how many turns cleaning up waits, half a second. What is left of a
// relation is cleaned up, and an agent that still watches it then, because it has not
// heard of the end yet, ends with an error and is started again; what it was about to
// be told of secrets meanwhile it is not told again (obsoleteSecretsWatcher in Juju
// 3.6's state/secrets.go).
const patience = 10
