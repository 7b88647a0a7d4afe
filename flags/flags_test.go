// Names, sources and equality of terms; conditions do not alter.

package flags_test

import (
	"slices"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
)

func TestFacts(t *testing.T) {
	t.Parallel()
	db := flags.Endpoint("db", "port", "host", "port")
	for _, test := range []struct {
		fact    flags.Fact
		name    string
		kind    flags.FactKind
		subject string
		needs   []string
	}{
		{flags.Leader, "leadership.is_leader", flags.FactLeader, "", nil},
		{flags.ConfigSet("workers"), "config.set.workers", flags.FactConfigSet, "workers", nil},
		{flags.ConfigDefault("workers"), "config.default.workers", flags.FactConfigDefault, "workers", nil},
		{db.Joined, "endpoint.db.joined", flags.FactJoined, "db", nil},
		{db.Available, "endpoint.db.available", flags.FactAvailable, "db", []string{"host", "port"}},
		{flags.Endpoint("db").Available, "endpoint.db.available", flags.FactAvailable, "db", nil},
		{flags.Hook("db-relation-changed"), "hook.db-relation-changed", flags.FactHook, "db-relation-changed", nil},
		{flags.Action("restart"), "action.restart", flags.FactAction, "restart", nil},
		{flags.ConfigSet(""), "", 0, "", nil},
		{flags.Hook(""), "", 0, "", nil},
		{flags.Endpoint("", "host").Available, "", 0, "", nil},
	} {
		f := test.fact
		if f.Name() != test.name || f.String() != test.name || f.Kind() != test.kind || f.Subject() != test.subject ||
			!slices.Equal(f.Needs(), test.needs) {
			t.Errorf("%q: %v %q %q", f, f.Kind(), f.Subject(), f.Needs())
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	db := flags.Endpoint("db")
	for _, test := range []struct {
		change       flags.Change
		name         string
		kind         flags.ChangeKind
		subject, key string
		neverRan     flags.NeverRan
	}{
		{flags.ConfigChanged, "config.changed", flags.ChangeConfig, "", "", flags.Holds},
		{flags.ConfigOptionChanged("k"), "config.changed.k", flags.ChangeConfig, "", "k", flags.Holds},
		{db.Changed, "endpoint.db.changed", flags.ChangeEndpoint, "db", "", flags.HoldsIfAny},
		{db.KeyChanged("k"), "endpoint.db.changed.k", flags.ChangeEndpoint, "db", "k", flags.HoldsIfAny},
		{db.Departed, "endpoint.db.departed", flags.ChangeDeparted, "db", "", flags.HoldsIfAny},
		{flags.UpgradeCharm, "upgrade.charm", flags.ChangeUpgrade, "", "", flags.BecomesSeen},
	} {
		c := test.change
		if c.Name() != test.name || c.String() != test.name || c.Kind() != test.kind || c.Subject() != test.subject ||
			c.Key() != test.key || c.NeverRan() != test.neverRan {
			t.Errorf("%q: %v %q %q %v", c, c.Kind(), c.Subject(), c.Key(), c.NeverRan())
		}
	}
	for _, c := range []flags.Change{
		flags.ConfigOptionChanged(""), db.KeyChanged(""), flags.Endpoint("").Changed, flags.Endpoint("").KeyChanged("k"),
	} {
		if c != (flags.Change{}) {
			t.Errorf("%q is valid", c)
		}
	}
}

func TestTermsAreComparable(t *testing.T) {
	t.Parallel()
	same := map[flags.Term]int{}
	for range 2 {
		for _, term := range []flags.Term{
			flags.New("a"), flags.Endpoint("db", "x", "y").Available, flags.Endpoint("db", "y", "x").Available, flags.ConfigChanged,
		} {
			same[term]++
		}
	}
	if len(same) != 3 {
		t.Errorf("%v", same)
	}
}

func TestConditionsDoNotAlter(t *testing.T) {
	t.Parallel()
	a, b := flags.New("a"), flags.New("b")
	list := []flags.Term{a}
	base := flags.All(list...)
	list[0] = b
	left, right := base.And(flags.Not(b)), base.And(flags.Any(b, a), flags.Condition{})
	for c, want := range map[string]string{
		base.String(): "a", left.String(): "a & !b", right.String(): "a & (b | a)",
		flags.All(nil, flags.Flag{}).String(): "? & ?", flags.Any().And(flags.Not(), flags.NotAll()).String(): "always",
	} {
		if c != want {
			t.Errorf("%s, want %s", c, want)
		}
	}
	if groups := right.Groups(); len(groups) != 2 || groups[0].Op != flags.OpAll || groups[1].Op != flags.OpAny {
		t.Errorf("groups %v", groups)
	}
}
