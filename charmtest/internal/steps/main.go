// Command steps plays a model of charmtest step by step: it reads one step a line from its standard input, in JSON,
// lets every unit come to rest, and writes what became of it, one line of JSON each. The first line it writes says
// where its embedded Kafka and Kubernetes listen.
//
// The acceptance tests with Juju's own agent need it, as their module cannot import this one: they play the same
// steps to both and compare, and lend this program's Kafka and Kubernetes to the charm that the agent runs.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/connectcharm/kafka-connect-base/charmtest"
	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/charmtest/world"
)

func main() {
	charmtest.ToolMain()
	retries := flag.Int("retries", 0, "how often a failed hook runs again; negative: never (by default as charmtest)")
	kafka := flag.String("kafka", "", "the release that Kafka plays (by default as kafkatest)")
	sink := flag.String("sink", "", "the class of a sink that the workers' image has beside Kafka's own")
	flag.Parse()
	options := world.Options{Model: charmtest.Options{Retries: *retries}, Kafka: kafkatest.Options{Version: *kafka}}
	if *sink != "" {
		options.Connect.Plugins = []connecttest.Plugin{{Class: *sink, Type: "sink", Version: "1.0"}}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := play(ctx, options, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// place is where the world's parts are.
type place struct {
	Kubeconfig string
	Brokers    []string
}

func play(ctx context.Context, options world.Options, in io.Reader, out io.Writer) (err error) {
	p := &player{refused: map[string]int{}, remotes: map[string]*charmtest.RemoteApp{}}
	options.Model.Before = p.before
	p.World, err = world.Start(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	answers := json.NewEncoder(out)
	if err := answers.Encode(place{p.Kubeconfig(), p.Kafka.Addrs()}); err != nil {
		return fmt.Errorf("cannot say where the world is: %w", err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && ctx.Err() == nil {
		var s step
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return fmt.Errorf("cannot read a step: %w", err)
		}
		if err := answers.Encode(p.answer(ctx, s)); err != nil {
			return fmt.Errorf("cannot answer a step: %w", err)
		}
	}
	return lines.Err()
}
