package hooks

// The action explain: where every rule stands, and what the last hooks did. It
// runs no rule and writes nothing, so it answers on every unit, and also while
// the unit's hook is in error.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/reactive"
)

// ExplainAction is the action that the process answers itself, unless a rule of
// the charm waits for it. A charm offers it by naming it in its actions.yaml,
// with the parameters rule (text) and hooks (a number), both optional.
const ExplainAction = "explain"

// explained is the result json of the action.
type explained struct {
	Version int        `json:"version"` // 1; fields may be added
	Unit    string     `json:"unit"`
	Flags   []string   `json:"flags"`
	Facts   []string   `json:"facts"`
	Rules   []standing `json:"rules"`
	Hooks   []Past     `json:"hooks"`
	Failure *Failure   `json:"failure,omitempty"`
}

// standing is where one rule stands.
type standing struct {
	Rule      string     `json:"rule"`
	Due       bool       `json:"due"`
	RanOnce   bool       `json:"ran-once,omitempty"`
	Missing   []string   `json:"missing,omitempty"`
	Unchanged []string   `json:"unchanged,omitempty"`
	InTheWay  []string   `json:"in-the-way,omitempty"`
	NoneOf    [][]string `json:"none-of,omitempty"`
	AllOf     [][]string `json:"all-of,omitempty"`
}

// explains says whether this is that action and nobody else's.
func (h *hook) explains() bool {
	return h.unit.Env().Hook.Action == ExplainAction && len(h.handlersOf(ExplainAction)) == 0
}

func (h *hook) explain(ctx context.Context) error {
	params, err := h.unit.Action().Params(ctx)
	if err != nil {
		return err
	}
	wanted, _ := params["rule"].(string)
	most, given := params["hooks"].(int64)
	if !given {
		most = 5
	}
	past, err := h.loadHistory(ctx)
	if err != nil {
		return err
	}
	e := explained{Version: 1, Unit: h.unit.Name(), Flags: h.state.Flags, Facts: h.facts(), Failure: h.lastFailure()}
	e.Hooks = past.Hooks[max(len(past.Hooks)-int(most), 0):]
	var lines []string
	for _, x := range h.engine.Explain(h.state, h.world) {
		if strings.Contains(strings.ToLower(x.Rule), strings.ToLower(wanted)) {
			lines = append(lines, x.String())
			e.Rules = append(e.Rules, standingOf(x))
		}
	}
	if len(lines) == 0 {
		h.unit.Action().Fail(fmt.Sprintf("no rule of this charm has %q in its name: run explain without the parameter rule for all of them", wanted))
	}
	return h.answer(ctx, e, lines)
}

// answer sends the results: texts for a person, JSON for a program.
func (h *hook) answer(ctx context.Context, e explained, rules []string) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("cannot encode the explanation: %w", err)
	}
	action := h.unit.Action()
	action.Set("flags", strings.Join(slices.Concat(e.Flags, e.Facts), "\n"))
	action.Set("rules", strings.Join(rules, "\n"))
	var hooks []string
	for _, past := range e.Hooks {
		hooks = append(hooks, past.String())
	}
	action.Set("hooks", cmp.Or(strings.Join(hooks, "\n"), "none that changed anything"))
	if f := e.Failure; f != nil {
		action.Set("failure", f.String())
	}
	action.Set("json", string(text))
	h.result = reactive.Result{State: h.state}
	if err := action.Commit(ctx); err != nil {
		return err
	}
	h.record.Committed = true
	return nil
}

func standingOf(x reactive.Explanation) standing {
	return standing{
		Rule: x.Rule, Due: x.Due, RanOnce: x.RanOnce, Missing: x.Missing, Unchanged: x.Unchanged,
		InTheWay: x.InTheWay, NoneOf: x.NoneOf, AllOf: x.AllOf,
	}
}

// String is the hook in one line.
func (p Past) String() string {
	text := p.Time.Format(time.RFC3339) + " " + p.Hook
	if p.Remote != "" {
		text += " " + p.Remote
	}
	var parts []string
	for _, list := range []struct {
		what  string
		names []string
	}{{"ran ", p.Rules}, {"set ", p.Set}, {"cleared ", p.Cleared}} {
		if len(list.names) > 0 {
			parts = append(parts, list.what+strings.Join(list.names, ", "))
		}
	}
	for _, o := range p.Outcomes {
		parts = append(parts, fmt.Sprintf("%s is %s: %s", o.Rule, o.Outcome, o.Message))
	}
	if len(parts) == 0 {
		return text
	}
	return text + ": " + strings.Join(parts, "; ")
}

// String is the failure in one line.
func (f Failure) String() string {
	text := f.Time.Format(time.RFC3339) + " " + f.Hook
	if f.Rule != "" {
		text += ", rule " + f.Rule
	}
	return text + ": " + f.Error
}
