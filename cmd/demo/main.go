// Command demo plays a whole life of the kafka-connect-file charm on embedded
// parts (Juju, Kafka, Kubernetes, Kafka Connect) with the compiled hook binary,
// tells it as a timeline, and checks the world after every scene.
//
// It needs Go and nothing else. It ends with 0 when everything was as it should
// be, 1 when something was not or could not be done, 2 when it was called
// wrongly, and 130 when it was interrupted.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The exit codes besides 0.
const (
	exitWrong       = 1
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	code := run(ctx, os.Args[1:], script{scenes: life()}, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// script is what is played and where it comes from.
type script struct {
	scenes   []scene
	charm    string        // a composed charm with its dispatch. By default, it is built
	patience time.Duration // how long the world may take to become as it should be. By default, 20 s
}

// options are what the command line says.
type options struct {
	json, verbose, keep, bench bool
	runs                       int
}

const usage = `usage: demo [flags]

Plays a whole life of the file charm on an embedded Juju, Kafka, Kubernetes and
Kafka Connect, and checks the world after every scene.

examples:
  make demo                              the timeline
  make demo DEMO_FLAGS=--verbose         with every call of a hook tool
  make demo DEMO_FLAGS=--json | jq -c 'select(.type == "check")'
  make bench                             what one steady hook costs

flags:
`

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	set := flag.NewFlagSet("demo", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.BoolVar(&o.json, "json", false, "print one JSON object a line: scenes, commands, hooks, checks, summary")
	set.BoolVar(&o.verbose, "verbose", false, "show every hook tool call and every look at the world")
	set.BoolVar(&o.keep, "keep", false, "keep the folder with the hooks' journal and the connectors' files, and say where")
	set.BoolVar(&o.bench, "bench", false, "measure one steady update-status instead")
	set.IntVar(&o.runs, "runs", 30, "with --bench, how many `hooks` the median is of")
	set.Usage = func() {
		fmt.Fprint(stderr, usage)
		set.PrintDefaults()
	}
	if err := set.Parse(args); err != nil {
		return o, err
	}
	if set.NArg() > 0 || o.runs < 1 {
		fmt.Fprintf(stderr, "demo: cannot use %q: it takes flags only, and --runs of at least 1\n", args)
		return o, flag.ErrHelp
	}
	return o, nil
}

func run(ctx context.Context, args []string, play script, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp) && asked(args):
		return 0
	case err != nil:
		return exitUsage
	}
	if o.bench {
		err = bench(ctx, o, play.charm, stdout, stderr)
	} else {
		err = demo(ctx, o, play, stdout, stderr)
	}
	var left *leftError
	switch {
	case errors.As(err, &left):
		fmt.Fprintln(stderr, err)
		return exitWrong
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "interrupted; everything the demo started is gone")
		return exitInterrupted
	case err != nil:
		fmt.Fprintln(stderr, err)
		return exitWrong
	}
	return 0
}

// asked says whether help was asked for, as opposed to shown because of a mistake.
func asked(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "-h", "--h", "-help", "--help":
			return true
		}
	}
	return false
}

// demo builds the charm, opens the stage, and plays all scenes before whoever
// the flags choose.
func demo(ctx context.Context, o options, play script, stdout, stderr io.Writer) (err error) {
	charm, err := build(ctx, play.charm, newProgress(stderr))
	if err != nil {
		return err
	}
	var watching audience = newTimeline(stdout, o.verbose)
	if o.json {
		watching = newLines(stdout)
	}
	s, err := open(charm, watching, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close(o.keep, stderr)) }()
	s.patience = cmp.Or(play.patience, s.patience)
	return s.play(ctx, play.scenes)
}
