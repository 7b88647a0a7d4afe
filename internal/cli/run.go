// Package cli makes a tree of cobra commands behave as every command of this
// project does: the same exit codes, errors that begin with one clear sentence,
// interruption that ends in good order, and a reference and manual pages made
// from the commands themselves.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// What a command ends with.
const (
	OK          = 0
	Failed      = 1
	Differs     = 2   // nothing failed, and something is not as it should be
	Interrupted = 130 // 128 and the number of SIGINT, as shells have it
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// An Exit ends a command with a code. Without an error nothing is said.
type Exit struct {
	Code int
	Err  error
}

func (e *Exit) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Exit) Unwrap() error { return e.Err }

// Run executes the command that the arguments name and gives the exit code.
// The first SIGINT or SIGTERM ends the command's context with
// [ErrInterrupted] as the cause; the second ends the process at once.
func Run(root *cobra.Command, console *terminal.Terminal, args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		<-signals
		cancel(ErrInterrupted)
		<-signals
		os.Exit(Interrupted)
	}()
	prepare(root, console)
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		ctx = forShells(ctx, root, args)
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return conclude(ctx, console, err)
}

// conclude says what went wrong and gives the exit code for it.
func conclude(ctx context.Context, console *terminal.Terminal, err error) int {
	if err == nil {
		return OK
	}
	var exit *Exit
	if errors.As(err, &exit) && exit.Err == nil {
		return exit.Code
	}
	code := Failed
	if exit != nil {
		code = exit.Code
	}
	switch {
	case errors.Is(err, ErrInterrupted):
		code = Interrupted
	case errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), ErrInterrupted):
		code, err = Interrupted, ErrInterrupted // what was asked when it ended tells nobody anything
	}
	PrintError(console, err)
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(console.Err, "Run %q for what there is.\n", usage.command+" --help")
	}
	return code
}

// PrintError writes an error as the user is to see it: "error: " and its first
// line, further lines below. Nothing in it can move the cursor.
func PrintError(console *terminal.Terminal, err error) {
	lines := strings.Split(strings.TrimRight(err.Error(), "\n"), "\n")
	for i, line := range lines {
		line = terminal.Clean(strings.ReplaceAll(line, "\t", "  "))
		if i == 0 {
			line = console.ErrInk.Red("error:") + " " + line
		}
		fmt.Fprintln(console.Err, line)
	}
}

// Warn writes a warning, which changes no exit code.
func Warn(console *terminal.Terminal, format string, args ...any) {
	fmt.Fprintf(console.Err, "%s %s\n", console.ErrInk.Yellow("warning:"), terminal.Clean(fmt.Sprintf(format, args...)))
}
