package main

// The script that connectors is compared with.

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed baseline.py
var baselineScript []byte

// A baseline is the script and what it needs.
type baseline struct {
	python    string // the interpreter; empty where there is none
	evaluates bool   // it has the binding
	binary    string // the command connectors, that renders where there is no binding
	dir       string
}

// newBaseline finds an interpreter, best one with the Jsonnet binding, and writes the script into dir. Debian's binding
// is for Debian's interpreter, which need not be the first one of the path.
func newBaseline(binary, dir string) (*baseline, error) {
	b := &baseline{binary: binary, dir: dir}
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if exec.Command(path, "-c", "import _jsonnet").Run() == nil {
			b.python, b.evaluates = path, true
			break
		}
		if b.python == "" {
			b.python = path
		}
	}
	return b, os.WriteFile(b.script(), baselineScript, 0o600)
}

func (b *baseline) script() string { return filepath.Join(b.dir, "baseline.py") }

func (b *baseline) tool() tool {
	return tool{name: "script", deploy: func(ctx context.Context, dir string, to *site) (*exec.Cmd, error) {
		args := []string{b.script(), filepath.Join(dir, "connectors", "prod"), to.address()}
		if !b.evaluates {
			rendered := filepath.Join(b.dir, "rendered")
			render := exec.CommandContext(ctx, b.binary, "render", "--env", "prod", "--dir", dir, "--out-dir", rendered)
			if text, err := render.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("cannot render for the script: %w\n%s", err, text)
			}
			args = append(args, rendered)
		}
		return exec.CommandContext(ctx, b.python, args...), nil
	}}
}
