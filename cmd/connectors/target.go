package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A place is where connectors run.
type place struct {
	// Environment is empty where --url is all there is.
	Environment string `json:"environment,omitempty"`
	// Cluster is the name in connectors.yaml, or the address of --url.
	Cluster string `json:"cluster"`

	one bool // the environment has no other cluster
}

// String gives "prod", "prod/eu" where the environment has several clusters,
// or an address.
func (p place) String() string {
	switch {
	case p.Environment == "":
		return p.Cluster
	case p.one:
		return p.Environment
	}
	return p.Environment + "/" + p.Cluster
}

// A target is one Connect cluster.
type target struct {
	place
	client *connect.Client
	// cluster is what the folder says of it; nil where --url is all there is.
	cluster *connectors.Cluster
}

// named gives a connector's name, with the cluster where there are several.
func (p place) named(name string) string {
	if p.one || p.Environment == "" {
		return terminal.Clean(name)
	}
	return p.String() + ": " + terminal.Clean(name)
}

// A chosen connector is one that a command is to do something to.
type chosen struct {
	*target
	name string
	now  connect.Expanded
}

// String names the connector, and its cluster where there are several.
func (c chosen) String() string { return fmt.Sprintf("connector %q", c.name) }

// answering is how long a cluster has to say what it runs. It does that at
// once or not at all; only writes have to be waited for.
const answering = 30 * time.Second

// observe reads what a cluster runs.
func (t *target) observe(ctx context.Context) (*connectors.Live, error) {
	ctx, cancel := context.WithTimeout(ctx, answering)
	defer cancel()
	return connectors.Observe(ctx, t.client)
}

// now reads everything a cluster says of its connectors. Those without a
// status yet, which a worker leaves out of that answer, are there as well.
func (t *target) now(ctx context.Context) (map[string]connect.Expanded, error) {
	live, err := t.observe(ctx)
	if err != nil {
		return nil, err
	}
	all, err := connect.As[map[string]connect.Expanded](t.client.Infos(ctx))
	if err != nil {
		return nil, fmt.Errorf("cannot see the connectors of %s: %w", t.place, err)
	}
	maps.Copy(all, live.Connectors)
	return all, nil
}

// choose finds the connectors that names and patterns mean on all targets,
// sorted by target and name. A name or pattern that means none is an error.
func choose(ctx context.Context, targets []*target, patterns []string) ([]chosen, error) {
	var all []chosen
	used := make([]bool, len(patterns))
	var known []string
	for _, t := range targets {
		now, err := t.now(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(now)) {
			known = append(known, name)
			if matches(name, patterns, used) {
				all = append(all, chosen{t, name, now[name]})
			}
		}
	}
	return all, unmatched(patterns, used, known, "on "+where(targets))
}

// matches says whether a name is meant by one of the patterns, all names by
// none, and notes which pattern it was.
func matches(name string, patterns []string, used []bool) bool {
	found := len(patterns) == 0
	for i, pattern := range patterns {
		if means(pattern, name) {
			used[i], found = true, true
		}
	}
	return found
}

// means says whether a pattern is this name, or matches it.
func means(pattern, name string) bool {
	if pattern == name {
		return true
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// unmatched gives an error for each pattern that no name was meant by.
func unmatched(patterns []string, used []bool, known []string, place string) error {
	var failed []error
	for i, pattern := range patterns {
		switch _, bad := path.Match(pattern, ""); {
		case used[i]:
		case bad != nil:
			failed = append(failed, fmt.Errorf("cannot understand the pattern %q: %w", pattern, bad))
		case strings.ContainsAny(pattern, "*?["):
			failed = append(failed, fmt.Errorf("cannot find a connector %s that %q matches", place, pattern))
		default:
			failed = append(failed, fmt.Errorf("cannot find the connector %q %s%s", pattern, place, nearest.Hint(pattern, known)))
		}
	}
	return errors.Join(failed...)
}

// where names the targets.
func where(targets []*target) string {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.String()
	}
	return terminal.Clean(strings.Join(names, ", "))
}
