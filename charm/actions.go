package charm

import (
	"context"
	"fmt"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// actions are what an operator runs by hand. Each is a rule like any other, due
// in its own hook.
func (l *layer) actions() reactive.Rules {
	var rules reactive.Rules
	for _, a := range []struct {
		name string
		run  func(context.Context, map[string]any) error
	}{
		{"list-connectors", l.listConnectors},
		{"connector-status", l.connectorStatus},
		{"pause-connector", l.change((*workers.Unit).ConnectorPause, "paused")},
		{"resume-connector", l.change((*workers.Unit).ConnectorResume, "resumed")},
		{"restart-connector", l.restartConnector},
	} {
		rules = append(rules, reactive.When(flags.All(flags.Action(a.name))).Do("action "+a.name, l.action(a.run)))
	}
	return rules
}

// action runs one, and turns what went wrong into the action's failure: an
// operator reads that, not the log.
func (l *layer) action(run func(context.Context, map[string]any) error) reactive.Handler {
	return func(ctx context.Context, _ *reactive.Changes) error {
		leads, err := l.unit.IsLeader(ctx)
		if err != nil {
			return err
		}
		if !leads {
			l.unit.Action().Fail(fmt.Sprintf("only the leader calls Kafka Connect: juju run %s/leader …", l.unit.Application()))
			return nil
		}
		params, err := l.unit.Action().Params(ctx)
		if err != nil {
			return err
		}
		if err := run(ctx, params); err != nil {
			_, why := reactive.OutcomeOf(err)
			l.unit.Action().Fail(why)
		}
		return nil
	}
}

func (l *layer) listConnectors(ctx context.Context, _ map[string]any) error {
	live, err := l.unit.Connectors(ctx)
	if err != nil {
		return err
	}
	lines := make([]string, 0, len(live))
	for _, c := range live {
		lines = append(lines, fmt.Sprintf("%s: %s", c.Info.Name, summary(c.Status)))
	}
	l.unit.Action().Set("count", len(live))
	l.unit.Action().Set("connectors", strings.Join(lines, "\n"))
	return nil
}

// summary says a connector's state and its tasks' in a few words.
func summary(status connect.Status) string {
	if status.Connector.State == "" {
		return "no status yet"
	}
	running := 0
	for _, task := range status.Tasks {
		if task.State == connect.Running {
			running++
		}
	}
	return fmt.Sprintf("%s, %d of %d tasks running", status.Connector.State, running, len(status.Tasks))
}

func (l *layer) connectorStatus(ctx context.Context, params map[string]any) error {
	name, _ := params["name"].(string)
	response, err := l.unit.ConnectorStatus(ctx, name)
	if err != nil {
		return err
	}
	var status connect.Status
	if err := decode(response, name, &status); err != nil {
		return err
	}
	action := l.unit.Action()
	action.Set("name", name)
	action.Set("state", status.Connector.State)
	action.Set("worker", status.Connector.WorkerID)
	action.Set("type", status.Type)
	if status.Connector.Trace != "" {
		action.Set("trace", firstLine(status.Connector.Trace))
	}
	for _, task := range status.Tasks {
		key := fmt.Sprintf("tasks.%d", task.ID)
		action.Set(key+".state", task.State)
		action.Set(key+".worker", task.WorkerID)
		if task.Trace != "" {
			action.Set(key+".trace", firstLine(task.Trace))
		}
	}
	return nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
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

func (l *layer) change(do func(*workers.Unit, context.Context, string) (*connect.Response, error), done string) func(context.Context, map[string]any) error {
	return func(ctx context.Context, params map[string]any) error {
		name, _ := params["name"].(string)
		response, err := do(l.unit, ctx, name)
		if err != nil {
			return err
		}
		if err := refused(response, name); err != nil {
			return err
		}
		l.unit.Action().Set("result", fmt.Sprintf("connector %s is %s", name, done))
		return nil
	}
}

func (l *layer) restartConnector(ctx context.Context, params map[string]any) error {
	name, _ := params["name"].(string)
	what := connect.Restart{}
	what.IncludeTasks, _ = params["tasks"].(bool)
	what.OnlyFailed, _ = params["only-failed"].(bool)
	response, err := l.unit.RestartConnector(ctx, name, what)
	if err != nil {
		return err
	}
	if err := refused(response, name); err != nil {
		return err
	}
	l.unit.Action().Set("result", fmt.Sprintf("connector %s is restarted", name))
	return nil
}
