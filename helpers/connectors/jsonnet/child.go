package jsonnet

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/google/go-jsonnet"
)

// childMark, in the environment, makes a program the child of an evaluator.
const childMark = "KAFKA_CONNECT_JSONNET_CHILD"

// hello is what a child says first, so that a program that does not serve is
// told from one that does.
const hello = "kafka-connect-connectors jsonnet evaluator 1"

// exitExhausted is the exit code of a child whose processor time is used up.
const exitExhausted = 97

// What goes over the pipes, as gob. Variables may be secrets, so they travel
// neither as arguments nor in the environment.
type (
	setup struct {
		Limits    Limits
		Variables map[string]Variable
	}
	request  struct{ File string }
	response struct {
		Output []byte
		Uses   uses
		Err    *Error
		Trace  []byte
	}
)

// IsChild says that this process was started to evaluate: it has to call
// [ServeChild], and do nothing else.
func IsChild() bool { return os.Getenv(childMark) != "" }

// ServeChild evaluates the files its parent names, in the folder it was
// started in, until there are no more. It gives the exit code. A program whose
// packages use an [Evaluator] begins:
//
//	func main() {
//		if jsonnet.IsChild() {
//			os.Exit(jsonnet.ServeChild(os.Stdin, os.Stdout))
//		}
func ServeChild(in io.Reader, out io.Writer) int {
	if err := serve(gob.NewDecoder(in), gob.NewEncoder(out)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func serve(in *gob.Decoder, out *gob.Encoder) error {
	var s setup
	if err := in.Decode(&s); err != nil {
		return fmt.Errorf("cannot read what to evaluate: %w", err)
	}
	root, err := os.OpenRoot(".")
	if err != nil {
		return err
	}
	if err := confine(s.Limits); err != nil {
		return fmt.Errorf("cannot limit the evaluation: %w", err)
	}
	onExhausted(func() { os.Exit(exitExhausted) })
	signal.Ignore(os.Interrupt) // Ctrl-C is the parent's to decide about
	tune(s.Limits)
	if err := out.Encode(hello); err != nil {
		return err
	}
	c := newChild(root, s)
	for {
		var r request
		if err := in.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := endAfter(s.Limits.CPU); err != nil {
			return err
		}
		if err := out.Encode(c.answer(r.File)); err != nil {
			return err
		}
	}
}

// tune makes a process that lives for seconds and mostly allocates: it
// collects garbage late, but before the limit, and a stack that overflows does
// so before memory runs out.
func tune(limits Limits) {
	debug.SetGCPercent(1000)
	debug.SetMemoryLimit(int64(limits.Memory / 2))
	debug.SetMaxStack(int(limits.Memory / 8))
}

// A child evaluates files with one VM, so that what they import is parsed and
// computed once.
type child struct {
	vm      *jsonnet.VM
	jail    *jail
	tracker *tracker
	limits  Limits
	trace   bytes.Buffer
}

func newChild(root *os.Root, s setup) *child {
	c := &child{vm: jsonnet.MakeVM(), jail: newJail(root, s.Limits), limits: s.Limits}
	c.vm.MaxStack = s.Limits.Stack
	c.vm.Importer(c.jail)
	c.vm.SetTraceOut(&c.trace)
	for name, variable := range s.Variables {
		if variable.Code {
			c.vm.ExtCode(name, variable.Text)
		} else {
			c.vm.ExtVar(name, variable.Text)
		}
	}
	c.tracker = &tracker{vm: c.vm, jail: c.jail, direct: map[string]mentions{}}
	return c
}

func (c *child) answer(file string) response {
	c.trace.Reset()
	output, uses, err := c.evaluate(file)
	r := response{Output: output, Uses: uses, Trace: c.trace.Bytes()[:min(c.trace.Len(), c.limits.Output)]}
	if err != nil {
		r.Err = explain(file, err)
	}
	return r
}

func (c *child) evaluate(file string) ([]byte, uses, error) {
	s := c.jail.read(file)
	if s.err != nil {
		return nil, uses{}, fmt.Errorf("cannot read it: %w", s.err)
	}
	if line := nesting(s.contents.Data(), c.limits.Nesting); line > 0 {
		return nil, uses{}, &Error{File: file, Line: line, Column: 1, Message: fmt.Sprintf("brackets nest more than %d deep", c.limits.Nesting)}
	}
	node, err := jsonnet.SnippetToAST(file, s.contents.String())
	if err != nil {
		return nil, uses{}, err
	}
	uses, err := c.tracker.uses(file, node)
	if err != nil {
		return nil, uses, err
	}
	output, err := c.vm.Evaluate(node)
	if err == nil && len(output) > c.limits.Output {
		err = fmt.Errorf("its result has %d bytes; at most %d are taken", len(output), c.limits.Output)
	}
	if err != nil {
		return nil, uses, err
	}
	return []byte(output), uses, nil
}
