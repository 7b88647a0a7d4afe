// What a test chooses about its model, and the points where it may make things fail.

package charmtest

import (
	"time"
)

// Options describe a model. The zero value is a model that runs hooks one after another, in the same order each time.
type Options struct {
	// Name is the model's name. By default, "test".
	Name string
	// UUID is the model's UUID. By default, a fixed one.
	UUID string
	// JujuVersion is what JUJU_VERSION says. One that begins with "2." has the hook tools of Juju 2.9: none for secrets,
	// and other words in some refusals. By default, "3.6.11".
	JujuVersion string
	// Dir is where unit folders and the socket live; it must be short, for a unix socket's path has to stay below
	// 100 bytes. By default, a new folder in the system's temporary folder, which Close removes.
	Dir string
	// Concurrent lets every unit run its hooks in its own time, as on machines of their own. By default, units take
	// turns in order of deployment, so that two runs give the same journal.
	Concurrent bool
	// Retries is how often Settle runs a failed hook again, as Juju does after 5 s, 10 s and so on (the waiting
	// passes at once: see Model.Now). By default, 3; negative, never.
	Retries int
	// HookTimeout ends a hook that takes too long, with everything it started. Juju itself has no such limit. By
	// default, two minutes.
	HookTimeout time.Duration
	// MaxHooks is how many hooks one Settle may run before it gives up on a charm that never comes to rest. By
	// default, 2000.
	MaxHooks int
	// Exec hides the agent's socket from the charm, so that hook tools can be reached only by running the programs
	// in the tools folder. By default, both ways are open.
	Exec bool
	// HookTools is the program behind every name in the tools folder; it must call ToolMain first thing in main.
	// By default, this very program if it called ToolMain (a test does so in TestMain), else a script that explains.
	HookTools string
	// Env is added to the environment of every hook, for what Juju does not set, for instance KUBERNETES_SERVICE_HOST.
	Env map[string]string
	// Path is what follows the tools folder in PATH. By default, that of this process.
	Path string
	// HidePeerData makes a follower's reading of its own application's data in a peer relation fail with "permission
	// denied", as some Juju versions do. By default it may be read, as in 3.6.
	HidePeerData bool
	// Credential is what credential-get gives to an application deployed with Trust. By default, nothing: it fails.
	Credential map[string]any
	// Before is asked before each hook tool call and before each flush. By default, everything proceeds.
	Before func(ToolCall) Verdict
	// After is asked when a hook tool call or a flush has been done, before the charm is told.
	After func(ToolCall) Verdict
	// Log gets one line for each hook as it ends. By default, nothing is written.
	Log func(line string)
}

// Flush is the ToolCall.Tool of the agent's own call, which commits what a hook changed. It comes only after a hook
// that exited 0: one that failed flushes nothing.
const Flush = "flush"

// ToolCall is one call of a hook tool, as Before and After see it and as the journal keeps it.
type ToolCall struct {
	Unit, Hook string
	Tool       string
	Args       []string
	Stdin      string
	Number     int // counts the calls of one hook, from 1; the flush is the last
	Total      int // counts the calls of the whole model, from 1
	// What was answered; empty in Before.
	Code           int
	Stdout, Stderr string
	// Verdict is what Before or After made of the call.
	Verdict Verdict
}

// Verdict is the fate of one hook tool call or flush.
type Verdict int

// The verdicts.
const (
	// Proceed lets it happen.
	Proceed Verdict = iota
	// Kill ends the hook with SIGKILL, with everything it started: in Before nothing was done, in After it was. At
	// the flush the unit agent dies instead; in After the changes stay and the hook runs again.
	Kill
	// Fail answers with exit code 1, in Before without doing anything, in After although it was done. A flush that
	// fails makes the hook fail, and in Before loses all its changes.
	Fail
	// LoseAnswer does it, and then closes the connection instead of answering.
	LoseAnswer
)

// String gives the verdict's name.
func (v Verdict) String() string {
	switch v {
	case Kill:
		return "killed"
	case Fail:
		return "failed"
	case LoseAnswer:
		return "answer lost"
	}
	return "proceeded"
}

// DeployOptions are the options of `juju deploy`.
type DeployOptions struct {
	// Units is how many units to start with. By default, 1; negative, none.
	Units int
	// Config sets options.
	Config map[string]any
	// Trust gives the application access to the cloud's credential.
	Trust bool
	// Resources maps the name of each resource to attach to a file.
	Resources map[string]string
	// ForceUnits makes Refresh replace the charm of units in error too: the hook that failed is then run again by the
	// new charm. It has no meaning for Deploy.
	ForceUnits bool
	// Dispatch is the program to use as the charm's dispatch, for a charm folder that has none yet (see Build). By
	// default, the folder's own.
	Dispatch string
}

const (
	defaultUUID        = "deadbeef-0bad-400d-8000-4b1d0d06f00d"
	defaultVersion     = "3.6.11"
	defaultRetries     = 3
	defaultHookTimeout = 2 * time.Minute
	defaultMaxHooks    = 2000
)

func (o Options) withDefaults() Options {
	if o.Name == "" {
		o.Name = "test"
	}
	if o.UUID == "" {
		o.UUID = defaultUUID
	}
	if o.JujuVersion == "" {
		o.JujuVersion = defaultVersion
	}
	if o.Retries == 0 {
		o.Retries = defaultRetries
	}
	if o.HookTimeout <= 0 {
		o.HookTimeout = defaultHookTimeout
	}
	if o.MaxHooks <= 0 {
		o.MaxHooks = defaultMaxHooks
	}
	return o
}
