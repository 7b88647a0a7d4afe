package hooks_test

// Automatic flags and changes, and that nothing else is read.

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/helpers/juju/jujutest"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	db := flags.Endpoint("db", "host", "port")
	relation := func(data map[string]map[string]string) map[string]*jujutest.Relation {
		return map[string]*jujutest.Relation{"db:1": {App: "pg", Units: []string{"pg/0", "pg/1"}, Data: data}}
	}
	unit0 := map[string]map[string]string{"pg/0": {"host": "h"}, "pg/1": {"port": "1"}}
	unit1 := map[string]map[string]string{"pg/1": {"host": "h", "port": "1"}}
	app := map[string]map[string]string{"pg": {"host": "h", "port": "1"}}
	cases := []struct {
		name  string
		fact  flags.Fact
		agent func(*jujutest.Agent)
		want  bool
	}{
		{"leader", flags.Leader, func(a *jujutest.Agent) { a.Leader = true }, true},
		{"follower", flags.Leader, func(*jujutest.Agent) {}, false},
		{"option set", flags.ConfigSet("o"), func(a *jujutest.Agent) { a.Config["o"] = "x" }, true},
		{"option empty", flags.ConfigSet("o"), func(a *jujutest.Agent) { a.Config["o"] = "" }, false},
		{"option false", flags.ConfigSet("o"), func(a *jujutest.Agent) { a.Config["o"] = false }, false},
		{"option 0", flags.ConfigSet("o"), func(a *jujutest.Agent) { a.Config["o"] = 0 }, false},
		{"option null", flags.ConfigSet("o"), func(a *jujutest.Agent) { a.Config["o"] = nil }, false},
		{"default number", flags.ConfigDefault("n"), func(a *jujutest.Agent) { a.Config["n"] = 3 }, true},
		{"other number", flags.ConfigDefault("n"), func(a *jujutest.Agent) { a.Config["n"] = 4 }, false},
		{"default float", flags.ConfigDefault("f"), func(a *jujutest.Agent) { a.Config["f"] = 1.0 }, true},
		{"default text", flags.ConfigDefault("s"), func(a *jujutest.Agent) { a.Config["s"] = "5" }, true},
		{"text is no number", flags.ConfigDefault("s"), func(a *jujutest.Agent) { a.Config["s"] = 5 }, false},
		{"no default, no value", flags.ConfigDefault("bare"), func(*jujutest.Agent) {}, true},
		{"no default, a value", flags.ConfigDefault("bare"), func(a *jujutest.Agent) { a.Config["bare"] = "x" }, false},
		{"joined", db.Joined, func(a *jujutest.Agent) { a.Relations = relation(nil) }, true},
		{"related, nobody there", db.Joined, func(a *jujutest.Agent) {
			a.Relations = map[string]*jujutest.Relation{"db:1": {App: "pg"}}
		}, false},
		{"not related", db.Joined, func(*jujutest.Agent) {}, false},
		{"keys of two units", db.Available, func(a *jujutest.Agent) { a.Relations = relation(unit0) }, false},
		{"keys of one unit", db.Available, func(a *jujutest.Agent) { a.Relations = relation(unit1) }, true},
		{"keys of the application", db.Available, func(a *jujutest.Agent) { a.Relations = relation(app) }, true},
		{"no keys needed", flags.Endpoint("db").Available, func(a *jujutest.Agent) { a.Relations = relation(nil) }, true},
		{"hook", flags.Hook("config-changed"), func(*jujutest.Agent) {}, true},
		{"another hook", flags.Hook("install"), func(*jujutest.Agent) {}, false},
		{"no action", flags.Action("config-changed"), func(*jujutest.Agent) {}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			charm := newCharm(t, fixed(reactive.When(flags.All(c.fact)).Do("rule", note)))
			writeFile(t, charm.agent, "config.yaml", "options:\n  n: {type: int, default: 3}\n"+
				"  f: {type: float, default: 1.0}\n  s: {type: string, default: '5'}\n  bare: {type: string}\n")
			c.agent(charm.agent)
			charm.must("config-changed")
			if got := slices.Equal(charm.ran(), []string{"rule"}); got != c.want {
				t.Errorf("%s: %v, want %v", c.fact, got, c.want)
			}
		})
	}
}

