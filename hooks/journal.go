package hooks

// The journal: one line of JSON for each hook, for tests, timelines and
// explanations.

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// JournalVariable is the environment variable that names the journal: a file to
// which every hook appends one line, a Record as JSON. Juju gives a hook no
// variables of an operator's choosing, so it is for tests and for hooks run by
// hand.
const JournalVariable = "CHARM_JOURNAL"

// RecordVersion is the version of Record's form. Fields may be added to it; one
// that changes its meaning makes a new version.
const RecordVersion = 1

// Record is what one hook did. Durations are in milliseconds. Messages and
// errors are those of the charm's handlers; nothing else in it comes from
// configuration or relation data.
type Record struct {
	Version  int       `json:"version"`
	Time     time.Time `json:"time"` // when it began
	Duration float64   `json:"duration"`

	Unit     string `json:"unit"`
	Model    string `json:"model"`
	Hook     string `json:"hook,omitempty"`   // "kafka-relation-changed"
	Action   string `json:"action,omitempty"` // one of the two
	Relation string `json:"relation,omitempty"`
	Remote   string `json:"remote,omitempty"` // unit, or else application

	Exit      int    `json:"exit"`
	Committed bool   `json:"committed"`       // everything was handed to Juju
	Error     string `json:"error,omitempty"` // why not
	Rule      string `json:"rule,omitempty"`  // that failed

	Facts  []string `json:"facts,omitempty"`  // automatic flags that held
	Before *Changed `json:"before,omitempty"` // what triggers did before the first rule
	Rules  []Ran    `json:"rules,omitempty"`  // that ran, in order
	Passes int      `json:"passes"`
	Flags  []string `json:"flags,omitempty"` // set when the hook ended, if it was committed

	Outcomes []Outcome `json:"outcomes,omitempty"` // rules left blocked or waiting
	Status   *Status   `json:"status,omitempty"`   // shown, if any was contributed

	Effects   []Effect `json:"effects,omitempty"` // that passed the seams, reads too, in order of their end
	Calls     int      `json:"calls"`             // of hook tools
	Processes int      `json:"processes"`         // that those needed
	Fallback  string   `json:"fallback,omitempty"`
}

// Changed are flags that were set and cleared.
type Changed struct {
	Set     []string `json:"set,omitempty"`
	Cleared []string `json:"cleared,omitempty"`
}

// Ran is one run of one rule.
type Ran struct {
	Rule     string  `json:"rule"`
	Pass     int     `json:"pass"`
	Outcome  string  `json:"outcome"` // done, blocked, waiting or failed
	Message  string  `json:"message,omitempty"`
	Duration float64 `json:"duration"`
	Changed
}

// Outcome is a rule that could not go on.
type Outcome struct {
	Rule    string `json:"rule"`
	Outcome string `json:"outcome"` // blocked or waiting
	Message string `json:"message"`
}

// Status is the unit's status.
type Status struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// Effect is one effect on the world, or one look at it.
type Effect struct {
	Effect   string  `json:"effect"` // "juju: state-set", "kafka: create topic …"
	Duration float64 `json:"duration"`
	Error    string  `json:"error,omitempty"`
}

// recorder gathers a Record while the hook runs.
type recorder struct {
	Record
	mu sync.Mutex // for Effects: handlers may use several goroutines
}

func newRecorder(env juju.Env) *recorder {
	remote := env.Hook.RemoteUnit
	if remote == "" {
		remote = env.Hook.RemoteApp
	}
	return &recorder{Record: Record{
		Version: RecordVersion, Time: time.Now(), Unit: env.UnitName, Model: env.ModelName,
		Hook: env.Hook.Name, Action: env.Hook.Action, Relation: env.Hook.RelationID, Remote: remote,
	}}
}

// seam notes every effect that passes through it and hands it on.
func (r *recorder) seam(next func(context.Context, string, func() error) error) func(context.Context, string, func() error) error {
	return func(ctx context.Context, effect string, do func() error) error {
		begin := time.Now()
		var err error
		if next == nil {
			err = do()
		} else {
			err = next(ctx, effect, do)
		}
		noted := Effect{Effect: effect, Duration: milliseconds(time.Since(begin))}
		if err != nil {
			noted.Error = err.Error()
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.Effects = append(r.Effects, noted)
		return err
	}
}

func (h *hook) journal() string { return h.process.Getenv(JournalVariable) }

// finish completes the record and hands it to whoever wants it.
func (h *hook) finish(code int) {
	path := h.journal()
	if path == "" && h.process.Observe == nil {
		return
	}
	record := h.complete(code)
	if h.process.Observe != nil {
		h.process.Observe(record)
	}
	if path == "" {
		return
	}
	if err := appendLine(path, record); err != nil {
		fmt.Fprintf(h.process.Stderr, "cannot write the journal: %v\n", err)
	}
}

func (h *hook) complete(code int) Record {
	h.record.mu.Lock()
	defer h.record.mu.Unlock()
	r := h.record.Record
	r.Duration, r.Exit, r.Passes = milliseconds(time.Since(r.Time)), code, h.result.Passes
	r.Facts = h.facts()
	if b := h.result.Before; len(b.Set)+len(b.Cleared) > 0 {
		r.Before = &Changed{Set: b.Set, Cleared: b.Cleared}
	}
	for ran := range h.result.Ran() {
		line := Ran{
			Rule: ran.Rule, Pass: ran.Pass, Outcome: string(ran.Outcome), Duration: milliseconds(ran.Duration),
			Changed: Changed{Set: ran.Set, Cleared: ran.Cleared},
		}
		if ran.Err != nil {
			_, line.Message = reactive.OutcomeOf(ran.Err)
			if ran.Outcome == reactive.OutcomeFailed {
				line.Message = ran.Err.Error()
			}
		}
		r.Rules = append(r.Rules, line)
	}
	if r.Committed {
		r.Flags = h.result.State.Flags
	}
	for _, o := range h.result.Outcomes {
		r.Outcomes = append(r.Outcomes, Outcome{Rule: o.Rule, Outcome: string(o.Outcome), Message: o.Message})
	}
	if s := h.unit.Status(); s.Kind != juju.NoStatus && code == exitKept {
		r.Status = &Status{Kind: s.Kind.String(), Message: s.Message}
	}
	if agent, ok := h.tools.(*juju.Agent); ok {
		stats := agent.Stats()
		r.Calls, r.Processes, r.Fallback = stats.Calls, stats.Processes, stats.Fallback
	}
	return r
}

// facts are the automatic flags that hold, sorted.
func (h *hook) facts() []string { return slices.Sorted(maps.Keys(h.world.Facts)) }

// appendLine writes one line in one call, so that hooks of several units may
// share a journal.
func appendLine(path string, record Record) error {
	line, err := json.Marshal(record)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
