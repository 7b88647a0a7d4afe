package juju

// What Juju's own client and controller make of charms and of what an operator types.

import (
	"strings"
	"testing"

	"github.com/juju/juju/acceptance/kafka-connect-base/controller"
	"github.com/juju/juju/acceptance/kafka-connect-base/jujud"
)

// TestOwnDeployJudges deploys the charms that kcb refuses, and the ones it builds. What
// only the upload takes, `juju deploy` refuses for the greater part.
func TestOwnDeployJudges(t *testing.T) {
	m := newModel(t, own).(*jujud.Model)
	taken := map[string]string{ // and why kcb does not build them
		"duplicate-key":  "3.6 forgets the first of the two without a word",
		"endpoints-name": "no relation can have it: see names.IsValidRelation",
	}
	for name, dir := range refusedCharms(t) {
		err := m.Juju("deploy", dir, strings.ToLower(name))
		if reason := taken[name]; (err == nil) != (reason != "") {
			t.Errorf("%s: juju deploy says %v; why it might take it: %q", name, err, reason)
		}
		t.Logf("%-26s %v %s", name, err, taken[name])
	}
	for name, archive := range map[string]string{"file": built.charm, "mongodb": built.mongo, "scaffold": built.scaffold} {
		must(t, m.Juju("deploy", archive, name))
	}
}

// TestOwnOperatorErrs types what cannot be done with the file charm. Juju says so, and
// the charm hears of nothing.
func TestOwnOperatorErrs(t *testing.T) {
	m := newModel(t, own).(*jujud.Model)
	play := func(one step) {
		_, err := m.Play(one)
		must(t, err)
	}
	play(step{Do: "deploy", App: "connect", Charm: built.charm, Units: 1})
	play(step{Do: "remote", App: "kafka", Data: []map[string]string{{}}})
	play(step{Do: "integrate", One: "connect:kafka", Two: "kafka:client"})
	look(t, m, "", func(a controller.Answer) bool { return len(a.Hooks["connect/0"]) > 6 })
	m.Told()
	for _, test := range []struct{ args, want string }{
		{"config connect nosuch=x", `unknown option "nosuch"`},
		{"config connect workers=many", `option "workers" expected int, got "many"`},
		{"deploy " + built.charm + " other --config nosuch=x", `unknown option "nosuch"`},
		{"deploy " + built.charm + " connect", `application already exists`},
		{"integrate connect:kafka kafka:client", `relation connect:kafka kafka:client (already exists)`},
		{"integrate connect:nosuch kafka:client", `application "connect" has no "nosuch" relation`},
		{"remove-relation connect:cluster kafka:client", `relation matching "connect:cluster kafka:client" not found`},
		{"refresh connect --path " + built.mongo, `cannot refresh "kafka-connect-file" to "kafka-connect-mongodb"`},
		{"attach-resource connect nosuch=" + built.charm, `resource#connect/nosuch not found`},
		{"remove-unit --no-prompt connect/7", `unit "connect/7" does not exist`},
	} {
		args := strings.Fields(test.args)
		if err := m.Juju(args[0], args[1:]...); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("juju %s: %v, want %q", test.args, err, test.want)
		}
	}
	if a := look(t, m, "", func(controller.Answer) bool { return true }); len(a.Hooks) > 0 {
		t.Errorf("hooks ran: %v", a.Hooks)
	}
}
