package hooks

// What a unit remembers of its last hooks, for the action explain: short, and
// only of hooks that changed what is stored, so that a steady unit writes nothing.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/connectcharm/kafka-connect-base/reactive"
)

const (
	// historyKey is where the short records stand in the unit's state.
	historyKey = "reactive.history"

	// historyVersion is of their form. Records of another one are forgotten: nothing is done by them.
	historyVersion = 1

	maxPast        = 20       // hooks remembered
	maxPastNames   = 12       // rules or flags named of each
	maxPastMessage = 200      // bytes of a message
	maxHistory     = 32 << 10 // bytes in all
)

// Past is what is remembered of a hook.
type Past struct {
	Time     time.Time `json:"time"` // when it began, to the second
	Hook     string    `json:"hook"` // as [juju.Hook] prints itself
	Remote   string    `json:"remote,omitempty"`
	Rules    []string  `json:"rules,omitempty"` // that changed flags, or were left blocked or waiting
	Set      []string  `json:"set,omitempty"`   // flags that were not set before the hook
	Cleared  []string  `json:"cleared,omitempty"`
	Outcomes []Outcome `json:"outcomes,omitempty"`
}

type history struct {
	Version int    `json:"version"`
	Hooks   []Past `json:"hooks"` // the newest last
}

func (h *hook) loadHistory(ctx context.Context) (history, error) {
	text, ok, err := h.unit.State(ctx, historyKey)
	if err != nil {
		return history{}, err
	}
	var past history
	if !ok || json.Unmarshal([]byte(text), &past) != nil || past.Version != historyVersion {
		return history{Version: historyVersion}, nil
	}
	return past, nil
}

// saveHistory adds this hook if it changed the state, or ended otherwise than the
// last one that is remembered.
func (h *hook) saveHistory(ctx context.Context, stateChanged bool) error {
	past, err := h.loadHistory(ctx)
	if err != nil {
		return err
	}
	now := h.past()
	var before []Outcome
	if n := len(past.Hooks); n > 0 {
		before = past.Hooks[n-1].Outcomes
	}
	if !stateChanged && reflect.DeepEqual(before, now.Outcomes) {
		return nil
	}
	past.Hooks = append(past.Hooks, now)
	for {
		text, err := json.Marshal(past)
		if err != nil {
			return fmt.Errorf("cannot store what this hook did: %w", err)
		}
		if len(past.Hooks) <= maxPast && len(text) <= maxHistory || len(past.Hooks) == 1 {
			h.unit.SetState(historyKey, string(text))
			return nil
		}
		past.Hooks = past.Hooks[1:]
	}
}

// past is what is worth keeping of this hook.
func (h *hook) past() Past {
	p := Past{Time: h.record.Time.UTC().Truncate(time.Second), Hook: h.unit.Env().Hook.String(), Remote: h.record.Remote}
	p.Set, p.Cleared = difference(h.state.Flags, h.result.State.Flags)
	p.Set, p.Cleared = few(p.Set), few(p.Cleared)
	named := map[string]bool{}
	for ran := range h.result.Ran() {
		if (len(ran.Set)+len(ran.Cleared) > 0 || ran.Outcome != reactive.OutcomeDone) && !named[ran.Rule] {
			named[ran.Rule] = true
			p.Rules = append(p.Rules, ran.Rule)
		}
	}
	p.Rules = few(p.Rules)
	for _, o := range h.result.Outcomes[:min(len(h.result.Outcomes), maxPastNames)] {
		p.Outcomes = append(p.Outcomes, Outcome{Rule: o.Rule, Outcome: string(o.Outcome), Message: cut(o.Message)})
	}
	return p
}

// difference gives what two sorted lists do not have in common.
func difference(before, after []string) (added, removed []string) {
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(before) == 0 || len(after) > 0 && after[0] < before[0]:
			added, after = append(added, after[0]), after[1:]
		case len(after) == 0 || before[0] < after[0]:
			removed, before = append(removed, before[0]), before[1:]
		default:
			before, after = before[1:], after[1:]
		}
	}
	return added, removed
}

func few(names []string) []string {
	if len(names) <= maxPastNames {
		return names
	}
	return append(names[:maxPastNames:maxPastNames], fmt.Sprintf("and %d more", len(names)-maxPastNames))
}

func cut(message string) string {
	if len(message) <= maxPastMessage {
		return message
	}
	end := maxPastMessage
	for !utf8.RuneStart(message[end]) {
		end--
	}
	return message[:end] + "…"
}

// failureFile is in the charm's folder, because what a failed hook wrote anywhere
// else is dropped with it. It is there from a failure to the next hook that ends well.
const failureFile = ".last-failure.json"

// Failure is what is known of a hook that failed.
type Failure struct {
	Time  time.Time `json:"time"`
	Hook  string    `json:"hook"`
	Rule  string    `json:"rule,omitempty"` // where it was a rule
	Error string    `json:"error"`
}

// noteEnd keeps the failure of a hook, or forgets one that was mended. It is a
// help for a person and no more: where the folder cannot be written nothing is said.
func (h *hook) noteEnd(failed error) {
	dir := h.unit.Env().CharmDir
	if dir == "" || h.unit.Env().Hook.Action != "" {
		return
	}
	path := filepath.Join(dir, failureFile)
	if failed == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			h.unit.Log().Debug("a failure that is mended stays noted", "file", path, "error", err)
		}
		return
	}
	why := failed
	var rule *reactive.RuleError
	if errors.As(failed, &rule) {
		why = rule.Err
	}
	text, err := json.Marshal(Failure{
		Time: h.record.Time.UTC().Truncate(time.Second), Hook: h.unit.Env().Hook.String(), Rule: h.record.Rule, Error: cut(why.Error()),
	})
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		h.unit.Log().Debug("the failure cannot be noted", "file", path, "error", err)
	}
}

func (h *hook) lastFailure() *Failure {
	text, err := os.ReadFile(filepath.Join(h.unit.Env().CharmDir, failureFile))
	var failure Failure
	if err != nil || json.Unmarshal(text, &failure) != nil {
		return nil
	}
	return &failure
}