// step is one hook of a story: the world before it, and whether the rule runs.
type step struct {
	change func(*charm)
	hook   string
	want   bool
}

// story is what happens to a charm with one rule that waits for a change.
type story struct {
	change flags.Change
	steps  []step
}

func changeStories() map[string]story {
	db := flags.Endpoint("db")
	config := func(value any) func(*charm) { return func(c *charm) { c.agent.Config["o"] = value } }
	nothing := func(*charm) {}
	join := func(c *charm) {
		c.agent.Relations["db:1"] = &jujutest.Relation{App: "pg", Units: []string{"pg/0"},
			Data: map[string]map[string]string{"pg/0": {"ingress-address": "10.0.0.9"}}}
	}
	write := func(owner, key, value string) func(*charm) {
		return func(c *charm) {
			data := c.agent.Relations["db:1"].Data
			if data[owner] == nil {
				data[owner] = map[string]string{}
			}
			data[owner][key] = value
			if value == "" {
				delete(data[owner], key)
			}
		}
	}
	units := func(names ...string) func(*charm) {
		return func(c *charm) { c.agent.Relations["db:1"].Units = names }
	}
	version := func(v string) func(*charm) {
		return func(c *charm) { writeFile(c.t, c.agent, ".juju-charm", v) }
	}
	return map[string]story{
		"config": {flags.ConfigChanged, []step{
			{nothing, "install", true}, {nothing, "start", false}, {config("a"), "start", true},
			{nothing, "start", false}, {config(nil), "start", true}, {nothing, "start", false},
		}},
		"option": {flags.ConfigOptionChanged("o"), []step{
			{nothing, "install", true}, {func(c *charm) { c.agent.Config["p"] = 1 }, "start", false},
			{config("5"), "start", true}, {config(5), "start", true}, {nothing, "start", false},
		}},
		"endpoint": {db.Changed, []step{
			{nothing, "install", false}, {join, "start", false}, {write("pg/0", "k", "1"), "start", true},
			{nothing, "start", false}, {write("pg/0", "ingress-address", "10.0.0.10"), "start", false},
			{write("pg", "k", "1"), "start", true}, {write("pg", "k", ""), "start", true},
			{write("kc/0", "mine", "1"), "start", false}, {units(), "start", true}, {nothing, "start", false},
		}},
		"key": {db.KeyChanged("k"), []step{
			{join, "start", false}, {write("pg/0", "other", "1"), "start", false}, {write("pg/0", "k", "1"), "start", true},
			{write("pg/0", "k", ""), "start", true}, {nothing, "start", false},
		}},
		"address by name": {db.KeyChanged("ingress-address"), []step{
			{join, "start", true}, {write("pg/0", "ingress-address", "10.0.0.10"), "start", true},
		}},
		"departed": {db.Departed, []step{
			{join, "start", false}, {units("pg/0", "pg/1"), "start", false}, {units("pg/1"), "start", true},
			{nothing, "start", false}, {units(), "start", true}, {units("pg/0"), "start", false},
		}},
		"upgrade": {flags.UpgradeCharm, []step{
			{version("local:kc-1"), "install", false}, {nothing, "start", false}, {version("local:kc-2"), "upgrade-charm", true},
			{nothing, "config-changed", false},
		}},
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for name, c := range changeStories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charm := newCharm(t, fixed(reactive.When(flags.All(c.change)).Do("rule", note)))
			charm.change = forgetVersion
			for i, s := range c.steps {
				s.change(charm)
				charm.must(s.hook)
				if got := slices.Equal(charm.ran(), []string{"rule"}); got != s.want {
					t.Errorf("step %d: ran %v, want %v", i, got, s.want)
				}
			}
		})
	}
}

// A departed hook may be the first that a rule sees of a unit.
func TestDepartedUnitThatNoHookSaw(t *testing.T) {
	t.Parallel()
	charm := newCharm(t, fixed(reactive.When(flags.All(flags.Endpoint("db").Departed)).Do("rule", note)))
	charm.agent.Relations["db:1"] = &jujutest.Relation{App: "pg"}
	for i := range 2 {
		environ := charm.agent.RelationEnviron("db-relation-departed", "db:1", "pg", "pg/0")
		if code := charm.runIn(t.Context(), environ); code != 0 {
			t.Fatal(charm.record.Error)
		}
		if want := []string{"rule"}; i == 0 && !slices.Equal(charm.ran(), want) {
			t.Errorf("ran %v", charm.ran())
		}
	}
}

