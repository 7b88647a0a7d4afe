package juju

// A unit during one hook: what the hook's handlers see and change.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// Options changes how a Unit and its Tools behave. The zero value is what a
// charm needs.
type Options struct {
	// Timeout is for one hook tool. By default, 2 minutes.
	Timeout time.Duration

	// Seam stands before every call of a hook tool, reads and log lines too.
	// The effect is "juju: " and the tool, with the relation where it has one:
	// "juju: state-set", "juju: relation-set cluster:0 app". A seam that gives an
	// error without calling do makes the call fail; one that calls do and then
	// gives an error loses its answer. By default, do is simply called.
	Seam func(ctx context.Context, effect string, do func() error) error

	// LogLevel is the least level that reaches juju-log; Juju filters again by
	// the model's logging-config. By default, slog.LevelDebug for what a hook
	// logs to Unit.Log.
	LogLevel slog.Leveler

	// Stderr gets log lines when juju-log fails; Juju logs it as warnings. By
	// default, os.Stderr.
	Stderr io.Writer
}

// Unit is one unit during one hook. Its methods may be called by several
// goroutines.
type Unit struct {
	env     Env
	tools   Tools
	options Options
	log     *slog.Logger

	leader   leadership
	stale    sync.Once
	staleErr error
	action   Action

	mu        sync.Mutex
	config    Config
	relations map[string][]*Relation // by endpoint, as relation-ids gives them
	byID      map[string]*Relation
	goal      *GoalState
	state     unitState
	ports     map[string]bool // wanted: open or closed
	status    []func() Status
	statusSet bool
	version   string
}

// NewUnit gives the unit of a hook. It reads nothing yet.
func NewUnit(env Env, tools Tools, options Options) *Unit {
	if options.Stderr == nil {
		options.Stderr = os.Stderr
	}
	if options.LogLevel == nil {
		options.LogLevel = slog.LevelDebug
	}
	u := &Unit{
		env: env, tools: tools, options: options,
		relations: map[string][]*Relation{}, byID: map[string]*Relation{}, ports: map[string]bool{},
	}
	u.action.unit = u
	u.log = slog.New(&logHandler{sink: &logSink{unit: u}})
	return u
}

// Env is what Juju told this process.
func (u *Unit) Env() Env { return u.env }

// Name is the unit's name, such as "kc/0".
func (u *Unit) Name() string { return u.env.UnitName }

// Application is the name of the unit's application, such as "kc".
func (u *Unit) Application() string { return applicationOf(u.env.UnitName) }

// Model is the model's name. It is unique for its owner only; ModelUUID is
// unique everywhere.
func (u *Unit) Model() string { return u.env.ModelName }

// ModelUUID is the model's UUID.
func (u *Unit) ModelUUID() string { return u.env.ModelUUID }

// Log writes to Juju's log, one line a record, at once: what was logged is
// there even if the hook fails or is killed. A message is constant and its
// details are keys and values; secrets have no place in either.
func (u *Unit) Log() *slog.Logger { return u.log }

// Seam is what stands before every effect of this hook; nil means nothing does.
// Adapters for other systems take it as their own, so that one seam sees all.
func (u *Unit) Seam() func(ctx context.Context, effect string, do func() error) error {
	return u.options.Seam
}

// call runs a hook tool through the seam. What names the relation or whatever
// else an effect needs to be told apart; it holds no secret.
func (u *Unit) call(ctx context.Context, what string, call Call) ([]byte, error) {
	if u.options.Seam == nil {
		return u.tools.Call(ctx, call)
	}
	effect := "juju: " + call.Tool
	if what != "" {
		effect += " " + what
	}
	var stdout []byte
	err := u.options.Seam(ctx, effect, func() (err error) {
		stdout, err = u.tools.Call(ctx, call)
		return err
	})
	if err != nil {
		return nil, err
	}
	return stdout, nil
}

// read runs a hook tool that answers in JSON and decodes it. Nothing, and null,
// leave into as it is.
func (u *Unit) read(ctx context.Context, what string, into any, tool string, args ...string) error {
	args = append([]string{"--format=json"}, args...)
	stdout, err := u.call(ctx, what, Call{Tool: tool, Args: args})
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(stdout)) == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(stdout)))
	decoder.UseNumber()
	err = decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("more than one JSON value")
	}
	if err != nil {
		return fmt.Errorf("cannot read what %s answered: %w", tool, withoutValue(err))
	}
	return nil
}

// withoutValue drops the value that encoding/json puts into its errors: it may
// be a secret's.
func withoutValue(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return errors.New("JSON of another shape than expected")
	}
	return err
}
