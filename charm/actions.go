package charm

// What an operator does by hand. Each action is a rule like any other, due in its
// own hook. These rules stand first: an action answers from the world as it is, and then
// the other rules run as in every hook. The action explain is answered by package hooks.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

func (l *layer) actions() reactive.Rules {
	var rules reactive.Rules
	for _, a := range []struct {
		name string
		run  func(context.Context, map[string]any) error
	}{
		{"register-connector", l.registerConnector},
		{"unregister-connector", l.unregisterConnector},
		{"list-connectors", l.listConnectors},
		{"connector-status", l.connectorStatus},
		{"restart-connector", l.restartConnector},
		{"pause-connector", l.change((*workers.Unit).ConnectorPause, "paused")},
		{"resume-connector", l.change((*workers.Unit).ConnectorResume, "resumed")},
		{"stop-connector", l.stopConnector},
		{"list-tasks", l.listTasks},
		{"list-plugins", l.listPlugins},
		{"worker-config", l.workerConfig},
		{"plan-connectors", l.planConnectors},
		{"apply-connectors", l.applyConnectors},
	} {
		rules = append(rules, reactive.When(flags.All(flags.Action(a.name))).Do("action "+a.name, l.action(a.name, a.run)))
	}
	return rules
}

// action runs one on the leader, and turns what went wrong into the action's failure: an
// operator reads that, not the log. What the state of a newer charm stopped stays an error.
func (l *layer) action(name string, run func(context.Context, map[string]any) error) reactive.Handler {
	return func(ctx context.Context, _ *reactive.Changes) error {
		leads, err := l.unit.IsLeader(ctx)
		if err != nil {
			return err
		}
		if !leads {
			l.unit.Action().Fail(l.refusal(name))
			return nil
		}
		params, err := l.unit.Action().Params(ctx)
		if err != nil {
			return err
		}
		err = run(ctx, params)
		if errors.Is(err, reactive.ErrNewerState) {
			return err
		}
		if err != nil {
			_, why := reactive.OutcomeOf(err)
			l.unit.Action().Fail(why)
		}
		return nil
	}
}

// refusal is for a unit that does not lead. Juju tells it that, and not who does;
// the word leader in a unit's place is understood by Juju's command line.
func (l *layer) refusal(name string) string {
	command := "juju run"
	if strings.HasPrefix(l.unit.Env().JujuVersion, "2.") {
		command = "juju run-action --wait"
	}
	return fmt.Sprintf("only the leader speaks for the Connect cluster, and %s does not lead: %s %s/leader %s …",
		l.unit.Name(), command, l.unit.Application(), name)
}

// longestJSON is as much as an action gives as one result: Linux hands a program
// no argument of 128 KiB.
const longestJSON = 120 << 10

// setJSON adds the result json: all that the others say, for a program.
func (l *layer) setJSON(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("cannot encode the result: %w", err)
	}
	if len(text) > longestJSON {
		l.unit.Action().Set("json-left-out", fmt.Sprintf("%d KiB are more than a result takes: ask for less", len(text)>>10))
		return nil
	}
	l.unit.Action().Set("json", string(text))
	return nil
}

// setLines adds a result of lines, as many as a result takes.
func (l *layer) setLines(key string, lines []string) {
	text := strings.Join(lines, "\n")
	if len(text) > longestJSON {
		text = text[:strings.LastIndexByte(text[:longestJSON], '\n')] + "\n…"
	}
	l.unit.Action().Set(key, text)
}

// decode reads an answer that has to be a success.
func decode(response *connect.Response, name string, into any) error {
	if err := refused(response, name); err != nil {
		return err
	}
	return response.Decode(into)
}

// refused turns an answer that is no success into an error.
func refused(response *connect.Response, name string) error {
	if response.StatusCode/100 == 2 {
		return nil
	}
	return fmt.Errorf("cannot do that to connector %q: %s", name, workers.Refusal(response))
}

// text reads a parameter that is one; "" where it was not given.
func text(params map[string]any, key string) string {
	value, _ := params[key].(string)
	return value
}
