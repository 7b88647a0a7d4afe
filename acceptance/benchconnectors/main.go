// Command benchconnectors deploys a folder of many connectors: with the command connectors, and with the simplest
// script that does the same, which evaluates every file by Jsonnet's Python binding and puts one result after the other.
// It prints what each took, what it asked of the worker, and how often that rebalanced. The command goes twice: as it is,
// and with as many requests in flight as may be.
//
// The worker is a real one where Java and Maven are there, and the embedded one otherwise. Each run gets a worker
// of its own, fresh, and with the same history. The first deploy is measured with two real workers as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// options are what the command line says.
type options struct {
	connectors int
	binary     string // the command connectors
	kafka      string // the release; empty for the embedded worker
	alone      bool   // without the script
	linger     int    // how many milliseconds a worker waits for more to write to its own topics
	logf       func(format string, args ...any)
}

func main() {
	o := options{logf: func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }}
	embedded := flag.Bool("embedded", false, "use the embedded worker although Java is there")
	flag.BoolVar(&o.alone, "alone", false, "do not run the script, which takes most of the time")
	flag.IntVar(&o.connectors, "connectors", 1000, "how `many` connectors")
	flag.StringVar(&o.binary, "binary", "build/connectors", "the command connectors, a `file`")
	flag.IntVar(&o.linger, "linger", 0, "the workers' linger.ms, in `milliseconds`: 0 as the charm sets it; Kafka's own default is 5 since 4.0")
	flag.StringVar(&o.kafka, "kafka", "4.3.1", "the `release` of Kafka and Connect: "+strings.Join(realkafka.Versions(), ", "))
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	why := ""
	for _, tool := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(tool); err != nil {
			o.kafka, why = "", " ("+tool+" is not installed)"
		}
	}
	if *embedded {
		o.kafka, why = "", " (as asked)"
	}
	if err := run(ctx, o, why); err != nil {
		fmt.Fprintln(os.Stderr, "benchconnectors:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, why string) error {
	if o.connectors < 5 {
		return errors.New("cannot measure fewer than 5 connectors")
	}
	results, baseline, err := measureAll(ctx, o)
	if err != nil {
		return err
	}
	writeTable(os.Stdout, results)
	switch {
	case o.alone:
	case baseline.python == "":
		fmt.Println("There is no python3: the script was not run.")
	case !baseline.evaluates:
		fmt.Println("Python's Jsonnet binding is missing (apt-get install python3-jsonnet): the script only put what was rendered for it.")
	}
	if o.kafka == "" {
		fmt.Printf("Measured against the embedded worker%s, on %d processors.\n", why, runtime.NumCPU())
		return nil
	}
	fmt.Printf("Measured against a real worker of Kafka Connect %s, every connector a running FileStream source, linger.ms=%d, on %d processors.\n", o.kafka, o.linger, runtime.NumCPU())
	return nil
}
