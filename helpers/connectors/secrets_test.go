package connectors_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/charmtest/connecttest"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
)

// What a secret variable says is in no form of a plan, whatever the key it
// went into, and also where it is only a part of a value or was there before.
func TestSecretVariablesAreHidden(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{"connectors/prod/orders.jsonnet": `local s = std.extVar('s');
{'connector.class': 'C', query: "k = '" + s.long + "'", mode: s.short, topic: 'orders'}`})
	desired, err := f.Load(t.Context(), environment(t, f, "prod"), connectors.LoadOptions{
		NoCache: true, Secrets: map[string]string{"s": `{"long": "Tr0ub4dor", "short": "xyz"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	failed := connect.Expanded{
		Info: connect.Info{Config: map[string]string{"connector.class": "C", "query": "was 'Tr0ub4dor'", "topic": "items"}},
		Status: connect.Status{
			Connector: connect.State{State: connect.Running},
			Tasks:     []connect.State{{State: connect.FailedNow, Trace: "refused k = 'Tr0ub4dor'"}},
		},
	}
	for what, live := range map[string]*connectors.Live{
		"create": {},
		"update": {Connectors: map[string]connect.Expanded{"orders": failed}},
	} {
		plan, err := connectors.NewPlan(desired.Connectors, live, connectors.Policy{})
		if err != nil {
			t.Fatal(err)
		}
		var text, markdown bytes.Buffer
		if err := plan.Text(&text, connectors.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := plan.Markdown(&markdown); err != nil {
			t.Fatal(err)
		}
		shape, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, shown := range []string{text.String(), markdown.String(), string(shape)} {
			if strings.Contains(shown, "Tr0ub4dor") || strings.Contains(shown, "xyz") || !strings.Contains(shown, `orders`) {
				t.Errorf("the plan to %s shows a secret, or not the rest:\n%s", what, shown)
			}
		}
	}
}

// What is wrong with a file, and what it says of itself by std.trace, may quote
// a secret variable too.
func TestMistakesAndTracesHideSecretVariables(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"an error":        `error 'no database is at ' + std.extVar('s').text`,
		"a wrong call":    `{'connector.class': 'C', port: std.parseInt(std.extVar('s').text)}`,
		"a state":         `{'connector.class': 'C', 'connectors.state': std.extVar('s').text}`,
		"a number":        `{'connector.class': 'C', pin: std.extVar('s').pin}`,
		"another name":    `{one: {'connector.class': 'C', name: std.extVar('s').text}}`,
		"a name of Kafka": `{'connector.class': 'C', name: std.extVar('s').text + '\n'}`,
		"a trace":         `std.trace('asking with ' + std.extVar('s').text, {'connector.class': 'C'}) + {x: null}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := folder(t, map[string]string{"connectors/prod/orders.jsonnet": file})
			var traced bytes.Buffer
			_, err := f.Load(t.Context(), environment(t, f, "prod"), connectors.LoadOptions{
				NoCache: true, Trace: &traced, Secrets: map[string]string{"s": `{"text": "Tr0ub4dor", "pin": 9123456789012345678}`},
			})
			if err == nil {
				t.Fatal("it is not wrong")
			}
			for _, shown := range []string{err.Error(), traced.String()} {
				if strings.Contains(shown, "Tr0ub4dor") || strings.Contains(shown, "912345678901") {
					t.Errorf("it is shown: %s", shown)
				}
			}
			if name == "a trace" && !strings.Contains(traced.String(), "asking with (secret)") {
				t.Errorf("the trace is %q", traced.String())
			}
		})
	}
}

// A plugin that complains, a task that fails and a worker that refuses quote
// what they were given. Of two secrets one may begin with the other, and one
// may be short.
func TestReportsHideSecretVariables(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{"connectors/prod/orders.jsonnet": `local s = std.extVar('s');
{'connector.class': 'Talker', query: s.long + ' and ' + s.longer + ' and ' + s.short + '.'}`})
	desired, err := f.Load(t.Context(), environment(t, f, "prod"), connectors.LoadOptions{
		NoCache: true, Secrets: map[string]string{"s": `{"long": "Tr0ub4dor", "longer": "Tr0ub4dor-and-3", "short": "kX7q"}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	quoting := func(config map[string]string) string { return "cannot do " + config["query"] }
	for name, talker := range map[string]connecttest.Plugin{
		"it complains": {Validate: func(config map[string]string) map[string][]string {
			return map[string][]string{"query": {quoting(config)}}
		}},
		"its task fails": {Start: func(config map[string]string) error { return errors.New(quoting(config)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			talker.Class, talker.Type = "org.example.TalkerConnector", "source"
			cluster, _ := start(t, connecttest.Options{Plugins: []connecttest.Plugin{talker}})
			c, err := connect.New(connect.Options{URLs: []string{cluster.Workers()[0].URL()}, Secrets: desired.Secrets})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			var shown bytes.Buffer
			options := quick()
			options.Progress = func(e connectors.Event) { fmt.Fprintln(&shown, e.Err) }
			report, err := connectors.Apply(t.Context(), c, plan(t, c, connectors.Policy{}, desired.Connectors...), options)
			if err == nil {
				t.Fatal("it is applied")
			}
			shape, wrong := json.Marshal(report)
			fmt.Fprintf(&shown, "%v\n%s\n", err, shape)
			if wrong := errors.Join(wrong, report.Text(&shown, connectors.TextOptions{All: true})); wrong != nil {
				t.Fatal(wrong)
			}
			for _, secret := range []string{"Tr0ub4dor", "and-3", "kX7q"} {
				if strings.Contains(shown.String(), secret) {
					t.Errorf("%s is shown:\n%s", secret, shown.String())
				}
			}
			if n := strings.Count(shown.String(), "cannot do "); n != 4 {
				t.Errorf("%d of the 4 ways to be told say what is wrong:\n%s", n, shown.String())
			}
		})
	}
}
