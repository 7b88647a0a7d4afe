// Command stages runs the tests on real parts, some side by side, and gives a table
// in the end. Its argument is one of the stages, or a step of the life, which is then
// played up to it; what it says is then seen as it is said. Without one, all run.
//
// Stages mostly wait: for leases, elections and pods. Several of them therefore run
// at a time, each in a lane, and the longest first. What each says is kept and shown
// whole when it ends, and meanwhile the last line of each that runs.
//
// Each stage runs in a process namespace of its own where that can be had (as root,
// or with user namespaces): the kernel ends all that is in it with its first
// process, and that one with this program, in whatever way it ends.
//
// It ends with 0 when all went well, 1 when a stage failed, 2 when it was called
// wrongly, 130 when it was interrupted.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: stages [STAGE | STEP of the life]") }
	flag.Parse()
	if flag.NArg() > 1 {
		flag.Usage()
		os.Exit(2)
	}
	t := terminal.New(os.Stdin, os.Stdout, os.Stderr, os.Getenv)
	os.Exit(run(ctx, t, flag.Arg(0)))
}

func run(ctx context.Context, t *terminal.Terminal, wanted string) int {
	versions := strings.Fields(os.Getenv("KAFKA_VERSIONS"))
	if len(versions) == 0 {
		versions = strings.Fields(defaultVersions)
	}
	stages := all(versions)
	if wanted != "" {
		var err error
		if stages, err = choose(ctx, stages, wanted, versions[len(versions)-1]); err != nil {
			fmt.Fprintln(t.Err, err)
			return 2
		}
	}
	lanes, err := lanesFrom(os.Getenv("ACCEPTANCE_LANES"), len(stages))
	if err != nil {
		fmt.Fprintln(t.Err, err)
		return 2
	}
	return play(ctx, t, stages, lanes, time.Minute)
}

// play runs the stages and tells of them; of those that go on it tells as often as
// given, where it is no terminal that can show it all the time.
func play(ctx context.Context, t *terminal.Terminal, stages []stage, lanes int, often time.Duration) int {
	dir, err := os.MkdirTemp("", "acceptance-")
	if err != nil {
		fmt.Fprintln(t.Err, "cannot make a folder for what stages say:", err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	told := newTeller(t, len(stages), lanes, dir)
	show := told.watch(often)
	results := inLanes(stages, lanes, func(s stage) result {
		if ctx.Err() != nil {
			return result{stage: s}
		}
		told.begin(s)
		out := told.sink(s)
		r := perform(ctx, s, dir, out)
		if out != os.Stdout {
			_ = out.Close()
		}
		if ctx.Err() == nil {
			told.end(r)
		}
		return r
	})
	show()
	if ctx.Err() != nil {
		told.interrupted()
		return 130
	}
	return told.table(results)
}
