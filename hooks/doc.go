// Package hooks is the process that Juju starts for each hook and action: it
// reads what the charm's rules watch, runs the rules until they settle, and
// commits what they changed, all of it or nothing.
//
// A charm's main has one line, a call of Main. Run is the same without the
// process around it, for tests and for programs with an unusual main.
//
// docs/explanation/hook-process.md follows one hook from outside in.
package hooks
