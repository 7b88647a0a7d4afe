// State and World: what a hook starts from.

package reactive

import (
	"encoding/json"
	"errors"
	"fmt"
)

// StateVersion is the version of the stored form that this package writes. It reads this one and every older one.
const StateVersion = 1

// ErrNewerState says that a stored state was written by a newer charm, and that nothing was read.
var ErrNewerState = errors.New("it was written by a newer charm")

// State is what a unit remembers between hooks. The zero State is that of a new unit. [Engine.Run] never alters the
// one it is given, and the one it gives may share parts with it: treat both as read only.
//
// As JSON it is compact, versioned, and the same bytes for the same state.
type State struct {
	// Flags are those that are set, sorted. Flags that the present rules do not know are kept.
	Flags []string
	// Once are the rules that have run once and for all, sorted. They are kept for the life of the unit, whether the
	// present rules have them or not.
	Once []string
	// Marks are the versions each rule saw when it last succeeded, by rule and change. Those of rules and changes that
	// are no longer there are dropped.
	Marks map[string]map[string]string
	// Triggers are the versions that triggers on changes saw last, by the trigger's text. Those of triggers that are no
	// longer there are dropped.
	Triggers map[string]string
	// Facts are those that held in the last committed hook, of the ones that triggers fire on, sorted.
	Facts []string
}

// World is one snapshot of what is outside: the same for the whole hook.
type World struct {
	// Facts that hold now, by name. A fact that is not there does not hold.
	Facts map[string]bool
	// Versions of the inputs, by the name of their change: a hash of the value, say. One that is not there, or
	// empty, says that there is nothing.
	Versions map[string]string
}

type stateV1 struct {
	Version  int                          `json:"version"`
	Flags    []string                     `json:"flags,omitempty"`
	Once     []string                     `json:"once,omitempty"`
	Marks    map[string]map[string]string `json:"marks,omitempty"`
	Triggers map[string]string            `json:"triggers,omitempty"`
	Facts    []string                     `json:"facts,omitempty"`
}

// MarshalJSON writes the state in the form of [StateVersion].
func (s State) MarshalJSON() ([]byte, error) {
	return json.Marshal(stateV1{StateVersion, s.Flags, s.Once, s.Marks, s.Triggers, s.Facts})
}

// UnmarshalJSON reads a state of this or an older version. A newer one gives an error that is [ErrNewerState].
func (s *State) UnmarshalJSON(data []byte) error {
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return fmt.Errorf("cannot read the stored state: %v", err)
	}
	switch {
	case v.Version < 1:
		return errors.New("cannot read the stored state: it has no version")
	case v.Version > StateVersion:
		return fmt.Errorf("cannot read the stored state: %w (its version is %d, this charm knows %d): upgrade the charm",
			ErrNewerState, v.Version, StateVersion)
	}
	var f stateV1
	if err := json.Unmarshal(data, &f); err != nil {
		return fmt.Errorf("cannot read the stored state: %v", err)
	}
	*s = State{f.Flags, f.Once, f.Marks, f.Triggers, f.Facts}
	return nil
}
