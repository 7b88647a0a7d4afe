package hooks

// What is told about a hook while it runs: log lines to the developer, and to
// whoever ran an action how it went.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// logRules writes one line about all the rules that ran, none if none did.
func (h *hook) logRules(ctx context.Context) {
	if h.result.Runs == 0 {
		return
	}
	const most = 50
	var names []string
	for ran := range h.result.Ran() {
		if len(names) == most {
			names = append(names, fmt.Sprintf("and %d more", h.result.Runs-most))
			break
		}
		name := ran.Rule
		if ran.Outcome != reactive.OutcomeDone {
			name += " (" + string(ran.Outcome) + ")"
		}
		names = append(names, name)
	}
	h.unit.Log().DebugContext(ctx, "rules ran", "rules", strings.Join(names, ", "), "passes", h.result.Passes)
}

// logFailure names the rule if it was one, and prints the stack if it panicked.
// The unit's status stays as it is: Juju shows the hook's failure in its place.
func (h *hook) logFailure(ctx context.Context, err error) {
	log := h.unit.Log().With("hook", h.unit.Env().Hook.String())
	var failed *reactive.RuleError
	if errors.As(err, &failed) {
		h.record.Rule = failed.Rule
		log.ErrorContext(ctx, "rule failed, nothing of this hook is kept", "rule", failed.Rule, "error", failed.Err)
	} else {
		log.ErrorContext(ctx, "hook failed, nothing of it is kept", "error", err)
	}
	var panicked *reactive.PanicError
	if errors.As(err, &panicked) {
		fmt.Fprintf(h.process.Stderr, "%s\n", panicked.Stack)
	}
}

// failAction tells whoever ran the action why it failed. The hook's context may
// be over, that of the answer is not.
func (h *hook) failAction(ctx context.Context, why error) {
	if h.unit.Env().Hook.Action == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	var failed *reactive.RuleError
	if errors.As(why, &failed) {
		why = failed.Err
	}
	h.unit.Action().Fail(why.Error())
	if err := h.unit.Action().Commit(ctx); err != nil {
		h.unit.Log().ErrorContext(ctx, "cannot report that the action failed", "error", err)
	}
}

// judgeAction makes an action fail that no rule took up, or whose rule is left
// blocked or waiting: an action that silently does nothing helps nobody. A rule
// takes an action up when it waits for it and ran.
func (h *hook) judgeAction() {
	name := h.unit.Env().Hook.Action
	if name == "" {
		return
	}
	handlers := h.handlersOf(name)
	taken := false
	for ran := range h.result.Ran() {
		taken = taken || slices.Contains(handlers, ran.Rule)
	}
	switch {
	case len(handlers) == 0:
		h.unit.Action().Fail(fmt.Sprintf("cannot run the action %q: this charm has no rule for it", name))
	case !taken:
		h.unit.Action().Fail(fmt.Sprintf("cannot run the action %q now: %s", name, strings.Join(h.whyNot(handlers), "; ")))
	}
	for _, outcome := range h.result.Outcomes {
		if slices.Contains(handlers, outcome.Rule) {
			h.unit.Action().Fail(outcome.Message)
		}
	}
}

// handlersOf names the rules that wait for an action.
func (h *hook) handlersOf(action string) (handlers []string) {
	for _, entry := range h.rules {
		if rule, ok := entry.(reactive.Rule); ok && waitsFor(rule, flags.Action(action)) {
			handlers = append(handlers, rule.Name())
		}
	}
	return handlers
}

// whyNot says what each of some rules was waiting for when the hook began.
func (h *hook) whyNot(rules []string) []string {
	var why []string
	for _, e := range h.engine.Explain(h.state, h.world) {
		if slices.Contains(rules, e.Rule) {
			why = append(why, e.String())
		}
	}
	return why
}

// waitsFor reports whether a rule wants a term to hold.
func waitsFor(rule reactive.Rule, term flags.Term) bool {
	for _, group := range rule.When().Groups() {
		if group.Op != flags.OpAll && group.Op != flags.OpAny {
			continue
		}
		for _, t := range group.Terms {
			if t.Name() == term.Name() {
				return true
			}
		}
	}
	return false
}
