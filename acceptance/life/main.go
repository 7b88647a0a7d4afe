// Command life plays the whole life of the file charm on real parts, in one run:
// Juju's own unit agents, a real Kubernetes, real Kafka brokers and real Connect
// workers. After each step it states the whole world and compares.
//
// It needs Linux, Go, Java, Maven, iproute2 and either root or user namespaces:
// everything that runs, runs in namespaces of its own, so that addresses of pods
// exist nowhere else and nothing is left when it ends, in whatever way.
//
// It ends with 0 when everything was as it should be, 1 when something was not,
// 2 when it was called wrongly, 130 when it was interrupted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// options are what the command line says.
type options struct {
	kafka   string // the release
	until   string // the last step to play
	root    string // the main module
	table   string // a file for the result of each step
	listing bool
	compile bool
}

func main() {
	o := options{}
	flag.StringVar(&o.kafka, "kafka", "4.3.1", "the `release` of Kafka and Connect: "+strings.Join(realkafka.Versions(), ", "))
	flag.StringVar(&o.until, "step", "", "play up to this `step` and no further")
	flag.StringVar(&o.root, "root", ".", "the `folder` of the main module")
	flag.StringVar(&o.table, "table", "", "add a line for each step to this `file`: name, seconds, result, with tabs between")
	flag.BoolVar(&o.listing, "list", false, "list the steps and play nothing")
	flag.BoolVar(&o.compile, "build", false, "compile what the life runs and play nothing")
	flag.Parse()
	os.Exit(run(o))
}

func run(o options) int {
	script := life(o.kafka)
	switch known := nameOf(script); {
	case o.listing:
		for _, one := range script {
			fmt.Printf("%-10s  %s\n", one.name, one.title)
		}
		return 0
	case o.until != "" && !known[o.until]:
		fmt.Fprintf(os.Stderr, "life: there is no step %q; life -list names them\n", o.until)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	play, nested := outside, os.Getenv(insideVariable) != ""
	switch {
	case nested:
		play = inside
	case o.compile:
		play = func(ctx context.Context, o options, _ []step) error { return build(ctx, o.root, say) }
	}
	switch err := play(ctx, o, script); {
	case ctx.Err() != nil:
		if !nested { // it is told once
			fmt.Fprintln(os.Stderr, "interrupted; everything that was started is gone")
		}
		return 130
	case errors.As(err, new(exitCode)):
		return int(err.(exitCode))
	case err != nil:
		fmt.Fprintln(os.Stderr, "life:", err)
		return 1
	}
	return 0
}

func nameOf(script []step) map[string]bool {
	names := map[string]bool{}
	for _, one := range script {
		names[one.name] = true
	}
	return names
}

// outside builds and fetches what the life needs, for which there has to be a
// network, and plays it inside.
func outside(ctx context.Context, o options, _ []step) error {
	if _, err := realkafka.Get(ctx, o.kafka, say); err != nil {
		return err
	}
	if err := build(ctx, o.root, say); err != nil {
		return err
	}
	return goInside(ctx)
}

// inside plays.
func inside(ctx context.Context, o options, script []step) (err error) {
	if err := settleIn(); err != nil {
		return err
	}
	s, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.play(ctx, script, o.until)
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }
