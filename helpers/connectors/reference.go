package connectors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gopkg.in/yaml.v3"
)

// A reference says where a credential is to be found; it never holds one.
//
//	{env: NAME}              an environment variable
//	{file: path}             a file's content, relative to the folder
//	{command: [program, …]}  what a program prints, run in the folder without a shell
type reference struct {
	Env     string   `yaml:"env"`
	File    string   `yaml:"file"`
	Command []string `yaml:"command"`
}

const writeReference = "write {env: NAME}, {file: path} or {command: [program, argument]}"

func (r *reference) UnmarshalYAML(node *yaml.Node) error {
	if !isReference(node) {
		if node.Kind == yaml.ScalarNode {
			return wrongAt(node, "a credential in this file is refused: %s", writeReference)
		}
		return wrongAt(node, "this is not a reference: %s", writeReference)
	}
	type plain reference
	var p plain
	if err := node.Decode(&p); err != nil {
		return wrongAt(node, "this is not a reference: %s", writeReference)
	}
	if p.Env == "" && p.File == "" && (len(p.Command) == 0 || p.Command[0] == "") {
		return wrongAt(node, "this reference is empty: %s", writeReference)
	}
	*r = reference(p)
	return nil
}

// isReference says whether a node is a mapping with one key, that of a
// reference.
func isReference(node *yaml.Node) bool {
	if node.Kind != yaml.MappingNode || len(node.Content) != 2 {
		return false
	}
	key := node.Content[0].Value
	return key == "env" || key == "file" || key == "command"
}

func (r reference) empty() bool { return r.Env == "" && r.File == "" && len(r.Command) == 0 }

// String names the place, never what is there.
func (r reference) String() string {
	switch {
	case r.Env != "":
		return "the environment variable " + r.Env
	case r.File != "":
		return "the file " + r.File
	case len(r.Command) > 0:
		return "the command " + r.Command[0]
	}
	return "nothing"
}

// A pathOrReference is a file's path, which is no secret, or a reference.
type pathOrReference struct{ reference }

func (p *pathOrReference) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return p.reference.UnmarshalYAML(node)
	}
	text, err := scalar(node, "the path of a file")
	p.File = text
	return err
}

// A textOrReference is a text that is no secret, or a reference.
type textOrReference struct {
	text string
	reference
}

func (t *textOrReference) UnmarshalYAML(node *yaml.Node) (err error) {
	if node.Kind != yaml.ScalarNode {
		return t.reference.UnmarshalYAML(node)
	}
	t.text, err = scalar(node, "text")
	return err
}

func (t textOrReference) resolve(ctx context.Context, f *Folder) (string, error) {
	if t.reference.empty() {
		return t.text, nil
	}
	return t.reference.resolve(ctx, f)
}

const (
	maxReferred = 1 << 20 // bytes
	commandTime = 30 * time.Second
)

// resolve gives what the reference leads to, without a newline at its end. An
// empty value is an error: it is always a mistake.
func (r reference) resolve(ctx context.Context, f *Folder) (value string, err error) {
	switch {
	case f.NoReferences != "":
		err = errors.New(f.NoReferences)
	case r.Env != "":
		var set bool
		if value, set = os.LookupEnv(r.Env); !set {
			err = errors.New("it is not set")
		}
	case r.File != "":
		value, err = readReferred(f.path(r.File))
	case f.NoCommands:
		err = errors.New("commands are not run here")
	default:
		value, err = output(ctx, f.dir, r.Command)
	}
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	if err == nil && value == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", r, err)
	}
	return value, nil
}

// path makes a path of connectors.yaml one that can be opened.
func (f *Folder) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.dir, filepath.FromSlash(name))
}

func readReferred(name string) (string, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", errors.New(pathless(err))
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", errors.New("it is not a regular file")
	}
	text, err := io.ReadAll(io.LimitReader(file, maxReferred+1))
	if err != nil {
		return "", errors.New(pathless(err))
	}
	if len(text) > maxReferred {
		return "", fmt.Errorf("it has more than %d bytes", maxReferred)
	}
	return string(text), nil
}

// output runs a program and gives what it prints.
func output(ctx context.Context, dir string, argv []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	switch {
	case ctx.Err() != nil && context.Cause(ctx) == context.DeadlineExceeded:
		return "", fmt.Errorf("it took longer than %s", commandTime)
	case err != nil:
		if first, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); first != "" {
			return "", fmt.Errorf("%w: %.200q", err, first)
		}
		return "", err
	case len(text) > maxReferred:
		return "", fmt.Errorf("it printed more than %d bytes", maxReferred)
	}
	return string(text), nil
}
