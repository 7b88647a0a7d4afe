package workers

// What this unit knows of the attached folder from the last time it evaluated it,
// so that an update-status where nothing has changed evaluates nothing.

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/connectcharm/kafka-connect-base/charm/folder"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// note lies beside the charm. It holds no configuration: what a plan came to
// follows from the folder and from what runs, so the hashes of both are enough to
// know it again. It may be lost at any time.
type note struct {
	Version     int
	Inputs      string            // fingerprint of the archive and of what goes with it
	Wrong       string            // what is wrong with the folder, if that is so; then the rest is as before
	Environment string            // that was meant
	Owner       string            // that its connectors carry
	Files       map[string]string // which file describes a connector
	Live        string            // fingerprint of what ran when there was nothing to do; or ""
	Says        string            // what is planned, where plans are not applied
	Blocked     string            // what somebody has to decide
}

const noteVersion = 1

func newNote(a *archive, w *folder.Wanted) note {
	return note{Version: noteVersion, Inputs: a.fingerprint, Environment: w.Environment, Owner: w.Policy.Owner, Files: w.Files()}
}

func (u *Unit) noteFile() string { return filepath.Join(u.attachedDir(), "known.json") }

// attachedNote gives an empty note where there is none. Another charm may evaluate
// the same files to something else, so after an upgrade there is none.
func (u *Unit) attachedNote() note {
	var n note
	text, err := os.ReadFile(u.noteFile())
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil || n.Version != noteVersion {
		return note{}
	}
	if u.Env().Hook.Name == "upgrade-charm" && !u.attachedAnew {
		n.Inputs, n.Live = "", ""
	}
	return n
}

// writeNote: what cannot be noted is found out again by the next hook.
func (u *Unit) writeNote(n note) {
	u.attachedAnew = true
	text, err := json.Marshal(n)
	if err == nil {
		err = os.MkdirAll(u.attachedDir(), 0o700)
	}
	if err == nil { // by another name first: a killed hook leaves the old one, or the new one
		err = os.WriteFile(u.noteFile()+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(u.noteFile()+".new", u.noteFile())
	}
	if err != nil {
		u.Log().Warn("cannot note what the attached connectors came to", "reason", err)
	}
}

func (u *Unit) dropNote() error {
	if err := os.Remove(u.noteFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot forget the attached connectors: %w", err)
	}
	return nil
}

// running is the fingerprint of what a plan for this folder looks at.
func (n note) running(live *connectors.Live) string {
	type seen struct {
		Config map[string]string
		State  State
	}
	matter := map[string]seen{}
	for name, c := range live.Connectors {
		if n.concerns(name, c) {
			matter[name] = seen{c.Info.Config, resting(State(c.Status.Connector.State))}
		}
	}
	return fingerprint(matter)
}

// concerns says whether a connector is the folder's: a file describes it, or it
// carries the owner.
func (n note) concerns(name string, c connect.Expanded) bool {
	_, described := n.Files[name]
	return described || c.Info.Config[connectors.OwnerKey] == n.Owner
}
