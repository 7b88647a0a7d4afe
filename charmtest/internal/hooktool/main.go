// Command hooktool is a hook tool, by whatever name it is run, that asks the agent the way the charm does: over its
// socket, with package helpers/juju. The acceptance tests with the hook tools of Juju 2.9 run the same script with it
// and with Juju's own client, as their module cannot import this one.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

func main() {
	code, err := run(filepath.Base(os.Args[0]), os.Args[1:])
	if err != nil {
		fmt.Fprintf(os.Stderr, "ERROR %s\n", err)
	}
	os.Exit(code)
}

func run(tool string, args []string) (code int, err error) {
	env, err := juju.ReadEnv(os.Getenv, "")
	if err != nil {
		return 1, err
	}
	if env.CharmDir, err = os.Getwd(); err != nil {
		return 1, err
	}
	call := juju.Call{Tool: tool, Args: args}
	if slices.Contains(args, "--file") && slices.Contains(args, "-") {
		if call.Stdin, err = io.ReadAll(os.Stdin); err != nil {
			return 1, err
		}
	}
	agent := juju.Open(env, juju.Options{})
	defer func() { err = errors.Join(err, agent.Close()) }()
	out, err := agent.Call(context.Background(), call)
	if fallback := agent.Stats().Fallback; fallback != "" {
		return 1, errors.New(fallback)
	}
	var refused *juju.ToolError
	if errors.As(err, &refused) {
		return refused.Code, errors.New(refused.Stderr)
	}
	_, _ = os.Stdout.Write(out)
	return 0, err
}
