// Outcomes: how a rule's run can end, and the errors that end a hook.

package reactive

import (
	"errors"
	"fmt"
	"strings"
)

// Outcome is how a run of a rule ended.
type Outcome string

// The ways a run can end.
const (
	OutcomeDone    Outcome = "done"    // the handler succeeded
	OutcomeBlocked Outcome = "blocked" // somebody has to do something before it can
	OutcomeWaiting Outcome = "waiting" // it will succeed later, by itself
	OutcomeFailed  Outcome = "failed"  // the hook failed, and nothing of it is kept
)

// outcomeError carries an outcome through a handler's error.
type outcomeError struct {
	outcome Outcome
	message string
}

func (e *outcomeError) Error() string { return e.message }

// Blocked says that the handler cannot go on before somebody does something. The message is for the operator: what is
// missing and what to do. Returned from a handler, it keeps what the handler changed, contributes the
// message to the unit's status while the rule's condition holds, and lets the hook go on; a once rule
// is not marked by it and no change is consumed.
func Blocked(format string, a ...any) error {
	return &outcomeError{OutcomeBlocked, fmt.Sprintf(format, a...)}
}

// Waiting says that the handler can go on later without anybody doing anything. The message is for the operator: what is
// awaited. It is otherwise as [Blocked], and is how a handler polls: it is asked again in the next hook.
func Waiting(format string, a ...any) error {
	return &outcomeError{OutcomeWaiting, fmt.Sprintf(format, a...)}
}

// OutcomeOf reads what a handler returned. An outcome may have been wrapped on its way, and the message is its own,
// without what was wrapped around it. Joined with another error it is no outcome: something else went wrong as well.
func OutcomeOf(err error) (outcome Outcome, message string) {
	if err == nil {
		return OutcomeDone, ""
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if o, ok := e.(*outcomeError); ok {
			return o.outcome, o.message
		}
	}
	return OutcomeFailed, err.Error()
}

// RuleError says which rule ended the hook. Unwrap gives why.
type RuleError struct {
	Rule string
	Pass int
	Err  error
}

func (e *RuleError) Error() string { return fmt.Sprintf("cannot run rule %q: %v", e.Rule, e.Err) }

// Unwrap gives what the handler returned, or what it did wrong.
func (e *RuleError) Unwrap() error { return e.Err }

// PanicError is a handler's panic, inside a [RuleError]. The stack is for the log.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// LoopError says that the rules would never settle: the same flags came back with the same changes behind them.
type LoopError struct {
	Rules []string // that go round, in written order
	Flags []string // that go round, sorted
}

func (e *LoopError) Error() string {
	return fmt.Sprintf("cannot settle: rules %s go round for ever over flags %s",
		quoted(e.Rules), strings.Join(e.Flags, ", "))
}

// TriggerLoopError says that a trigger was reached again by what it had fired. It stands inside a [RuleError],
// except where a fact or a change fired the first of them.
type TriggerLoopError struct {
	Triggers []string // from the first firing to the one reached again
}

func (e *TriggerLoopError) Error() string {
	return "cannot settle: triggers go round for ever: " + strings.Join(e.Triggers, " → ")
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(list, ", ")
}
