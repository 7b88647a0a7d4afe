package juju

// Unit state: what this unit remembers between hooks, kept by the controller.
// It rolls back with a failed hook and survives the machine.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Juju's limits: 64 KiB a value, and what the controller's option
// max-charm-state-size says in all, by default 2 MiB. A value is cut into parts
// somewhat below.
const (
	partSize = 60 << 10
	maxState = 2 << 20
)

// ErrStateFull is given by Commit when the unit's state would be larger than
// Juju keeps.
var ErrStateFull = errors.New("unit state is full")

// unitState is the state as Juju has it and as this hook wants it, in parts: a
// long value stands under "key", "key#1", "key#2" and so on.
type unitState struct {
	loaded  bool
	stored  map[string]string
	pending map[string]*string // by key, not by part; nil deletes
}

// State gives a value, and whether there is one.
func (u *Unit) State(ctx context.Context, key string) (string, bool, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if value, changed := u.state.pending[key]; changed {
		if value == nil {
			return "", false, nil
		}
		return *value, true, nil
	}
	if err := u.loadState(ctx); err != nil {
		return "", false, err
	}
	value, ok := u.state.stored[key]
	for i := 1; ok; i++ {
		part, more := u.state.stored[partKey(key, i)]
		if !more {
			break
		}
		value += part
	}
	return value, ok, nil
}

// SetState buffers a value of any size for Commit. The key has no '#'.
func (u *Unit) SetState(key, value string) { u.pendState(key, &value) }

// DeleteState buffers the removal of a value. Removing what is not there is no
// error.
func (u *Unit) DeleteState(key string) { u.pendState(key, nil) }

func (u *Unit) pendState(key string, value *string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state.pending == nil {
		u.state.pending = map[string]*string{}
	}
	u.state.pending[key] = value
}

func (u *Unit) loadState(ctx context.Context) error {
	if u.state.loaded {
		return nil
	}
	stored := map[string]string{}
	if err := u.read(ctx, "", &stored, "state-get"); err != nil {
		return fmt.Errorf("cannot read the unit's state: %w", err)
	}
	if stored == nil { // Juju said null
		stored = map[string]string{}
	}
	u.state.stored, u.state.loaded = stored, true
	return nil
}

// commitState writes the parts that differ. One call sets, one more for each
// part that goes.
func (u *Unit) commitState(ctx context.Context) error {
	if len(u.state.pending) == 0 {
		return nil
	}
	if err := u.loadState(ctx); err != nil {
		return err
	}
	wanted, err := u.state.wanted()
	if err != nil {
		return fmt.Errorf("cannot keep the unit's state: %w", err)
	}
	set := map[string]string{}
	for key, value := range wanted {
		if old, ok := u.state.stored[key]; !ok || old != value {
			set[key] = value
		}
	}
	if len(set) > 0 {
		call := Call{Tool: "state-set", Args: []string{"--file", "-"}, Stdin: encodeMap(set)}
		if _, err := u.call(ctx, "", call); err != nil {
			return fmt.Errorf("cannot keep the unit's state: %w", err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(u.state.stored)) {
		if _, stays := wanted[key]; stays {
			continue
		}
		if _, err := u.call(ctx, "", Call{Tool: "state-delete", Args: []string{"--", key}}); err != nil {
			return fmt.Errorf("cannot drop %q from the unit's state: %w", key, err)
		}
	}
	u.state.stored, u.state.pending = wanted, nil
	return nil
}

// wanted gives the state after the pending changes, in parts, or all mistakes
// in them.
func (s *unitState) wanted() (map[string]string, error) {
	wanted := maps.Clone(s.stored)
	var mistakes []error
	for _, key := range slices.Sorted(maps.Keys(s.pending)) {
		delete(wanted, key)
		for i := 1; ; i++ {
			if _, ok := wanted[partKey(key, i)]; !ok {
				break
			}
			delete(wanted, partKey(key, i))
		}
		value := s.pending[key]
		if value == nil {
			continue
		}
		if err := checkStateKey(key, *value); err != nil {
			mistakes = append(mistakes, err)
			continue
		}
		for i, part := range split(*value, partSize) {
			wanted[partKey(key, i)] = part
		}
	}
	if err := errors.Join(mistakes...); err != nil {
		return nil, err
	}
	return wanted, checkSize(wanted)
}

func checkStateKey(key, value string) error {
	if err := checkPair(key, value); err != nil {
		return err
	}
	if strings.Contains(key, "#") {
		return fmt.Errorf("the key %q holds a '#', which marks the parts of long values", key)
	}
	if parts := len(value)/partSize + 1; len(partKey(key, parts)) > maxKey {
		return fmt.Errorf("the key %.40q… is too long for a value in %d parts", key, parts)
	}
	return nil
}

// checkSize is somewhat stricter than Juju, which counts the stored document.
func checkSize(parts map[string]string) error {
	const overhead = 16 // of one entry in that document
	total, largest := 0, ""
	for key, value := range parts {
		total += len(key) + len(value) + overhead
		if largest == "" || len(value) > len(parts[largest]) {
			largest = key
		}
	}
	if total <= maxState {
		return nil
	}
	name, _, _ := strings.Cut(largest, "#")
	return fmt.Errorf("%d KiB are more than the %d KiB that Juju keeps for a unit; %q is the largest: %w",
		total>>10, maxState>>10, name, ErrStateFull)
}

func partKey(key string, part int) string {
	if part == 0 {
		return key
	}
	return key + "#" + strconv.Itoa(part)
}

// split cuts text into parts of at most size bytes, never inside a character.
// There is always one part.
func split(text string, size int) []string {
	var parts []string
	for len(text) > size {
		cut := size
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		parts = append(parts, text[:cut])
		text = text[cut:]
	}
	return append(parts, text)
}
