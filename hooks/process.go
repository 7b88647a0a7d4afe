package hooks

// One hook: snapshot, rules, commit; and what the exit code says about it.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The exit codes of a charm process. Juju knows 0, "keep what the hook did",
// and any other, "drop it and try again".
const (
	exitKept    = 0
	exitDropped = 1
	exitNotJuju = 2
)

// stateKey is where the engine's memory stands in the unit's state.
const stateKey = "reactive.state"

// Process is a charm process. Only Build is needed.
type Process struct {
	// Build gives the charm's rules for the unit whose hook is being run. It
	// only makes values: what it would read from Juju is read in every hook.
	Build func(*juju.Unit) (reactive.Rules, error)

	// Check looks whether this process may go on, before the first rule runs: an
	// error that is reactive.ErrNewerState leaves everything as it is and says so
	// in the status; any other makes the hook fail. By default, it may.
	Check func(context.Context) error

	// Getenv reads the environment. By default, os.Getenv.
	Getenv func(string) string

	// Arg0 is the name the process was called by, which says which hook it is
	// where Juju uses links. By default, os.Args[0].
	Arg0 string

	// Stderr gets what cannot be logged to Juju. By default, os.Stderr.
	Stderr io.Writer

	// Version is the charm's version, for flags.UpgradeCharm. By default, what
	// the files of the charm say; see charmVersion.
	Version string

	// Limit is how long a hook may take. By default, 10 minutes.
	Limit time.Duration

	// Grace is how long a handler may go on after its context has ended, before
	// RunUntilSignal ends the process without it. By default, 20 seconds.
	Grace time.Duration

	// Seam stands before every effect of the hook on Juju, and on other systems
	// as far as their adapters take it from Unit.Seam. By default, none.
	Seam func(ctx context.Context, effect string, do func() error) error

	// Observe is given the journal's record of the hook when it has ended. By
	// default, none.
	Observe func(Record)

	// Tools replaces the agent's hook tools. By default, those of juju.Open.
	Tools juju.Tools
}

// Run runs the hook that the environment names and gives the process's exit
// code: 0 when everything was handed to Juju; another one when nothing of it is
// to be kept.
func Run(ctx context.Context, process Process) int {
	process = process.withDefaults()
	env, err := juju.ReadEnv(process.Getenv, process.Arg0)
	if errors.Is(err, juju.ErrNotJuju) {
		fmt.Fprintln(process.Stderr, "This is the hook binary of a Juju charm: Juju runs it, not a person. "+
			"To try it, deploy the charm (juju deploy ./NAME.charm), or test it with package charmtest.")
		return exitNotJuju
	}
	if err != nil {
		fmt.Fprintln(process.Stderr, err)
		return exitDropped
	}
	ctx, cancel := context.WithTimeoutCause(ctx, process.Limit,
		fmt.Errorf("the hook took longer than its limit of %s", process.Limit))
	defer cancel()
	h := newHook(process, env)
	defer h.tools.Close() //nolint:errcheck // the process ends here
	code := h.run(ctx)
	h.finish(code)
	return code
}

func (p Process) withDefaults() Process {
	if p.Getenv == nil {
		p.Getenv = os.Getenv
	}
	if p.Arg0 == "" {
		p.Arg0 = os.Args[0]
	}
	if p.Stderr == nil {
		p.Stderr = os.Stderr
	}
	if p.Limit == 0 {
		p.Limit = 10 * time.Minute
	}
	if p.Grace == 0 {
		p.Grace = 20 * time.Second
	}
	return p
}

// hook is one run of the charm.
type hook struct {
	process Process
	unit    *juju.Unit
	tools   juju.Tools
	record  *recorder

	rules  reactive.Rules
	engine *reactive.Engine
	state  reactive.State // before the hook
	world  reactive.World
	result reactive.Result
}

func newHook(process Process, env juju.Env) *hook {
	h := &hook{process: process, tools: process.Tools, record: newRecorder(env)}
	options := juju.Options{Stderr: process.Stderr, Seam: process.Seam}
	if process.Observe != nil || h.journal() != "" {
		options.Seam = h.record.seam(process.Seam)
	}
	if h.tools == nil {
		h.tools = juju.Open(env, options)
	}
	h.unit = juju.NewUnit(env, h.tools, options)
	return h
}

