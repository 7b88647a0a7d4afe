// One call of a hook tool: what it may use to read its command line and to answer.

package charmtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	yaml "gopkg.in/yaml.v2"
)

// toolRun is the hook tool's side of one call. Tools run under the model's lock.
type toolRun struct {
	flagSet
	c      *hookContext
	args   []string
	dir    string
	stdin  []byte
	hasIn  bool
	stdout strings.Builder
	stderr strings.Builder

	format string
	out    string
	relID  int
}

// tool is one hook tool: it reads its options from t, does its work and prints.
type tool func(t *toolRun) error

func (c *hookContext) runTool(req toolRequest, tc *ToolCall) error {
	t := &toolRun{c: c, args: req.Args, dir: req.Dir, stdin: req.Stdin, hasIn: req.StdinSet, relID: -1}
	err := c.m.tool(req.CommandName)(t)
	var usage usageError
	switch {
	case errors.Is(err, errNoStdin):
		return err
	case errors.Is(err, errHelp):
		fmt.Fprintf(&t.stdout, "Usage: %s\n", req.CommandName)
	case errors.As(err, &usage):
		tc.Code = 2
	case err != nil:
		tc.Code = 1
	}
	if tc.Code != 0 {
		fmt.Fprintf(&t.stderr, "ERROR %s\n", err)
	}
	tc.Stdout, tc.Stderr = t.stdout.String(), t.stderr.String()
	return nil
}

// output adds the options of a tool that prints a value.
func (t *toolRun) output(format string, formats ...string) {
	t.format = format
	t.add(flagValue{set: func(s string) error {
		for _, f := range formats {
			if f == s {
				t.format = s
				return nil
			}
		}
		return fmt.Errorf("unknown format %q", s)
	}}, "format")
	t.add(flagValue{set: func(s string) error { t.out = s; return nil }}, "o", "output")
}

func (t *toolRun) smartOutput() { t.output("smart", "smart", "yaml", "json") }

// oldFormat is an option that tools without output keep for old charms.
func (t *toolRun) oldFormat() { t.string("", "format") }

func (t *toolRun) print(v any) error {
	text, err := formatValue(t.format, v)
	if err != nil {
		return err
	}
	if t.out != "" {
		return os.WriteFile(t.path(t.out), []byte(text), 0o666)
	}
	t.stdout.WriteString(text)
	return nil
}

func (t *toolRun) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(t.dir, name)
}

func (t *toolRun) parse() ([]string, error) { return t.flagSet.parse(t.args) }

// parseNone is for a tool that takes no arguments.
func (t *toolRun) parseNone() error {
	args, err := t.parse()
	if err != nil {
		return err
	}
	return noMore(args)
}

// parseOne is for a tool that takes one argument, or none: "".
func (t *toolRun) parseOne() (string, error) {
	args, err := t.parse()
	if err != nil {
		return "", err
	}
	return zeroOrOne(args)
}

// relationFlag adds -r; in a relation hook, that relation is the default.
func (t *toolRun) relationFlag() {
	if t.c.info.isRelation() {
		t.relID = t.c.info.relation.id
	}
	t.add(flagValue{set: func(s string) error {
		id, err := strconv.Atoi(s[strings.LastIndex(s, ":")+1:])
		if err != nil {
			return errors.New("invalid relation id")
		}
		if _, err := t.c.relation(id); err != nil {
			return err
		}
		t.relID = id
		return nil
	}}, "r", "relation")
}

func (t *toolRun) relation() (*relationView, error) {
	if t.relID == -1 {
		return nil, usagef("no relation id specified")
	}
	return t.c.relation(t.relID)
}

func (c *hookContext) relation(id int) (*relationView, error) {
	if v, ok := c.relations[id]; ok {
		return v, nil
	}
	return nil, errors.New("relation not found")
}

// settingsFile reads the YAML map of an option --file, "-" being standard input, under arguments that win over it.
func (t *toolRun) settingsFile(file string, over map[string]string) (map[string]string, error) {
	if file == "" {
		return over, nil
	}
	data, err := t.readFile(file)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	if err := yaml.Unmarshal(data, out); err != nil {
		return nil, err
	}
	for k, v := range over {
		out[k] = v
	}
	return out, nil
}

func (t *toolRun) readFile(file string) ([]byte, error) {
	if file != "-" {
		return os.ReadFile(t.path(file))
	}
	if !t.hasIn {
		return nil, errNoStdin
	}
	return t.stdin, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
