// Package juju is a charm's view of Juju: what a hook may read, what it may
// write, and when a write becomes real.
//
// # One hook
//
// Juju starts one process for each hook. ReadEnv says which one it is, Open
// gives the hook tools, and NewUnit joins both into a Unit:
//
//	env, err := juju.ReadEnv(os.Getenv, os.Args[0])
//	tools := juju.Open(env, juju.Options{})
//	unit := juju.NewUnit(env, tools, juju.Options{})
//
// Reads are lazy and cached: a value is asked for when somebody wants it, once
// in a hook. Leadership is the exception, it is asked for at every call.
// Writes are buffered: SetState, Relation.Set, OpenPort and their like change
// nothing until Commit, which writes only what differs. Reads see what was
// buffered before.
//
// Juju keeps what Commit wrote only if the process ends with exit code 0. The
// status, the workload version and log lines are the exception: Juju applies
// those at once and keeps them though the hook fails.
//
// # Goals and non-goals
//
// Every value survives the round trip as the exact string it was, whatever it
// looks like: "5", "true", "~", a trailing newline, a leading dash. No hook
// tool runs as a process while the agent's socket works. Two versions of Juju
// never need two pieces of code outside versions.go.
//
// Storage, Pebble and the tools that Juju 4 dropped (leader settings, pod
// specifications, payloads) are not here.
package juju
