package reactive_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	created, lost := flags.New("app.created"), flags.New("app.lost")
	kafka := flags.Endpoint("kafka", "port")
	rules := reactive.Rules{
		reactive.When(flags.All(kafka.Available, flags.Leader, flags.Hook("start")).And(flags.Not(created), flags.Any(flags.ConfigSet("topics"), lost))).
			Do("create", nothing).Sets(created).Once(),
		reactive.When(flags.NotAll(flags.UpgradeCharm, flags.ConfigOptionChanged("size"))).Do("say", nothing),
		reactive.OnCleared(created).Clears(created),
		reactive.OnSet(kafka.KeyChanged("port")).Sets(created),
	}
	got := rules.Describe()
	want := []reactive.DescribedRule{
		{Name: "create", When: rules[0].(reactive.Rule).When().String(), Once: true, Sets: []string{"app.created"}, Groups: []reactive.DescribedGroup{
			{Op: "all", Terms: []reactive.DescribedTerm{
				{Name: "endpoint.kafka.available", Kind: "endpoint", Subject: "kafka"}, {Name: "leadership.is_leader", Kind: "leader"},
				{Name: "hook.start", Kind: "hook", Subject: "start"}}},
			{Op: "not", Terms: []reactive.DescribedTerm{{Name: "app.created", Kind: "flag"}}},
			{Op: "any", Terms: []reactive.DescribedTerm{{Name: "config.set.topics", Kind: "config", Subject: "topics"}, {Name: "app.lost", Kind: "flag"}}},
		}},
		{Name: "say", When: rules[1].(reactive.Rule).When().String(), Groups: []reactive.DescribedGroup{{Op: "notall", Terms: []reactive.DescribedTerm{
			{Name: "upgrade.charm", Kind: "upgrade"}, {Name: "config.changed.size", Kind: "config", Subject: "size"}}}}},
		{On: "cleared", When: "app.created", Clears: []string{"app.created"}, Groups: []reactive.DescribedGroup{
			{Op: "all", Terms: []reactive.DescribedTerm{{Name: "app.created", Kind: "flag"}}}}},
		{On: "set", When: "endpoint.kafka.changed.port", Sets: []string{"app.created"}, Groups: []reactive.DescribedGroup{
			{Op: "all", Terms: []reactive.DescribedTerm{{Name: "endpoint.kafka.changed.port", Kind: "endpoint", Subject: "kafka"}}}}},
	}
	if diff := cmp.Diff(want, got.Rules); diff != "" {
		t.Error(diff)
	}
	mistakes := []reactive.Mistake{{
		Text:  `cannot be meant: rule "create" waits for flag "app.lost", which nobody sets`,
		Names: []string{"create", "app.lost"},
	}}
	if diff := cmp.Diff(mistakes, got.Mistakes); diff != "" {
		t.Error(diff)
	}
	if got.Graph != rules.Graph() {
		t.Error("another graph than the rules'")
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var read reactive.Description
	if err := json.Unmarshal(text, &read); err != nil || cmp.Diff(got, read) != "" {
		t.Errorf("read back: %v %s", err, cmp.Diff(got, read))
	}
}
