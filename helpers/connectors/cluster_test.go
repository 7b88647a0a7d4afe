package connectors_test

// What the tests of plans and their application share: an embedded cluster, and quick options.

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

const ours = "team/prod"

// start gives a cluster with one worker and a client for it.
func start(t testing.TB, o connecttest.Options) (*connecttest.Cluster, *connect.Client) {
	t.Helper()
	if o.Timing == (connecttest.Timing{}) {
		o.Timing = connecttest.Timing{Status: -1, Tasks: -1, Join: -1}
	}
	cluster := connecttest.NewCluster(o)
	t.Cleanup(cluster.Close)
	worker, err := cluster.Listen()
	if err != nil {
		t.Fatal(err)
	}
	return cluster, client(t, worker.URL())
}

func client(t testing.TB, url string) *connect.Client {
	t.Helper()
	c, err := connect.New(connect.Options{URLs: []string{url}, CallTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// quick are options for a cluster that answers at once.
func quick() connectors.ApplyOptions {
	return connectors.ApplyOptions{Poll: 2 * time.Millisecond, Settle: -1, WaitTimeout: 30 * time.Second}
}

// source is a connector that runs with one task.
func source(name string, more ...string) connectors.Connector {
	config := map[string]string{"connector.class": "FileStreamSource", "topic": "lines"}
	for i := 0; i+1 < len(more); i += 2 {
		config[more[i]] = more[i+1]
	}
	return connectors.Connector{Name: name, Config: config, State: connectors.Running,
		Source: connectors.Source{File: "connectors/prod/" + name + ".jsonnet"}}
}

func in(state connectors.State, c connectors.Connector) connectors.Connector {
	c.State = state
	return c
}

func observe(t testing.TB, c *connect.Client) *connectors.Live {
	t.Helper()
	live, err := connectors.Observe(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return live
}

func plan(t testing.TB, c *connect.Client, policy connectors.Policy, wanted ...connectors.Connector) *connectors.Plan {
	t.Helper()
	p, err := connectors.NewPlan(wanted, observe(t, c), policy)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// apply plans and applies, and fails the test when something is left.
func apply(t testing.TB, c *connect.Client, policy connectors.Policy, wanted ...connectors.Connector) *connectors.Report {
	t.Helper()
	report, err := connectors.Apply(t.Context(), c, plan(t, c, policy, wanted...), quick())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// register makes a connector behind the back of every plan.
func register(t testing.TB, c *connect.Client, of connectors.Connector, owner string) {
	t.Helper()
	config := map[string]any{}
	for key, value := range of.Config {
		config[key] = value
	}
	if owner != "" {
		config[connectors.OwnerKey] = owner
	}
	initial := map[connectors.State]string{connectors.Paused: connect.Paused, connectors.Stopped: connect.Stopped}[of.State]
	if _, err := c.Create(t.Context(), of.Name, config, initial); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if status, err := connect.As[connect.Status](c.Status(t.Context(), of.Name)); err == nil &&
			(status.Connector.State != connect.Running || len(status.Tasks) > 0) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("connector %q has no status", of.Name)
		}
	}
}

// actions are a plan's, as "create a, update b"; what changes nothing is left out.
func actions(p *connectors.Plan) string {
	var all []string
	for _, s := range p.Steps {
		if s.Action != connectors.Unchanged && s.Action != connectors.LeftAlone {
			all = append(all, fmt.Sprintf("%s %s", s.Action, s.Name))
		}
	}
	return strings.Join(all, ", ")
}

// configs are what a cluster keeps, without names.
func configs(live *connectors.Live) map[string]map[string]string {
	all := map[string]map[string]string{}
	for name, one := range live.Connectors {
		all[name] = maps.Clone(one.Info.Config)
		delete(all[name], "name")
	}
	return all
}

// owned is a connector's configuration as we write it.
func owned(of connectors.Connector, owner string) map[string]string {
	config := maps.Clone(of.Config)
	if owner != "" {
		config[connectors.OwnerKey] = owner
	}
	return config
}

// writes are the calls that were to change something, validations left out.
func writes(c *connecttest.Cluster) []string {
	var all []string
	for _, call := range c.Writes() {
		if !strings.HasSuffix(call.Path, "/validate") {
			all = append(all, call.Method+" "+call.Path)
		}
	}
	return all
}