func TestOnlyWhatIsWatchedIsRead(t *testing.T) {
	t.Parallel()
	db := flags.Endpoint("db", "host")
	cases := map[string]struct {
		terms []flags.Term
		want  []string
	}{
		"nothing":    {nil, nil},
		"hook":       {[]flags.Term{flags.Hook("start"), flags.Action("x")}, nil},
		"leader":     {[]flags.Term{flags.Leader}, []string{"juju: is-leader"}},
		"options":    {[]flags.Term{flags.ConfigSet("a"), flags.ConfigChanged, flags.ConfigDefault("b")}, []string{"juju: config-get"}},
		"joined":     {[]flags.Term{db.Joined}, []string{"juju: relation-ids db", "juju: relation-list db:1"}},
		"unused one": {[]flags.Term{flags.Endpoint("web").Joined}, []string{"juju: relation-ids web"}},
		"all of it": {[]flags.Term{db.Joined, db.Available, db.Changed, db.KeyChanged("x")}, []string{
			"juju: relation-ids db", "juju: relation-list db:1", "juju: relation-get db:1 pg/0", "juju: relation-get db:1 pg"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			charm := newCharm(t, fixed(reactive.When(flags.Not(c.terms...).And(flags.All(flags.New("never")))).Do("rule", note)))
			charm.agent.Relations["db:1"] = &jujutest.Relation{App: "pg", Units: []string{"pg/0"},
				Data: map[string]map[string]string{"pg/0": {"host": "h"}}}
			charm.must("start") // stores the first state
			charm.must("start")
			want := append([]string{"juju: state-get"}, c.want...)
			if diff := cmp.Diff(want, charm.effects()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (c *charm) effects() []string {
	var effects []string
	for _, e := range c.record.Effects {
		effects = append(effects, e.Effect)
	}
	return effects
}

func TestRulesWaitForWhatIsDeclared(t *testing.T) {
	t.Parallel()
	build := func(*juju.Unit) reactive.Rules {
		mongo, nowhere := flags.Endpoint("mongodbb", "uri"), flags.Endpoint("nowhere")
		nothing := func(context.Context, *reactive.Changes) error { return nil }
		return reactive.Rules{
			reactive.When(flags.Not(mongo.Available)).Do("wait", nothing),
			reactive.When(flags.All(mongo.KeyChanged("uri"), nowhere.Departed)).Do("follow", nothing),
			reactive.When(flags.All(flags.ConfigSet("topcis"), flags.ConfigOptionChanged("workers"), flags.ConfigChanged)).Do("configure", nothing),
		}
	}
	const metadata = "requires:\n  mongodb: {interface: mongodb}\nprovides: {}\npeers:\n"
	for _, hook := range []string{"install", "upgrade-charm"} {
		c := newCharm(t, build)
		writeFile(t, c.agent, "metadata.yaml", metadata)
		writeFile(t, c.agent, "config.yaml", "options:\n  topics: {type: string}\n  workers: {type: int}\n")
		if code := c.run(hook); code != 1 {
			t.Errorf("%s: exit code %d", hook, code)
		}
		want := `cannot be meant: a rule waits for endpoint "mongodbb", which metadata.yaml does not have: did you mean "mongodb"?
cannot be meant: a rule waits for option "topcis", which config.yaml does not have: did you mean "topics"?
cannot be meant: a rule waits for endpoint "nowhere", which metadata.yaml does not have: declare it there`
		if diff := cmp.Diff(want, c.record.Error); diff != "" {
			t.Errorf("%s (-want +got):\n%s", hook, diff)
		}
	}
	c := newCharm(t, build)
	writeFile(t, c.agent, "metadata.yaml", metadata)
	c.must("update-status")
	c = newCharm(t, build) // a binary without its files, as in a test
	c.must("install")
}

func writeFile(t *testing.T, agent *jujutest.Agent, name, text string) {
	t.Helper()
	dir := agent.Environ("install", nil)["JUJU_CHARM_DIR"]
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
