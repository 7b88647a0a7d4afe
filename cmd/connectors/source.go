package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// A source is what the files of an environment want.
type source struct {
	env     *connectors.Environment
	desired *connectors.Desired
}

// An evaluation is what the commands that read files can be told about it.
type evaluation struct {
	noCache        bool
	allowPasswords bool
	variables      []string
}

func (e *evaluation) flags(c *cobra.Command) {
	c.Flags().StringArrayVar(&e.variables, "var", nil, "a variable for std.extVar, as `NAME=TEXT`, before those of connectors.yaml; not for passwords; may be repeated")
	c.Flags().BoolVar(&e.noCache, "no-cache", false, "evaluate every file anew")
	c.Flags().BoolVar(&e.allowPasswords, "allow-passwords", false, "accept passwords written into the files")
}

// given are the variables of --var.
func (e *evaluation) given() (map[string]string, error) {
	all := map[string]string{}
	for _, pair := range e.variables {
		name, text, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("cannot use --var %q: it is NAME=TEXT", pair)
		}
		all[name] = text
	}
	return all, nil
}

// load reads and evaluates the files that the flags mean.
func (a *app) load(ctx context.Context, e evaluation) (*source, error) {
	folder, env, err := a.environment()
	if err != nil {
		return nil, err
	}
	if e.allowPasswords {
		env.Policy.AllowPasswords = true
	}
	variables, err := e.given()
	if err != nil {
		return nil, err
	}
	progress := a.console.Progress()
	defer progress.Close()
	progress.Doing("evaluating the files of %s", env.Name)
	desired, err := folder.Load(ctx, env, connectors.LoadOptions{Variables: variables, NoCache: e.noCache, Trace: a.console.Err})
	if err != nil {
		return nil, err
	}
	a.secrets = desired.Secrets
	a.log.Debug("evaluated", "files", desired.Files, "anew", desired.Evaluated, "connectors", len(desired.Connectors))
	return &source{env, desired}, nil
}

// named gives the connectors that names and patterns mean, of the chosen
// clusters, each once.
func (s *source) named(patterns []string) ([]connectors.Connector, error) {
	used := make([]bool, len(patterns))
	var known []string
	var found []connectors.Connector
	chosen := s.chosen()
	for _, c := range s.desired.Connectors {
		if !chosen[c.Source] {
			continue
		}
		known = append(known, c.Name)
		if matches(c.Name, patterns, used) {
			found = append(found, c)
		}
	}
	return found, unmatched(patterns, used, known, "in the files of "+s.env.Name)
}

// chosen are the sources of the connectors that go to a chosen cluster.
func (s *source) chosen() map[connectors.Source]bool {
	all := map[connectors.Source]bool{}
	for _, cluster := range s.env.Clusters {
		for _, c := range s.desired.For(cluster) {
			all[c.Source] = true
		}
	}
	return all
}
