package hooks

// The process around a hook: signals and the exit code.

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Main runs the hook or action for which Juju started this process, by the
// rules of the layers in their order, base first, and ends the process. It is
// all that a charm's main function does.
func Main(layers ...func(*workers.Unit) reactive.Rules) {
	debug.SetGCPercent(collectAt)
	var whole *workers.Unit
	os.Exit(RunUntilSignal(Process{
		Build: func(unit *juju.Unit) (reactive.Rules, error) {
			var rules reactive.Rules
			whole = workers.New(unit, workers.Options{Getenv: os.Getenv})
			for _, layer := range layers {
				rules = slices.Concat(rules, layer(whole))
			}
			return rules, nil
		},
		Check: func(ctx context.Context) error { return whole.Readable(ctx) },
	}))
}

// collectAt makes Go's collector wait for 16 MiB of heap (4 MiB by default) before it first runs, and then for a
// heap five times what was in use: a hook that allocates less, which is nearly every one, ends before it would have begun.
const collectAt = 400

// RunUntilSignal is Run for a whole process. SIGTERM and SIGINT end the hook
// with nothing committed, and then the process dies of that signal: Juju takes
// a hook killed by SIGTERM for interrupted, not for failed, and runs it again.
// A second signal kills at once. A handler that goes on although its context
// has ended is not waited for longer than the grace. Started with the one
// argument --describe, which Juju never gives, the process is [Describe].
// A process that was started to evaluate a file of connectors does that, and nothing else.
func RunUntilSignal(process Process) (code int) {
	if jsonnet.IsChild() {
		return jsonnet.ServeChild(os.Stdin, os.Stdout)
	}
	if len(os.Args) == 2 && os.Args[1] == describeFlag {
		return Describe(process, os.Stdout)
	}
	process = process.withDefaults()
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	tooLong := time.AfterFunc(process.Limit+process.Grace, func() {
		fmt.Fprintln(process.Stderr, "cannot end the hook at its time limit: a handler does not heed its context")
		os.Exit(exitDropped)
	})
	defer tooLong.Stop()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	caught := make(chan syscall.Signal, 1)
	go func() {
		s, _ := (<-signals).(syscall.Signal)
		signal.Reset()
		caught <- s
		cancel(fmt.Errorf("the process got %s", s))
		time.Sleep(process.Grace)
		dieOf(s)
	}()
	code = Run(ctx, process)
	select {
	case s := <-caught:
		if code != exitKept {
			dieOf(s)
		}
	default:
	}
	return code
}

// dieOf ends the process as the signal would have without a handler. It comes
// back only if that fails.
func dieOf(s syscall.Signal) {
	signal.Reset(s)
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		return
	}
	time.Sleep(time.Second) // until the signal arrives
}
