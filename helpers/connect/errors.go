package connect

// Errors: what each refusal means. Everything Connect or a proxy can say is classified in one table.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Kind says what an error means to a caller. errors.Is(err, connect.NotFound) works for every kind.
type Kind string

// The kinds. Those marked "passes" are tried again inside the budget and then come inside a [BudgetError].
const (
	Invalid  Kind = "invalid"   // the request or the configuration is wrong
	Denied   Kind = "denied"    // who we are, or may do; also a certificate that is not trusted
	NotFound Kind = "not found" // Connect itself says that there is none
	Conflict Kind = "conflict"  // a connector of that name already exists
	Failed   Kind = "failed"    // the worker failed and would again
	Foreign  Kind = "foreign"   // this is no answer of Kafka Connect

	Rebalancing Kind = "rebalancing" // passes; refused because the workers are agreeing on who does what
	NotReady    Kind = "not ready"   // passes; no worker serves yet, or too many ask
	Unreachable Kind = "unreachable" // passes; surely not sent
	Unsure      Kind = "unsure"      // passes; sent, and nobody knows whether it was applied
)

// Error makes a Kind something errors.Is can look for.
func (k Kind) Error() string { return "Kafka Connect: " + string(k) }

func (k Kind) passes() bool {
	return k == Rebalancing || k == NotReady || k == Unreachable || k == Unsure
}

// An Error is one refused or failed attempt. It holds no secret.
type Error struct {
	Method    string // "PUT"; "name" or "config" when nothing was sent
	Path      string // without the worker's address
	Connector string // "" when the request is not about one
	Status    int    // HTTP status; 0 when there was no answer
	Message   string // what was said, on one line
	Kind      Kind
	cause     error
}

func (e *Error) Error() string {
	switch e.Method {
	case "name":
		return fmt.Sprintf("cannot use %q as a connector's name: %s", e.Connector, e.Message)
	case "config":
		return "cannot use the configuration" + of(e.Connector) + ": " + e.Message
	}
	return fmt.Sprintf("cannot %s %s: %s", e.Method, e.Path, e.reason())
}

func (e *Error) reason() string {
	if e.Status == 0 {
		return string(e.Kind) + ": " + e.Message
	}
	return fmt.Sprintf("%d, %s: %s", e.Status, string(e.Kind), e.Message)
}

// Unwrap gives the kind, and what the network said when there was no answer.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// A BudgetError says that the time was used up before the call came to an end. The caller should come back later; a
// write may or may not have been applied.
type BudgetError struct {
	What     string        // "PUT /connectors/x/config", "wait for connector \"x\""
	Attempts int           // how often something was sent
	Spent    time.Duration // on this call
	Last     error         // what the last attempt said; nil when there was none
}

func (e *BudgetError) Error() string {
	text := fmt.Sprintf("cannot %s in time (%d attempts in %s)", e.What, e.Attempts, e.Spent.Round(time.Millisecond))
	var last *Error
	switch {
	case e.Last == nil:
		return text
	case errors.As(e.Last, &last):
		return text + ": " + last.reason()
	}
	return text + ": " + e.Last.Error()
}

// Unwrap gives the last attempt's error.
func (e *BudgetError) Unwrap() error { return e.Last }

func of(connector string) string {
	if connector == "" {
		return ""
	}
	return fmt.Sprintf(" of connector %q", connector)
}

// A verdict is one line of the table: answers with this status, and a message like this, are of this kind.
type verdict struct {
	status  int      // 0 stands for every status
	foreign bool     // only answers that no Connect worker gives
	like    []string // parts of the message, in lower case; none stands for every message
	kind    Kind
}

// verdicts is the table, read from the top. Texts are those of Connect 3.9 and 4 (HerderRequestHandler,
// DistributedHerder, RestClient); 500 is Connect's status for what passes and for what does not.
func verdicts() []verdict {
	return []verdict{
		{status: 409, like: []string{"already exists"}, kind: Conflict},
		{status: 409, kind: Rebalancing},
		{status: 500, like: []string{"request timed out"}, kind: Unsure}, // and may be applied later (KIP-882)
		{status: 500, like: []string{"error trying to forward"}, kind: Unsure},
		{status: 500, like: []string{"zombie sink task", "can be safely retried"}, kind: Rebalancing},
		{status: 500, like: []string{"rebalance", "no known leader"}, kind: Rebalancing},
		{status: 500, like: []string{"unhealthy: "}, kind: NotReady},
		{status: 500, foreign: true, like: []string{"error trying to reach service", "no endpoints"}, kind: NotReady},
		{status: 429, kind: NotReady},
		{status: 503, kind: NotReady},
		{status: 502, kind: Unsure}, // a proxy lost the worker, perhaps after the request got there
		{status: 504, kind: Unsure},
		{status: 401, kind: Denied},
		{status: 403, kind: Denied},
		{status: 407, kind: Denied},
		{foreign: true, kind: Foreign},
		{status: 404, kind: NotFound},
		{status: 500, kind: Failed},
		{kind: Invalid},
	}
}

func classify(status int, foreign bool, message string) Kind {
	message = strings.ToLower(message)
	for _, v := range verdicts() {
		if v.status != 0 && v.status != status || v.foreign && !foreign {
			continue
		}
		if len(v.like) == 0 || slices.ContainsFunc(v.like, func(part string) bool { return strings.Contains(message, part) }) {
			return v.kind
		}
	}
	return Foreign // the last line of the table matches everything
}
