package connectors_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

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
