package juju

// The main module's steps program, which plays the same story in charmtest and
// lends its Kafka and Kubernetes to the charm that Juju's agent runs.

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
)

type step = controller.Step

// steps is one running program.
type steps struct {
	t          *testing.T
	in         io.WriteCloser
	out        *bufio.Scanner
	kubeconfig string
	brokers    []map[string]string // as the kafka interface writes them
}

func startSteps(t *testing.T, args ...string) *steps {
	t.Helper()
	cmd := exec.Command(built.steps, args...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = in.Close() // the program ends at the end of its steps
		if err := cmd.Wait(); err != nil {
			t.Errorf("the steps program ended with %v", err)
		}
	})
	s := &steps{t: t, in: in, out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 8<<20)
	var place struct {
		Kubeconfig string
		Brokers    []string
	}
	s.read(&place)
	s.kubeconfig = place.Kubeconfig
	for _, address := range place.Brokers {
		host, port, err := net.SplitHostPort(address)
		must(t, err)
		s.brokers = append(s.brokers, map[string]string{"host": host, "port": port})
	}
	return s
}

func (s *steps) read(v any) {
	s.t.Helper()
	if !s.out.Scan() {
		s.t.Fatalf("the steps program says nothing more: %v", s.out.Err())
	}
	must(s.t, json.Unmarshal(s.out.Bytes(), v))
}

// do plays a step there.
func (s *steps) do(one step) (answer controller.Answer) {
	s.t.Helper()
	text, err := json.Marshal(one)
	must(s.t, err)
	_, err = fmt.Fprintf(s.in, "%s\n", text)
	must(s.t, err)
	s.read(&answer)
	if answer.Error != "" {
		s.t.Fatalf("charmtest cannot do %s: %s", text, answer.Error)
	}
	return answer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// difference gives the lines in which two answers differ, charmtest's with a
// minus; empty if there are none.
func difference(fake, real controller.Answer) string {
	was, is := lines(fake), lines(real)
	var out []string
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(was) > 0 && len(is) > 0 && was[0] == is[0]:
			was, is = was[1:], is[1:]
		case len(is) == 0 || len(was) > 0 && was[0] < is[0]:
			out, was = append(out, "- "+was[0]), was[1:]
		default:
			out, is = append(out, "+ "+is[0]), is[1:]
		}
	}
	return strings.Join(out, "\n")
}
