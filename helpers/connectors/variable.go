package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors/jsonnet"
)

// A variable of connectors.yaml is what std.extVar gives: a text, any other
// YAML value, or what a reference leads to, which is a secret. A referenced
// file that ends in .json gives what it holds.
type variable struct {
	line      int
	reference reference
	literal   jsonnet.Variable
}

func (v *variable) UnmarshalYAML(node *yaml.Node) error {
	v.line = node.Line
	if isReference(node) {
		return v.reference.UnmarshalYAML(node)
	}
	if node.Kind == yaml.ScalarNode && node.ShortTag() == "!!str" {
		v.literal = jsonnet.Variable{Text: node.Value}
		return nil
	}
	r := yamlReader{left: maxNodes}
	value, err := r.value(node, 0)
	if at := (*lineError)(nil); errors.As(err, &at) {
		return &yaml.TypeError{Errors: []string{at.Error()}}
	}
	v.literal = jsonnet.Variable{Text: string(value.appendJSON(nil)), Code: true}
	return nil
}

func (v variable) resolve(ctx context.Context, f *Folder) (jsonnet.Variable, error) {
	if v.reference.empty() {
		return v.literal, nil
	}
	text, err := v.reference.resolve(ctx, f)
	if err != nil {
		return jsonnet.Variable{}, err
	}
	code := path.Ext(v.reference.File) == ".json"
	if code {
		if _, err := decodeJSON([]byte(text)); err != nil {
			return jsonnet.Variable{}, fmt.Errorf("cannot use %s: %w", v.reference, err)
		}
	}
	return jsonnet.Variable{Text: text, Code: code, Secret: true}, nil
}

// resolve gives an environment's variables; those given win.
func (e *Environment) resolve(ctx context.Context, given LoadOptions) (map[string]jsonnet.Variable, []Mistake) {
	resolved := map[string]jsonnet.Variable{}
	var wrong []Mistake
	for _, name := range slices.Sorted(maps.Keys(e.variables)) {
		_, isGiven := given.Variables[name]
		if _, isSecret := given.Secrets[name]; isGiven || isSecret {
			continue
		}
		value, err := e.variables[name].resolve(ctx, e.folder)
		if err != nil {
			wrong = append(wrong, Mistake{File: SettingsFile, Line: e.variables[name].line, Message: fmt.Sprintf("variable %q: %s", name, err)})
		}
		resolved[name] = value
	}
	for name, text := range given.Variables {
		resolved[name] = jsonnet.Variable{Text: text}
	}
	for name, text := range given.Secrets {
		resolved[name] = jsonnet.Variable{Text: text, Code: true, Secret: true}
	}
	return resolved, wrong
}

// Secrets reads the environment's secret variables and gives the texts in them,
// for those who show what a cluster says without having loaded the files. Those
// that can be read are given also where others cannot.
func (e *Environment) Secrets(ctx context.Context) ([]string, error) {
	resolved, wrong := e.resolve(ctx, LoadOptions{})
	if len(wrong) > 0 {
		return secrets(resolved), &Mistakes{What: "read the secret variables", Each: wrong}
	}
	return secrets(resolved), nil
}

// SecretTexts are the texts in a JSON value that is a secret as a whole, such as
// one of [LoadOptions.Secrets].
func SecretTexts(value string) []string {
	return secrets(map[string]jsonnet.Variable{"": {Text: value, Code: true, Secret: true}})
}

// secrets are the texts in the values of secret variables, the longest first, so
// that none survives as the rest of a shorter one.
func secrets(variables map[string]jsonnet.Variable) []string {
	var all []string
	for _, v := range variables {
		switch {
		case !v.Secret:
		case !v.Code:
			all = append(all, v.Text)
		default:
			if value, err := decodeJSON([]byte(v.Text)); err == nil {
				value.leaves(func(text string) { all = append(all, text) })
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(all)
}