// run gives the exit code. Whatever went wrong has been logged by then.
func (h *hook) run(ctx context.Context) int {
	err := h.attempt(ctx)
	if err == nil {
		h.noteEnd(nil)
		return exitKept
	}
	h.record.Error = err.Error()
	if errors.Is(err, reactive.ErrNewerState) {
		return h.tooOld(ctx)
	}
	h.logFailure(ctx, err)
	h.failAction(ctx, err)
	h.noteEnd(err)
	return exitDropped
}

// attempt runs the hook. After an error nothing of it must be kept.
func (h *hook) attempt(ctx context.Context) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("cannot run the hook: panic: %v", value)
			fmt.Fprintf(h.process.Stderr, "%s\n", debug.Stack())
		}
	}()
	if h.rules, err = h.process.Build(h.unit); err != nil {
		return fmt.Errorf("cannot build the charm's rules: %w", err)
	}
	if h.engine, err = reactive.Compile(h.rules); err != nil {
		return err
	}
	if h.state, err = h.loadState(ctx); err != nil {
		return err
	}
	watches := h.engine.Watches()
	if err := h.declared(watches); err != nil {
		return err
	}
	if err := h.look(ctx, watches); err != nil {
		return err
	}
	if h.explains() {
		return h.explain(ctx)
	}
	if h.process.Check != nil {
		if err := h.process.Check(ctx); err != nil {
			return err
		}
	}
	if h.result, err = h.engine.Run(ctx, h.state, h.world); err != nil {
		return err
	}
	h.settle()
	if err := h.saveState(ctx); err != nil {
		return err
	}
	return h.commit(ctx)
}

func (h *hook) loadState(ctx context.Context) (reactive.State, error) {
	var state reactive.State
	text, ok, err := h.unit.State(ctx, stateKey)
	if err != nil || !ok {
		return state, err
	}
	return state, state.UnmarshalJSON([]byte(text))
}

func (h *hook) saveState(ctx context.Context) error {
	text, err := h.result.State.MarshalJSON()
	if err != nil {
		return fmt.Errorf("cannot store the flags: %w", err)
	}
	before, _, err := h.unit.State(ctx, stateKey)
	if err != nil {
		return err
	}
	h.unit.SetState(stateKey, string(text))
	return h.saveHistory(ctx, before != string(text))
}

// settle hands on what the rules left blocked and waiting.
func (h *hook) settle() {
	for _, outcome := range h.result.Outcomes {
		kind := juju.Waiting
		if outcome.Outcome == reactive.OutcomeBlocked {
			kind = juju.Blocked
		}
		h.unit.SetStatus(juju.Status{Kind: kind, Message: outcome.Message})
	}
}

func (h *hook) commit(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("cannot commit the hook: %w", err)
	}
	h.logRules(ctx)
	h.judgeAction()
	if h.unit.Env().Hook.Action != "" {
		if err := h.unit.Action().Commit(ctx); err != nil {
			return err
		}
	}
	if err := h.unit.Commit(ctx); err != nil {
		return err
	}
	h.record.Committed = true
	return nil
}

// tooOld is for a unit whose state a newer charm wrote: it keeps everything as
// it is and says so, rather than end in an error that a retry cannot help.
func (h *hook) tooOld(ctx context.Context) int {
	message := fmt.Sprintf("this charm is older than the one that ran here, and leaves all as it is: juju refresh %s to the newer one", h.unit.Application())
	h.unit.Log().ErrorContext(ctx, "state was written by a newer charm", "error", h.record.Error)
	h.unit.SetStatus(juju.Status{Kind: juju.Blocked, Message: message})
	h.failAction(ctx, errors.New(message))
	if err := h.unit.CommitStatus(ctx); err != nil {
		h.unit.Log().ErrorContext(ctx, "cannot say so in the status", "error", err)
		return exitDropped
	}
	return exitKept
}
