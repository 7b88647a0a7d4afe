package hooks_test

// The action explain, and what a unit remembers for it.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/hooks"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

var made = flags.New("topics.made")

// explained is a charm that makes topics once it leads, waits where it does not, and breaks in hook "stop".
func explained(t *testing.T) *charm {
	return newCharm(t, fixed(
		reactive.When(flags.Not(flags.Leader)).Do("wait for the lead", func(context.Context, *reactive.Changes) error {
			return reactive.Waiting("waiting to lead")
		}),
		reactive.When(flags.All(flags.Leader).And(flags.Not(made))).Do("make topics", func(_ context.Context, change *reactive.Changes) error {
			change.Set(made)
			return nil
		}).Sets(made),
		reactive.When(flags.All(flags.Hook("stop"))).Do("break", func(context.Context, *reactive.Changes) error {
			return errors.New("cannot stop: the brake is worn")
		}),
	))
}

func (c *charm) explain(params map[string]any) map[string]string {
	c.t.Helper()
	c.agent.Params, c.agent.Results, c.agent.Failure = params, map[string]string{}, nil
	c.must("action explain")
	return c.agent.Results
}

func TestExplain(t *testing.T) {
	t.Parallel()
	c := explained(t)
	c.must("install")
	c.agent.Leader = true
	c.must("leader-elected")
	c.must("update-status")
	if code := c.run("stop"); code == 0 {
		t.Fatal("the hook stop went well")
	}
	state := fmt.Sprint(c.agent.State)
	got := c.explain(nil)
	want := "wait for the lead: leadership.is_leader is in the way\nmake topics: topics.made is in the way\nbreak: waits for hook.stop"
	if got["rules"] != want {
		t.Errorf("rules are\n%s\nwant\n%s", got["rules"], want)
	}
	lines := strings.Split(got["hooks"], "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "Z install: ran wait for the lead; wait for the lead is waiting: waiting to lead") ||
		!strings.HasSuffix(lines[1], "Z leader-elected: ran make topics; set topics.made") {
		t.Errorf("hooks are %q: the steady and the failed one are not among them", lines)
	}
	if !strings.HasSuffix(got["failure"], "Z stop, rule break: cannot stop: the brake is worn") {
		t.Errorf("failure is %q", got["failure"])
	}
	var all struct {
		Flags []string
		Rules []struct{ Rule string }
		Hooks []hooks.Past
	}
	if err := json.Unmarshal([]byte(got["json"]), &all); err != nil || len(all.Rules) != 3 || len(all.Hooks) != 2 || all.Flags[0] != "topics.made" {
		t.Errorf("%v: json is %s", err, got["json"])
	}
	if now := fmt.Sprint(c.agent.State); now != state || len(c.record.Rules) > 0 {
		t.Errorf("explaining ran %v and left the state %s, before it was %s", c.record.Rules, now, state)
	}
	c.must("start")
	if failure, still := c.explain(nil)["failure"]; still {
		t.Errorf("a failure that is mended is still there: %s", failure)
	}
}

func TestExplainOneRule(t *testing.T) {
	t.Parallel()
	c := explained(t)
	if got := c.explain(map[string]any{"rule": "TOPICS", "hooks": 1})["rules"]; got != "make topics: waits for leadership.is_leader" {
		t.Errorf("rules are %q", got)
	}
	c.explain(map[string]any{"rule": "nonsense"})
	if c.agent.Failure == nil || !strings.Contains(*c.agent.Failure, `"nonsense"`) {
		t.Errorf("failure is %v", c.agent.Failure)
	}
}

// A charm may explain itself.
func TestExplainByTheCharm(t *testing.T) {
	t.Parallel()
	c := newCharm(t, func(unit *juju.Unit) reactive.Rules {
		return reactive.Rules{reactive.When(flags.All(flags.Action("explain"))).Do("explain", func(context.Context, *reactive.Changes) error {
			unit.Action().Set("because", "I say so")
			return nil
		})}
	})
	if got := c.explain(nil); got["because"] != "I say so" || got["json"] != "" {
		t.Errorf("results are %v", got)
	}
}

// The memory of hooks stays small, whatever happens.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	n := 0
	c := newCharm(t, func(*juju.Unit) reactive.Rules {
		var rules reactive.Rules
		for i := range 30 {
			rules = append(rules, reactive.When(flags.All()).Do(fmt.Sprintf("rule %d", i), func(context.Context, *reactive.Changes) error {
				return reactive.Waiting("%d %s", n, strings.Repeat("ü", 5000))
			}))
		}
		return rules
	})
	for n = range 50 {
		c.must("update-status")
	}
	text := c.agent.State["reactive.history"]
	var past struct{ Hooks []hooks.Past }
	if err := json.Unmarshal([]byte(text), &past); err != nil {
		t.Fatal(err)
	}
	if len(text) > 32<<10 || len(past.Hooks) < 2 || !strings.HasPrefix(past.Hooks[len(past.Hooks)-1].Outcomes[0].Message, "49 ü") {
		t.Errorf("%d bytes, %d hooks", len(text), len(past.Hooks))
	}
	if strings.Contains(text, "\uFFFD") {
		t.Error("a message was cut inside a letter")
	}
}
