package connectors

// The report: what an apply did to each connector, and what it did not.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A Result is what became of one step of a plan.
type Result string

// The results.
const (
	Done    Result = "done"     // it is as the plan wants it, and was seen to be
	Written Result = "written"  // Connect has it; nobody has seen it running
	Failed  Result = "failed"   // it was refused, or does not run
	NotDone Result = "not done" // nothing was written
	Unknown Result = "unknown"  // it may or may not have been written
)

// An Outcome is what became of one step.
type Outcome struct {
	Name   string
	Action Action
	Source Source
	Result Result
	// Err is why it is not done, without secrets.
	Err error
	// Took is from the first request about it to the last.
	Took time.Duration

	written bool  // Connect has it
	to      State // that is wanted; "" where it is deleted
}

// A Report is what an apply did.
type Report struct {
	// Outcomes has one entry for every step that changes something and every
	// conflict, in the plan's order.
	Outcomes []Outcome
	Started  time.Time
	Took     time.Duration
	// Requests are those sent, by kind: "PUT /connectors/*/config".
	Requests map[string]int

	interrupted error // why it ended before its time
}

// Count says how many steps had one of these results.
func (r *Report) Count(results ...Result) int {
	n := 0
	for _, o := range r.Outcomes {
		if slices.Contains(results, o.Result) {
			n++
		}
	}
	return n
}

// Sent is the number of requests.
func (r *Report) Sent() int {
	n := 0
	for _, count := range r.Requests {
		n += count
	}
	return n
}

// Err is nil when everything was done; otherwise an [*ApplyError].
func (r *Report) Err() error {
	var open []Outcome
	for _, o := range r.Outcomes {
		if o.Err != nil {
			open = append(open, o)
		}
	}
	if open == nil && r.interrupted == nil {
		return nil
	}
	return &ApplyError{Steps: len(r.Outcomes), Open: open, cause: r.interrupted}
}

// An ApplyError says that an apply did not do all it should. The next one does
// the rest.
type ApplyError struct {
	Steps int       // there were
	Open  []Outcome // that are not done
	cause error
}

// Error gives a line for each connector that is not done; those that only wait
// for others, or for a moment that did not come before an interruption, are
// counted.
func (e *ApplyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot apply %d of %s", len(e.Open), plural(e.Steps, "change"))
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	after, counted, unseen := 0, 0, 0
	for _, o := range e.Open {
		switch {
		case errors.Is(o.Err, errAfterOthers):
			after++
		case e.cause != nil && o.Result == NotDone && errors.Is(o.Err, e.cause):
			counted++
		case e.cause != nil && o.Result == Written && errors.Is(o.Err, e.cause):
			unseen++
		default:
			fmt.Fprintf(&b, "\n  %v", o)
		}
	}
	if unseen > 0 {
		fmt.Fprintf(&b, "\n  %s written, and not waited for", plural(unseen, "change"))
	}
	if counted > 0 {
		fmt.Fprintf(&b, "\n  %s not begun", plural(counted, "change"))
	}
	if after > 0 {
		fmt.Fprintf(&b, "\n  %s not begun: nothing is deleted before all else has succeeded", plural(after, "deletion"))
	}
	return b.String()
}

// Unwrap gives what ended the apply, if something did, and the errors of the
// connectors.
func (e *ApplyError) Unwrap() []error {
	var all []error
	if e.cause != nil {
		all = append(all, e.cause)
	}
	for _, o := range e.Open {
		all = append(all, o.Err)
	}
	return all
}

// String is a sentence: `cannot create connector "x" (prod/x.jsonnet): why`, or
// `connector "x" (prod/x.jsonnet) is not running: why` of one that was written.
func (o Outcome) String() string {
	from := ""
	if o.Source.File != "" {
		from = " (" + o.Source.String() + ")"
	}
	what := string(o.Action)
	if o.Action == Conflict {
		what = "change"
	}
	if o.Err == nil {
		return fmt.Sprintf("%s connector %q%s: %s", what, o.Name, from, o.Result)
	}
	verb := "cannot " + what
	switch o.Result {
	case Failed:
		if o.written && o.to != "" {
			return fmt.Sprintf("connector %q%s is not %s: %v", o.Name, from, o.to, o.Err)
		}
	case Unknown:
		verb = "cannot tell whether it was possible to " + what
	case Written:
		verb = "cannot wait for"
	}
	return fmt.Sprintf("%s connector %q%s: %v", verb, o.Name, from, o.Err)
}

// Summary is one sentence: "Applied 12 of 15 changes in 3.2s, 41 requests; 3 failed."
func (r *Report) Summary() string {
	well := r.Count(Done, Written)
	text := fmt.Sprintf("Applied %d of %s in %s, %s", well, plural(len(r.Outcomes), "change"), r.Took.Round(100*time.Millisecond), plural(r.Sent(), "request"))
	var parts []string
	for _, result := range []Result{Failed, NotDone, Unknown} {
		if n := r.Count(result); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, result))
		}
	}
	if parts != nil {
		text += "; " + strings.Join(parts, ", ")
	}
	return text + "."
}

// Text writes a line for each connector that is not done, and the summary.
// With All, it names those that are done as well.
func (r *Report) Text(out io.Writer, o TextOptions) error {
	var b bytes.Buffer
	ink := terminal.Ink(o.Colour)
	for _, one := range r.Outcomes {
		switch {
		case one.Err != nil:
			fmt.Fprintf(&b, "%s %s\n", ink.Red(string(one.Result)), terminal.Clean(one.String()))
		case o.All:
			fmt.Fprintf(&b, "%s %s %s\n", ink.Green(string(one.Result)), one.Action, terminal.Clean(one.Name))
		}
	}
	b.WriteString(ink.Bold(r.Summary()) + "\n")
	_, err := out.Write(b.Bytes())
	return err
}

// MarshalJSON gives the report for machines, without secrets. Durations are in
// seconds.
func (r *Report) MarshalJSON() ([]byte, error) {
	type outcome struct {
		Name    string  `json:"name"`
		Action  Action  `json:"action"`
		Result  Result  `json:"result"`
		File    string  `json:"file,omitempty"`
		Key     string  `json:"key,omitempty"`
		Error   string  `json:"error,omitempty"`
		Seconds float64 `json:"seconds"`
	}
	shape := struct {
		Version    int            `json:"version"`
		Done       bool           `json:"done"`
		Seconds    float64        `json:"seconds"`
		Requests   map[string]int `json:"requests"`
		Summary    map[Result]int `json:"summary"`
		Connectors []outcome      `json:"connectors"`
	}{planVersion, r.Err() == nil, seconds(r.Took), maps.Clone(r.Requests), map[Result]int{}, []outcome{}}
	for _, o := range r.Outcomes {
		shape.Summary[o.Result]++
		one := outcome{Name: o.Name, Action: o.Action, Result: o.Result, File: o.Source.File, Key: o.Source.Key, Seconds: seconds(o.Took)}
		if o.Err != nil {
			one.Error = o.Err.Error()
		}
		shape.Connectors = append(shape.Connectors, one)
	}
	return marshal(shape)
}

func seconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
