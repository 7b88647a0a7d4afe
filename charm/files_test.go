package charm_test

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charm"
	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/charmdir"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// The repository's root is the base layer itself: Juju's own reader accepts its
// files, and they say what the rules expect.
func TestCharmFiles(t *testing.T) {
	t.Parallel()
	base, err := charmdir.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		role  charmdir.Role
		iface string
	}{
		charm.Kafka.Name:      {charmdir.Requirer, "kafka"},
		charm.Kubernetes.Name: {charmdir.Requirer, "kubernetes-deployer"},
		charm.Website.Name:    {charmdir.Provider, "http"},
		workers.PeerEndpoint:  {charmdir.Peer, "kafka-connect-cluster"},
	} {
		if got := base.Endpoints[name]; got.Role != want.role || got.Interface != want.iface {
			t.Errorf("endpoint %s is %s of %s, want %s of %s", name, got.Role, got.Interface, want.role, want.iface)
		}
	}
	for name, kind := range map[string]string{
		"workers": "int", "group-id": "string", "topics": "string", "worker-config": "string", "image": "string",
		"namespace": "string", "service-type": "string", "kubeconfig": "string", "replication-factor": "int",
		"memory": "string", "network-policy": "boolean", "image-profile": "string",
		"connectors-env": "string", "connectors-policy": "string", "connectors-secrets": "string",
	} {
		if got := base.Options[name].Type; got != kind {
			t.Errorf("option %s has type %q, want %q", name, got, kind)
		}
	}
	if len(base.Options) != 15 {
		t.Errorf("config.yaml has %d options, this test knows 15", len(base.Options))
	}
	if got := base.Resources[workers.AttachedResource]; got.Type != "file" || got.Path != "connectors.tgz" {
		t.Errorf("the resource for connectors is %+v", got)
	}
	if len(base.Bases) == 0 {
		t.Error("manifest.yaml names no base: Juju would refuse the charm")
	}
}

// Every action of actions.yaml has a rule, and every action rule an action.
func TestActionsHaveRules(t *testing.T) {
	t.Parallel()
	base, err := charmdir.Read("..")
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]bool{hooks.ExplainAction: true} // the process answers that one itself
	for _, term := range terms(charm.Layer(workers.New(juju.NewUnit(juju.Env{}, nil, juju.Options{}), workers.Options{}))) {
		if fact, is := term.(flags.Fact); is && fact.Kind() == flags.FactAction {
			rules[strings.TrimPrefix(fact.Name(), "action.")] = true
		}
	}
	for name := range base.Actions {
		if !rules[name] {
			t.Errorf("no rule runs the action %s", name)
		}
		delete(rules, name)
	}
	for name := range rules {
		t.Errorf("a rule runs the action %s, which actions.yaml does not have", name)
	}
}

func terms(rules reactive.Rules) (all []flags.Term) {
	for _, entry := range rules {
		rule, is := entry.(reactive.Rule)
		if !is {
			continue
		}
		for _, group := range rule.When().Groups() {
			all = append(all, group.Terms...)
		}
	}
	return all
}

// No rule waits for a flag that nobody sets: Install is the upper layer's.
func TestRulesAreWhole(t *testing.T) {
	t.Parallel()
	rules := charm.Layer(workers.New(juju.NewUnit(juju.Env{}, nil, juju.Options{}), workers.Options{}))
	if err := reactive.Check(rules, charm.Install); err != nil {
		t.Error(err)
	}
}
