package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/reactive"
)

// noMain says that there is no program.
type noMain struct{ looked []string }

func (e noMain) Error() string {
	if len(e.looked) == 1 {
		return "there is no main package in " + e.looked[0]
	}
	return "there is neither a main package in " + strings.Join(e.looked, " nor in ")
}

// mainPackage finds the package of the charm's program.
func (b *builder) mainPackage() (string, error) {
	looked := []string{"./dispatch", "./cmd/dispatch", "."}
	if b.Main != "" {
		looked = []string{b.Main}
	}
	for _, dir := range looked {
		is, err := isMain(filepath.Join(b.Dir, dir))
		if err != nil {
			return "", err
		}
		if is {
			return "./" + filepath.ToSlash(filepath.Clean(dir)), nil
		}
	}
	return "", noMain{looked}
}

func isMain(dir string) (bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot look for the charm's program: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.PackageClauseOnly)
		if err == nil && file.Name.Name == "main" {
			return true, nil
		}
	}
	return false, nil
}

// describable gives a program that this machine can run: one of those to be
// packed, if it can.
func (b *builder) describable(ctx context.Context) (program, wrong string, err error) {
	for _, arch := range b.Architectures {
		if runtime.GOOS == "linux" && goArch()[arch] == runtime.GOARCH {
			return b.compiled(ctx, arch)
		}
	}
	program = filepath.Join(b.work, "describe")
	b.Progress("compiling the charm's program for this machine, to ask for its rules")
	wrong, err = b.compile(ctx, program, runtime.GOOS, runtime.GOARCH)
	return program, wrong, err
}

// compiled gives the program for an architecture of Juju's.
func (b *builder) compiled(ctx context.Context, arch string) (program, wrong string, err error) {
	if program, done := b.program[arch]; done {
		return program, "", nil
	}
	program = filepath.Join(b.work, "dispatch-"+arch)
	b.Progress("compiling the charm's program for " + arch + " (the first time takes a minute or two)")
	wrong, err = b.compile(ctx, program, "linux", goArch()[arch])
	if wrong == "" && err == nil {
		b.program[arch] = program
	}
	return program, wrong, err
}

// compile makes a static program without anything of this machine in it: no
// paths, no symbols, no state of version control. What the compiler says is
// given apart from what keeps it from being run.
func (b *builder) compile(ctx context.Context, out, goos, goarch string) (wrong string, err error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", out, b.Main)
	cmd.Dir = b.Dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // it ends its compilers, too
	cmd.WaitDelay = 10 * time.Second
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.As(err, &exit):
		return strings.TrimSpace(string(said)), nil
	case err != nil:
		return "", fmt.Errorf("cannot run the Go compiler: %w", err)
	}
	return "", nil
}

// describe asks a program for its rules.
func describe(ctx context.Context, program string) ([]byte, reactive.Description, error) {
	var description reactive.Description
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "--describe")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Stderr = &stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, description, fmt.Errorf("cannot ask the charm's program for its rules: %w\n%s", err, strings.TrimSpace(stderr.String()))
	}
	if err := json.Unmarshal(raw, &description); err != nil {
		return nil, description, fmt.Errorf("cannot read the rules that the charm's program told, is its main one of package hooks?: %w", err)
	}
	return raw, description, nil
}
