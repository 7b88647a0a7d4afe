package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// LoadOptions say how files are evaluated. The zero value is right.
type LoadOptions struct {
	// Variables are handed to std.extVar as texts, before those of
	// connectors.yaml. By default, there are none.
	Variables map[string]string
	// Secrets are handed to std.extVar as what they are in JSON, and are
	// secret as references are. They win over Variables. By default, there are
	// none.
	Secrets map[string]string
	// CacheDir is where results are kept between runs. By default, a folder
	// of the user's cache folder; where there is none, they are not kept.
	CacheDir string
	// NoCache evaluates every file anew and keeps nothing.
	NoCache bool
	// Parallel is how many files are evaluated at once. By default, as many
	// as there are processors.
	Parallel int
	// Limits bound what a file may cost. By default, those of
	// [jsonnet.Limits].
	Limits jsonnet.Limits
	// Trace gets what files say with std.trace, without secret variables. By
	// default, nobody does.
	Trace io.Writer
}

// Load reads and evaluates all files of an environment. Everything that is
// wrong with any of them is reported together, as [*Mistakes], and then there
// is no result: what a broken file wants is not known, and must not be taken
// for unwanted. The program's main has to serve as an evaluator; see
// [jsonnet.ServeChild].
func (f *Folder) Load(ctx context.Context, e *Environment, o LoadOptions) (*Desired, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open the folder %s: %w", f.dir, err)
	}
	defer root.Close()
	what := "use the files of " + path.Join(FilesFolder, e.Name)
	variables, wrong := e.resolve(ctx, o)
	names, missed := files(root.FS(), e.Name)
	wrong = append(wrong, missed...)
	wrong = append(wrong, e.homeless(names)...)
	if len(wrong) > 0 {
		return nil, orNil(what, wrong)
	}
	d := &Desired{Files: len(names), environment: e.Name, secrets: secrets(variables)}
	l := loading{folder: f, environment: e, root: root, options: o, desired: d}
	if err := l.jsonnet(ctx, names, variables); err != nil {
		return nil, err
	}
	l.plain(names)
	slices.SortFunc(d.Connectors, func(a, b Connector) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Source.File, b.Source.File))
	})
	l.wrong = append(l.wrong, e.twice(d)...)
	slices.SortStableFunc(l.wrong, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	if err := orNil(what, concealedMistakes(l.wrong, d.secrets)); err != nil {
		return nil, err
	}
	return d, nil
}

// homeless finds the files that no cluster takes.
func (e *Environment) homeless(names []string) (wrong []Mistake) {
	for _, name := range names {
		if !slices.ContainsFunc(e.described, func(c *Cluster) bool { return c.takes(e.Name, name) }) {
			wrong = append(wrong, Mistake{File: name, Message: fmt.Sprintf("goes to no cluster: no files: of a cluster in %s match it", SettingsFile)})
		}
	}
	return wrong
}

// twice finds the names that two files want on the same cluster.
func (e *Environment) twice(d *Desired) (wrong []Mistake) {
	for _, c := range e.described {
		wanted := d.For(c)
		for i := 1; i < len(wanted); i++ {
			if wanted[i].Name != wanted[i-1].Name {
				continue
			}
			m := Mistake{File: wanted[i].Source.File, Connector: wanted[i].Source.Key, Message: fmt.Sprintf(
				"describes the connector %q, which %s describes too", wanted[i].Name, wanted[i-1].Source)}
			if !slices.Contains(wrong, m) {
				wrong = append(wrong, m)
			}
		}
	}
	return wrong
}

// A loading is one call of Load.
type loading struct {
	folder      *Folder
	environment *Environment
	root        *os.Root
	options     LoadOptions
	desired     *Desired
	wrong       []Mistake
}

// jsonnet evaluates those of the files that are Jsonnet.
func (l *loading) jsonnet(ctx context.Context, names []string, variables map[string]jsonnet.Variable) error {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return path.Ext(name) != ".jsonnet" })
	evaluator := jsonnet.Evaluator{
		Root: l.root, Variables: variables, Limits: l.options.Limits, Parallel: l.options.Parallel,
		CacheFile: l.cacheFile(),
	}
	if l.options.Trace != nil {
		evaluator.Trace = quietWriter{l.options.Trace, l.desired.secrets}
	}
	results, err := evaluator.Evaluate(ctx, names)
	if err != nil {
		return err
	}
	skipped := 0
	for _, r := range results {
		if !r.Cached {
			l.desired.Evaluated++
		}
		if r.Err == nil {
			value, err := decodeJSON(r.Output)
			l.take(&reading{file: r.File, floats: true}, value, err)
		} else if r.Err.Skipped {
			skipped++
		} else {
			l.wrong = append(l.wrong, evaluationMistake(r.Err, l.environment.Name))
		}
	}
	if l.desired.Evaluated > 0 {
		sweep(evaluator.CacheFile)
	}
	if skipped > 0 {
		l.wrong = append(l.wrong, Mistake{File: path.Join(FilesFolder, l.environment.Name),
			Message: fmt.Sprintf("%d more files were not evaluated, because too many had gone beyond their limits", skipped)})
	}
	return nil
}

// evaluationMistake says what Jsonnet said, and where a variable is defined.
func evaluationMistake(err *jsonnet.Error, environment string) Mistake {
	m := Mistake{File: err.File, Line: err.Line, Column: err.Column, Message: err.Message}
	if err.Variable != "" {
		m.Message = fmt.Sprintf("std.extVar(%q) is not defined: define it in %s under environments.%s.variables or defaults.variables",
			err.Variable, SettingsFile, environment)
	}
	for _, frame := range err.Stack {
		m.Message += "\n\tat " + frame.String()
	}
	return m
}

// plain reads the files that are JSON and YAML.
func (l *loading) plain(names []string) {
	for _, name := range names {
		decode := decodeYAML
		switch path.Ext(name) {
		case ".jsonnet":
			continue
		case ".json":
			decode = decodeJSON
		}
		text, err := jsonnet.ReadFile(l.root, name, l.options.Limits)
		if err != nil {
			l.wrong = append(l.wrong, Mistake{File: name, Message: "cannot be read: " + err.Error()})
			continue
		}
		l.desired.Evaluated++
		value, err := decode(text)
		l.take(&reading{file: name, lines: true}, value, err)
	}
}

// take makes connectors of a file's value.
func (l *loading) take(r *reading, value datum, err error) {
	var at *lineError
	switch {
	case errors.As(err, &at):
		m := Mistake{File: r.file, Message: at.message}
		if r.lines {
			m.Line = at.line
		}
		l.wrong = append(l.wrong, m)
		return
	case err != nil:
		l.wrong = append(l.wrong, Mistake{File: r.file, Message: err.Error()})
		return
	}
	r.allowPasswords, r.secrets = l.environment.Policy.AllowPasswords, l.desired.secrets
	l.desired.Connectors = append(l.desired.Connectors, r.connectors(value)...)
	l.wrong = append(l.wrong, r.wrong...)
}
