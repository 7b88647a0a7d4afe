package charm

// Actions that show something and change nothing.

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/charm/workers"
	"github.com/connectcharm/kafka-connect-base/helpers/connect"
)

// shown is a connector or a task in the result json.
type shown struct {
	Name   string            `json:"name,omitempty"`
	Task   *int              `json:"task,omitempty"`
	Type   string            `json:"type,omitempty"`
	State  string            `json:"state"`
	Worker string            `json:"worker,omitempty"`
	Trace  string            `json:"trace,omitempty"` // its first line
	Config map[string]string `json:"config,omitempty"`
	Tasks  []shown           `json:"tasks,omitempty"`
}

func (l *layer) listConnectors(ctx context.Context, params map[string]any) error {
	live, err := l.unit.Connectors(ctx)
	if err != nil {
		return err
	}
	lines, list := []string{}, []shown{}
	for _, c := range live {
		if !isIn(c.Status, text(params, "state")) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s", c.Info.Name, summary(c.Status)))
		entry := describe(c.Status, c.Info.Config)
		entry.Name, entry.Type = c.Info.Name, c.Info.Type
		list = append(list, entry)
	}
	l.unit.Action().Set("count", len(list))
	l.setLines("connectors", lines)
	return l.setJSON(list)
}

// isIn says whether a connector is in the state that the operator asks for.
func isIn(status connect.Status, wanted string) bool {
	if wanted == "" || wanted == "all" || strings.EqualFold(status.Connector.State, wanted) {
		return true
	}
	return wanted == "failed" && slices.ContainsFunc(status.Tasks, func(t connect.State) bool { return t.State == connect.FailedNow })
}

// describe is a connector with its tasks. The configuration only serves to hide its secrets in traces.
func describe(status connect.Status, config map[string]string) shown {
	s := shown{
		Type: status.Type, State: status.Connector.State, Worker: status.Connector.WorkerID,
		Trace: connect.FirstLine(status.Connector.Trace, config),
	}
	for _, task := range status.Tasks {
		s.Tasks = append(s.Tasks, shown{Task: &task.ID, State: task.State, Worker: task.WorkerID, Trace: connect.FirstLine(task.Trace, config)})
	}
	return s
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
	name := text(params, "name")
	status, config, err := l.look(ctx, name)
	if err != nil {
		return err
	}
	s := describe(status, config)
	action := l.unit.Action()
	s.Name = name
	action.Set("name", name)
	action.Set("state", s.State)
	action.Set("worker", s.Worker)
	action.Set("type", s.Type)
	if s.Trace != "" {
		action.Set("trace", s.Trace)
	}
	for _, task := range s.Tasks {
		key := fmt.Sprintf("tasks.%d", *task.Task)
		action.Set(key+".state", task.State)
		action.Set(key+".worker", task.Worker)
		if task.Trace != "" {
			action.Set(key+".trace", task.Trace)
		}
	}
	return l.setJSON(s)
}

// look asks for a connector's status, and where that holds a trace for the
// configuration whose secrets it may repeat.
func (l *layer) look(ctx context.Context, name string) (status connect.Status, config map[string]string, err error) {
	response, err := l.unit.ConnectorStatus(ctx, name)
	if err != nil {
		return status, nil, err
	}
	if err := decode(response, name, &status); err != nil {
		return status, nil, err
	}
	status = l.unit.Conceal(status)
	failed := func(s connect.State) bool { return s.Trace != "" }
	if !failed(status.Connector) && !slices.ContainsFunc(status.Tasks, failed) {
		return status, nil, nil
	}
	response, err = l.unit.ConnectorConfig(ctx, name)
	if err != nil {
		return status, nil, err
	}
	return status, config, decode(response, name, &config)
}

func (l *layer) listTasks(ctx context.Context, params map[string]any) error {
	name := text(params, "name")
	response, err := l.unit.ListTasks(ctx, name)
	if err != nil {
		return err
	}
	var tasks []connect.Task
	if err := decode(response, name, &tasks); err != nil {
		return err
	}
	status, config, err := l.look(ctx, name)
	if err != nil {
		return err
	}
	states := map[int]shown{}
	for _, task := range describe(status, config).Tasks {
		states[*task.Task] = task
	}
	lines, list := []string{}, []shown{}
	for _, task := range tasks {
		s, known := states[task.ID.Task]
		if !known {
			s = shown{Task: &task.ID.Task, State: "no status yet"}
		}
		s.Config = l.unit.Hide(task.Config)
		line := fmt.Sprintf("%d: %s", *s.Task, s.State)
		for _, more := range []string{s.Worker, s.Trace} {
			if more != "" {
				line += ", " + more
			}
		}
		lines, list = append(lines, line), append(list, s)
	}
	l.unit.Action().Set("count", len(list))
	l.setLines("tasks", lines)
	return l.setJSON(list)
}

func (l *layer) listPlugins(ctx context.Context, params map[string]any) error {
	response, err := l.unit.ListPlugins(ctx)
	if err != nil {
		return err
	}
	var plugins []connect.Plugin
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("cannot list the plugins: %s", workers.Refusal(response))
	}
	if err := response.Decode(&plugins); err != nil {
		return err
	}
	wanted := text(params, "type")
	plugins = slices.DeleteFunc(plugins, func(p connect.Plugin) bool { return wanted != "" && wanted != "all" && p.Type != wanted })
	byType := map[string][]string{}
	for _, p := range plugins {
		byType[p.Type] = append(byType[p.Type], strings.TrimSpace(p.Class+" "+p.Version))
	}
	l.unit.Action().Set("count", len(plugins))
	for _, kind := range slices.Sorted(maps.Keys(byType)) {
		l.setLines(strings.ReplaceAll(kind, "_", "-"), byType[kind])
	}
	return l.setJSON(plugins)
}

func (l *layer) workerConfig(ctx context.Context, params map[string]any) error {
	all, current, err := l.unit.WorkerConfig(ctx)
	if err != nil {
		return err
	}
	lines, list := []string{}, []workers.Property{}
	for _, p := range all {
		if !strings.Contains(p.Key, text(params, "key")) {
			continue
		}
		line := fmt.Sprintf("%s=%s  # %s", p.Key, p.Value, p.From)
		if len(p.Over) > 0 {
			line += ", over " + strings.Join(p.Over, ", over ")
		}
		lines, list = append(lines, line), append(list, p)
	}
	l.unit.Action().Set("deployed", current)
	l.setLines("properties", lines)
	return l.setJSON(list)
}
