package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/cli"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// environment opens the folder and gives the environment that the flags mean,
// with the clusters, the addresses and the owner that they say.
func (a *app) environment() (*connectors.Folder, *connectors.Environment, error) {
	folder, err := connectors.Open(a.dir)
	if err != nil {
		return nil, nil, err
	}
	name, err := a.environmentName(folder)
	if err != nil {
		return nil, nil, err
	}
	env, err := folder.Environment(name)
	if err != nil {
		return nil, nil, err
	}
	if err := a.chooseClusters(env); err != nil {
		return nil, nil, err
	}
	switch {
	case a.noOwner:
		env.SetOwner("")
	case a.owner != "":
		if err := connectors.CheckOwner(a.owner); err != nil {
			return nil, nil, err
		}
		env.SetOwner(a.owner)
	}
	return folder, env, nil
}

// environmentName is the one that was asked for, or the only one.
func (a *app) environmentName(folder *connectors.Folder) (string, error) {
	if a.env != "" {
		return a.env, nil
	}
	switch all := folder.Environments(); len(all) {
	case 0:
		return "", fmt.Errorf("cannot find an environment in %s: it is a folder under %s/", folder.Dir(), connectors.FilesFolder)
	case 1:
		return all[0], nil
	default:
		return "", fmt.Errorf("cannot tell which environment is meant: give --env, one of %s", strings.Join(all, ", "))
	}
}

// chooseClusters keeps the clusters that --cluster names, and gives the only
// one the address of --url.
func (a *app) chooseClusters(env *connectors.Environment) error {
	if len(a.clusters) > 0 {
		var kept []*connectors.Cluster
		var wrong []error
		for _, name := range a.clusters {
			cluster, err := env.Cluster(name)
			if err != nil {
				wrong = append(wrong, err)
			} else if !slices.Contains(kept, cluster) {
				kept = append(kept, cluster)
			}
		}
		if err := errors.Join(wrong...); err != nil {
			return err
		}
		env.Clusters = kept
	}
	if len(a.urls) == 0 {
		return nil
	}
	cluster, err := env.Cluster("")
	if err != nil {
		return fmt.Errorf("cannot use --url for several clusters, add --cluster: %w", err)
	}
	cluster.URLs = a.urls
	return nil
}

// targets gives the clusters a command speaks to: the one of --url, where no
// environment is named, or those of the environment.
func (a *app) targets(ctx context.Context) ([]*target, error) {
	if len(a.urls) > 0 && (a.env == "" || !a.hasFolder()) {
		if len(a.clusters) > 0 {
			return nil, errors.New("cannot use both --url and --cluster without --env: the address says which cluster it is")
		}
		one, err := a.open(place{Cluster: shown(a.urls[0])}, connect.Options{URLs: a.urls})
		return []*target{one}, err
	}
	if !a.hasFolder() {
		return nil, fmt.Errorf("cannot tell which cluster is meant: there is no %s/ in %s; give --url, or --dir", connectors.FilesFolder, a.dir)
	}
	_, env, err := a.environment()
	if err != nil {
		return nil, err
	}
	a.secrets = sync.OnceValue(func() []string { return a.secretsOf(ctx, env) })
	return a.targetsOf(ctx, env)
}

// secretsOf reads an environment's secret variables. Who only looks at a cluster may not be allowed to: that is said,
// and what the cluster says is shown.
func (a *app) secretsOf(ctx context.Context, env *connectors.Environment) []string {
	secrets, err := env.Secrets(ctx)
	if err != nil {
		cli.Warn(a.console, "what %s says may hold the text of a secret variable: %s", env.Name, err)
	}
	return secrets
}

// hasFolder says whether --dir holds connectors.
func (a *app) hasFolder() bool {
	_, err := os.Stat(filepath.Join(a.dir, connectors.FilesFolder))
	return !errors.Is(err, fs.ErrNotExist)
}

// targetsOf gives the clusters of an environment.
func (a *app) targetsOf(ctx context.Context, env *connectors.Environment) ([]*target, error) {
	var all []*target
	var wrong []error
	for _, cluster := range env.Clusters {
		options, err := cluster.ConnectOptions(ctx)
		if err == nil {
			at := place{Environment: env.Name, Cluster: cluster.Name, one: len(env.Clusters) == 1 && len(a.clusters) == 0}
			var one *target
			if one, err = a.open(at, options); err == nil {
				one.cluster = cluster
				all = append(all, one)
			}
		}
		wrong = append(wrong, err)
	}
	return all, errors.Join(wrong...)
}

// attemptTimeout is a little more than a worker takes to give up.
const attemptTimeout = 100 * time.Second

// open makes a cluster's client as the flags say. Credentials in the
// environment are for the address of --url, and for it only.
func (a *app) open(at place, o connect.Options) (*target, error) {
	if len(a.urls) > 0 {
		auth := connect.Auth{
			Username: a.getenv("CONNECT_USERNAME"), Password: a.getenv("CONNECT_PASSWORD"), Token: a.getenv("CONNECT_TOKEN"),
		}
		if auth.String() != (connect.Auth{}).String() {
			o.Auth = auth
		}
	}
	o.CallTimeout = a.timeout
	o.AttemptTimeout = min(a.timeout, attemptTimeout)
	o.Log = a.log
	o.Secrets = a.secrets
	if a.verbose {
		o.Seam = func(ctx context.Context, effect string, do func() error) error {
			start := time.Now()
			err := do()
			a.log.DebugContext(ctx, "sent", "request", effect, "cluster", at.String(), "took", time.Since(start).Round(time.Millisecond), "answered", err == nil)
			return err
		}
	}
	o.Again = a.tellAgain(at, len(o.URLs))
	client, err := connect.New(o)
	if err != nil {
		return nil, fmt.Errorf("cannot speak to %s: %w", at, err)
	}
	return &target{place: at, client: client}, nil
}

// tellAgain says why a cluster is asked again, each reason once: nobody should
// wait without knowing for what. A host that does not exist ends the call where
// there is no other worker to ask; so does any reason where nobody waits.
func (a *app) tellAgain(at place, workers int) func(context.Context, error) error {
	var told sync.Map
	return func(_ context.Context, err error) error {
		why := new(connect.Error)
		if a.once {
			return err
		}
		if host := new(net.DNSError); errors.As(err, &host) && host.IsNotFound && workers == 1 {
			return err
		}
		if !errors.As(err, &why) || why.Kind != connect.Unreachable && why.Kind != connect.NotReady {
			return nil // a rebalance, or an answer that was lost: it passes
		}
		if _, before := told.LoadOrStore(why.Message, true); !before && !a.console.Quiet {
			cli.Warn(a.console, "%s does not answer, and is asked again: %s", at, why.Message)
		}
		return nil
	}
}

// shown is an address without the password in it.
func shown(address string) string { return terminal.Clean(connect.ShownURL(address)) }
