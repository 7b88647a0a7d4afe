// Package build makes .charm files of a layer's folder: it composes the layers,
// compiles the charm's program for each architecture, asks it for its rules,
// checks everything, and packs. The same sources give the same bytes.
package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/layers"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Options are what is built, and how.
type Options struct {
	// Dir is the folder of the charm's own layer. By default, the working directory.
	Dir string
	// Out is the folder the charms are written to. By default, the working directory.
	Out string
	// Architectures are Juju's names of those to build for. By default, those that
	// manifest.yaml names, or that of this machine.
	Architectures []string
	// Main is the package of the program, relative to Dir. By default, the first
	// main package of ./dispatch, ./cmd/dispatch and . itself.
	Main string
	// Finder finds the layers.
	Finder layers.Finder
	// Links adds hooks/NAME and actions/NAME for each hook and action, links to
	// dispatch. By default, there is dispatch alone, which every Juju since 2.8 runs.
	Links bool
	// Version is what the file version says. By default, what git describes.
	Version string
	// Progress is told what takes a while. By default, nobody is.
	Progress func(what string)
}

// Built is a charm that was made.
type Built struct {
	Path         string `json:"path"`
	Name         string `json:"name"`
	Architecture string `json:"architecture"`
	Version      string `json:"version,omitempty"`
	Size         int64  `json:"size"`
	SHA256       string `json:"sha256"`
}

// Result is what a build gives: charms, unless a problem is no warning.
type Result struct {
	Charms   []Built           `json:"charms"`
	Problems charmdir.Problems `json:"problems,omitempty"`
}

// Run builds. What is wrong with the charm is in the result's problems, all of
// it; the error is for what went wrong besides.
func Run(ctx context.Context, options Options) (Result, error) {
	options = options.withDefaults()
	work, err := os.MkdirTemp("", "kcb-")
	if err != nil {
		return Result{}, fmt.Errorf("cannot make a folder to work in: %w", err)
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder
	b := &builder{Options: options, work: work, program: map[string]string{}}
	b.compose(ctx)
	if b.charm != nil {
		if err := b.rules(ctx); err != nil {
			return b.result(), err
		}
	}
	if b.problems.Err() != nil || b.charm == nil {
		return b.result(), nil
	}
	for _, arch := range b.Architectures {
		if err := b.pack(ctx, arch); err != nil {
			return b.result(), err
		}
	}
	return b.result(), nil
}

func (o Options) withDefaults() Options {
	if o.Dir == "" {
		o.Dir = "."
	}
	if o.Out == "" {
		o.Out = "."
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	return o
}

// builder is one build.
type builder struct {
	Options
	work     string
	charm    *layers.Charm
	problems charmdir.Problems
	program  map[string]string // the compiled program by architecture
	rulesRaw []byte
	made     []Built
}

func (b *builder) result() Result {
	return Result{Charms: append([]Built{}, b.made...), Problems: b.problems.Sorted()}
}

func (b *builder) compose(ctx context.Context) {
	stack, problems := b.Finder.Find(ctx, b.Dir)
	b.problems = append(b.problems, problems...)
	if len(stack.Layers) == 0 {
		return
	}
	charm, problems := layers.Compose(stack)
	b.charm = charm
	b.problems = append(b.problems, problems...)
	b.problems = append(b.problems, charmdir.Check(charm.Documents)...)
	b.architectures()
}

// goArch are Juju's architectures with Go's names for them.
func goArch() map[string]string {
	return map[string]string{"amd64": "amd64", "arm64": "arm64", "ppc64el": "ppc64le", "riscv64": "riscv64", "s390x": "s390x"}
}

// architectures decides what to build for, each once.
func (b *builder) architectures() {
	b.Architectures = slices.Compact(slices.Sorted(slices.Values(b.Architectures)))
	if len(b.Architectures) == 0 {
		for _, base := range b.bases() {
			for _, arch := range base.Architectures {
				if !slices.Contains(b.Architectures, arch) {
					b.Architectures = append(b.Architectures, arch)
				}
			}
		}
	}
	if len(b.Architectures) == 0 {
		b.Architectures = []string{hostArch()}
	}
	for _, arch := range b.Architectures {
		if goArch()[arch] == "" {
			b.problems = append(b.problems, charmdir.Problem{Text: fmt.Sprintf("cannot build for architecture %q", arch), Hint: "Juju has amd64, arm64, ppc64el, riscv64 and s390x"})
		}
	}
}

// hostArch is this machine's, as Juju names it.
func hostArch() string {
	for juju, goName := range goArch() {
		if goName == runtime.GOARCH {
			return juju
		}
	}
	return "amd64"
}

// rules compiles the program and checks the rules it tells.
func (b *builder) rules(ctx context.Context) error {
	main, err := b.mainPackage()
	if err != nil {
		var problem noMain
		if errors.As(err, &problem) {
			b.problems = append(b.problems, charmdir.Problem{File: b.Dir, Text: problem.Error(), Hint: "write dispatch/main.go, or name the package by --main"})
			return nil
		}
		return err
	}
	b.Main = main
	program, wrong, err := b.describable(ctx)
	if err != nil {
		return err
	}
	if wrong != "" {
		b.problems = append(b.problems, charmdir.Problem{File: filepath.Join(b.Dir, main), Text: "cannot compile the charm's program:\n" + wrong})
		return nil
	}
	raw, description, err := describe(ctx, program)
	if err != nil {
		b.problems = append(b.problems, charmdir.Problem{File: filepath.Join(b.Dir, main), Text: err.Error()})
		return nil
	}
	b.rulesRaw = raw
	return b.check(ctx, description)
}

// check holds the rules against themselves, and them and what the handlers ask for
// against the charm's files.
func (b *builder) check(ctx context.Context, description reactive.Description) error {
	c := ruleCheck{charm: b.charm, sources: newSources(b.charm.Stack, b.Dir)}
	c.mistakes(description)
	c.terms(description)
	asks, err := b.asked(ctx, c.sources.dirs)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil: // a Go that is newer than this program, say: no reason to have no charm
		c.problems = append(c.problems, charmdir.Problem{Warning: true, Text: fmt.Sprintf("cannot check the options that the program asks for: %v", err)})
	}
	c.options(asks)
	b.problems = append(b.problems, c.problems...)
	return nil
}
