// What does not compile, and what compiles and cannot be meant.

package reactive_test

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
	"github.com/google/go-cmp/cmp"
)

func TestCompileReportsAllMistakes(t *testing.T) {
	t.Parallel()
	_, err := reactive.Compile(reactive.Rules{
		on(a).Do("twice", nothing),
		on(a).Do("twice", nothing),
		on(a).Do("", nothing),
		on(a).Do("idle", nil),
		nil,
		reactive.Rule{},
		on(flags.New("")).Do("no flag", nothing),
		on(flags.ConfigSet("")).Do("no option", nothing),
		on(flags.Endpoint("").Changed).Do("no endpoint", nothing),
		on(nil).Do("no term", nothing),
		on().Do("no effect", nothing).Sets(flags.Flag{}),
		on(flags.New("leadership.is_leader"), flags.Leader).Do("both", nothing),
		reactive.Trigger{},
		reactive.OnSet(a),
		reactive.OnCleared(flags.ConfigChanged).Sets(a),
		reactive.OnSet(flags.Change{}).Sets(a),
	})
	want := strings.TrimSpace(`
cannot compile rule "twice": another rule has that name
cannot compile entry 3: it is a rule without a name
cannot compile rule "idle": it has no handler
cannot compile entry 5: it is nil
cannot compile entry 6: it is a rule without a name
cannot compile entry 6: it has no handler
cannot compile rule "no flag": it names a flag, fact or change that has no name
cannot compile rule "no option": it names a flag, fact or change that has no name
cannot compile rule "no endpoint": it names a flag, fact or change that has no name
cannot compile rule "no term": it names a flag, fact or change that has no name
cannot compile rule "no effect": it names a flag, fact or change that has no name
cannot compile rule "both": leadership.is_leader is both a flag, which is stored, and a fact, which is not
cannot compile trigger "on clear ?: nothing": it fires on nothing
cannot compile trigger "on clear ?: nothing": it does nothing
cannot compile trigger "on set a: nothing": it does nothing
cannot compile trigger "on clear config.changed: set a": a change is never cleared
cannot compile trigger "on set ?: set a": it names a flag, fact or change that has no name`)
	if err == nil {
		t.Fatal("it compiles")
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("mistakes (-want +got):\n%s", diff)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	ready, install := flags.New("app.ready"), flags.New("app.install")
	for _, test := range []struct {
		name     string
		rules    reactive.Rules
		external []flags.Flag
		want     string
	}{
		{"all is well", reactive.Rules{
			on(flags.Leader, db.Available).Do("r", nothing).Sets(ready),
			on(ready, install).Do("s", nothing).Clears(ready),
			reactive.OnSet(flags.ConfigChanged).Clears(ready),
			reactive.When(flags.Not(db.Changed)).Do("t", nothing),
			reactive.When(flags.Any(ready, install).And(flags.NotAll(ready, install))).Do("u", nothing),
		}, []flags.Flag{install}, ""},
		{"it does not compile", reactive.Rules{on().Do("", nothing)}, nil,
			"cannot compile entry 1: it is a rule without a name"},
		{"a letter is missing", reactive.Rules{
			on().Do("r", nothing).Sets(ready),
			on(flags.New("app.redy")).Do("s", nothing),
			reactive.When(flags.Not(flags.New("app.ready2"))).Do("t", nothing).Clears(flags.New("ap.pready")),
			reactive.OnSet(flags.New("wholly.different")).Sets(ready),
		}, nil, `
cannot be meant: rule "s" waits for flag "app.redy", which nobody sets: did you mean "app.ready"?
cannot be meant: rule "t" waits for flag "app.ready2", which nobody sets: did you mean "app.ready"?
cannot be meant: rule "t" clears flag "ap.pready", which nobody sets: did you mean "app.ready"?
cannot be meant: trigger "on set wholly.different: set app.ready" fires on flag "wholly.different", which nobody sets`},
		{"a fact as a flag", reactive.Rules{
			on(flags.New("leadership.is_leader"), flags.New("config.set.k"), flags.New("config.default.k")).Do("r", nothing),
			on(flags.New("config.changed"), flags.New("config.changed.k"), flags.New("upgrade.charm")).Do("s", nothing),
			on(flags.New("hook.start"), flags.New("action.restart")).Do("t", nothing).Sets(flags.New("endpoint.db.joined")),
			on(flags.New("endpoint.db.available"), flags.New("endpoint.db.changed.k")).Do("u", nothing),
		}, nil, `
cannot be meant: rule "r" has a stored flag "leadership.is_leader", which only looks like an automatic one: use flags.Leader
cannot be meant: rule "r" has a stored flag "config.set.k", which only looks like an automatic one: use flags.ConfigSet("k")
cannot be meant: rule "r" has a stored flag "config.default.k", which only looks like an automatic one: use flags.ConfigDefault("k")
cannot be meant: rule "s" has a stored flag "config.changed", which only looks like an automatic one: use flags.ConfigChanged
cannot be meant: rule "s" has a stored flag "config.changed.k", which only looks like an automatic one: use flags.ConfigOptionChanged("k")
cannot be meant: rule "s" has a stored flag "upgrade.charm", which only looks like an automatic one: use flags.UpgradeCharm
cannot be meant: rule "t" has a stored flag "hook.start", which only looks like an automatic one: use flags.Hook("start")
cannot be meant: rule "t" has a stored flag "action.restart", which only looks like an automatic one: use flags.Action("restart")
cannot be meant: rule "t" has a stored flag "endpoint.db.joined", which only looks like an automatic one: use flags.Endpoint("db").Joined
cannot be meant: rule "u" has a stored flag "endpoint.db.available", which only looks like an automatic one: use flags.Endpoint("db").Available
cannot be meant: rule "u" has a stored flag "endpoint.db.changed.k", which only looks like an automatic one: use flags.Endpoint("db").KeyChanged("k")`},
		{"an endpoint's own flag", reactive.Rules{
			on(flags.New("endpoint.db.used")).Do("r", nothing).Sets(flags.New("endpoint.db.used")),
		}, nil, ""},
		{"never", reactive.Rules{
			reactive.When(flags.All(ready, a).And(flags.Not(ready))).Do("r", nothing).Sets(ready, a),
			reactive.When(flags.Not(flags.ConfigChanged)).Do("s", nothing),
			reactive.When(flags.Any(a).And(flags.NotAll(a))).Do("t", nothing),
		}, nil, `
cannot be meant: rule "r" can never run: it needs app.ready both to hold and not to
cannot be meant: rule "s" can never run: it waits until config.changed is no longer there, which only its own run can bring about
cannot be meant: rule "t" can never run: it needs a both to hold and not to`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := reactive.Check(test.rules, test.external...); err != nil {
				got = err.Error()
			}
			want := strings.TrimSpace(test.want)
			if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWatches(t *testing.T) {
	t.Parallel()
	u := newUnit(t,
		on(flags.Leader, a, flags.ConfigChanged).Do("r", nothing),
		on(flags.Endpoint("db", "host", "port").Available).Do("s", nothing),
		reactive.When(flags.Not(flags.Leader).And(flags.Any(flags.ConfigChanged, db.Departed))).Do("t", nothing),
		on(flags.Endpoint("db", "password", "host").Available).Do("u", nothing),
		reactive.OnSet(flags.Hook("stop")).Sets(a),
		reactive.OnSet(flags.UpgradeCharm).Sets(a),
	)
	got := u.engine.Watches()
	want := reactive.Watches{
		Facts:   []flags.Fact{flags.Leader, flags.Endpoint("db", "host", "password", "port").Available, flags.Hook("stop")},
		Changes: []flags.Change{flags.ConfigChanged, db.Departed, flags.UpgradeCharm},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(flags.Fact{}, flags.Change{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
