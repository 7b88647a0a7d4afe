package main

// What has to be compiled, and where it is then.

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

// A program is compiled in its own module, into the build folder, where Go finds
// it up to date the next time.
type program struct {
	name, dir, source, first string
	flags                    []string
}

var programs = [...]program{
	{"jujuc", "acceptance/juju", "github.com/juju/juju/cmd/jujuc", "Juju's hook tools, a minute the first time", nil},
	{"jujulite", "acceptance/juju", "./jujulite", "Juju's unit agent, five minutes the first time", nil},
	{"kubelite", "acceptance/kubernetes/kubelite", ".", "a Kubernetes API server with its controllers, five to eight minutes the first time",
		[]string{"-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3"}},
}

func built(root, name string) string { return filepath.Join(root, "build", "acceptance", name) }

// build compiles all programs, and two builds of the charm.
func build(ctx context.Context, root string, say func(string, ...any)) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return fmt.Errorf("cannot find the main module: %w", err)
	}
	if err := os.MkdirAll(built(root, ""), 0o755); err != nil {
		return fmt.Errorf("cannot make the folder for what is built: %w", err)
	}
	for _, p := range programs {
		begin := time.Now()
		say("building %s: %s", p.name, p.first)
		args := append(append([]string{"build"}, p.flags...), "-o", built(root, p.name), p.source)
		if err := compile(ctx, filepath.Join(root, p.dir), nil, args...); err != nil {
			return fmt.Errorf("cannot build %s: %w", p.name, err)
		}
		say("%s is built after %.0f s", p.name, time.Since(begin).Seconds())
	}
	if err := buildCharms(ctx, root); err != nil {
		return fmt.Errorf("cannot build the charm: %w", err)
	}
	return nil
}

// buildCharms packs the file charm twice. The builds differ in their binary, which
// carries the build's name, and in the file "build", which has it. ("version" is
// not ours to write: packing puts what version control says into it.)
func buildCharms(ctx context.Context, root string) error {
	layer := filepath.Join(root, "examples", "kafka-connect-file")
	dir, err := os.MkdirTemp(built(root, ""), "charm-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := compile(ctx, root, nil, "run", "./cmd/kcb", "build", "--arch", runtime.GOARCH, "--out", dir, layer); err != nil {
		return err
	}
	packed := filepath.Join(dir, "kafka-connect-file_"+runtime.GOARCH+".charm")
	for _, name := range []string{"one", "two"} {
		charm := filepath.Join(dir, name)
		if err := charmdir.Unpack(packed, charm); err != nil {
			return err
		}
		if err := compile(ctx, layer, []string{"CGO_ENABLED=0"}, "build", "-trimpath", fmt.Sprintf("-ldflags=-s -w -B 0x%x", name),
			"-o", filepath.Join(charm, "dispatch"), "./dispatch"); err != nil {
			return err
		}
		if err := errors.Join(os.WriteFile(filepath.Join(charm, "build"), []byte(name+"\n"), 0o644),
			charmdir.Pack(charm, charmOf(root, name))); err != nil {
			return err
		}
	}
	return nil
}

func charmOf(root, name string) string { return built(root, "kafka-connect-file-"+name+".charm") }

func compile(ctx context.Context, dir string, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}
