package hooks_test

// Actions: results, failures, and who is told what.

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/juju"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func TestActions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		action string
		end    error
		code   int
		fail   string // part of the failure, "" for none
		flag   bool   // kept
	}{
		"goes well":        {"greet", nil, 0, "", true},
		"fails":            {"greet", errors.New("cannot greet: no voice"), 1, "cannot greet: no voice", false},
		"waits":            {"greet", reactive.Waiting("for a voice"), 0, "for a voice", true},
		"nobody's":         {"sing", nil, 0, `this charm has no rule for it`, false},
		"leader's, is not": {"lead", nil, 0, `cannot run the action "lead" now: lead: waits for leadership.is_leader`, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			greeted := flags.New("greeted")
			charm := newCharm(t, func(unit *juju.Unit) reactive.Rules {
				return reactive.Rules{
					reactive.When(flags.All(flags.Action("greet"))).Do("greet", func(ctx context.Context, change *reactive.Changes) error {
						params, err := unit.Action().Params(ctx)
						if err != nil {
							return err
						}
						unit.Action().Set("said", map[string]any{"text": "hello " + params["name"].(string), "times": 2})
						change.Set(greeted)
						return c.end
					}).Sets(greeted),
					reactive.When(flags.All(flags.Action("lead"), flags.Leader)).Do("lead", note),
				}
			})
			charm.agent.Params = map[string]any{"name": "you"}
			if code := charm.run("action " + c.action); code != c.code {
				t.Fatalf("exit code %d: %s", code, charm.record.Error)
			}
			failure := ""
			if charm.agent.Failure != nil {
				failure = *charm.agent.Failure
			}
			if (failure == "") != (c.fail == "") || !strings.Contains(failure, c.fail) {
				t.Errorf("failure %q, want %q", failure, c.fail)
			}
			if c.action == "greet" && (charm.agent.Results["said.text"] != "hello you" || charm.agent.Results["said.times"] != "2") {
				t.Errorf("results %v", charm.agent.Results)
			}
			if got := strings.Contains(charm.agent.State["reactive.state"], "greeted"); got != c.flag {
				t.Errorf("state %v", charm.agent.State)
			}
		})
	}
}
