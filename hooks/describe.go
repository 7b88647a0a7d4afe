package hooks

// What the hook binary tells about itself outside Juju.

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

// describeFlag makes the hook binary print its rules instead of running them.
// Juju starts a charm's program without arguments.
const describeFlag = "--describe"

// Describe writes the charm's rules as JSON (a reactive.Description) and gives
// the exit code. It asks Juju nothing: Build is given a unit of no agent.
func Describe(process Process, out io.Writer) (code int) {
	process = process.withDefaults()
	defer func() {
		if value := recover(); value != nil {
			fmt.Fprintf(process.Stderr, "cannot describe the rules: making them panicked, perhaps for want of a hook: %v\n", value)
			code = exitDropped
		}
	}()
	rules, err := process.Build(juju.NewUnit(juju.Env{}, nil, juju.Options{Stderr: process.Stderr}))
	if err != nil {
		fmt.Fprintf(process.Stderr, "cannot describe the rules: %s\n", err)
		return exitDropped
	}
	description := rules.Describe()
	description.Actions = []string{ExplainAction}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(description); err != nil {
		fmt.Fprintf(process.Stderr, "cannot describe the rules: %s\n", err)
		return exitDropped
	}
	return exitKept
}
