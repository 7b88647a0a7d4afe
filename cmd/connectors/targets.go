package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// targets gives the clusters a command speaks to: the one of --url, or those
// of the environment.
func (a *app) targets(ctx context.Context) ([]*target, error) {
	if len(a.urls) > 0 {
		one, err := a.byURL()
		if err != nil {
			return nil, err
		}
		return []*target{one}, nil
	}
	return nil, errors.New("cannot tell which cluster is meant: give --url, or --env where there is a connectors.yaml")
}

// byURL gives the cluster whose workers' addresses were given.
func (a *app) byURL() (*target, error) {
	if len(a.clusters) > 0 {
		return nil, errors.New("cannot use both --url and --cluster: the address says which cluster it is")
	}
	return a.open("", connect.Options{URLs: a.urls, Auth: connect.Auth{
		Username: a.getenv("CONNECT_USERNAME"),
		Password: a.getenv("CONNECT_PASSWORD"),
		Token:    a.getenv("CONNECT_TOKEN"),
	}})
}

// open makes a cluster's client as the flags say.
func (a *app) open(name string, o connect.Options) (*target, error) {
	o.CallTimeout = a.timeout
	o.AttemptTimeout = min(a.timeout, attemptTimeout)
	o.Log = a.log
	client, err := connect.New(o)
	if err != nil {
		return nil, fmt.Errorf("cannot speak to the cluster: %w", err)
	}
	if name == "" {
		name = shown(o.URLs[0])
	}
	return &target{name: terminal.Clean(name), client: client}, nil
}

// attemptTimeout is a little more than a worker takes to give up.
const attemptTimeout = 100 * time.Second

// shown is an address without the password in it.
func shown(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return address
	}
	return parsed.Redacted()
}
