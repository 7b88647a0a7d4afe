package connectors

// Status: what "RUNNING" hides.

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A Health is how the connectors of a cluster are.
type Health struct {
	// Connectors are sorted by name.
	Connectors []ConnectorHealth `json:"connectors"`
	// Workers are how many connectors and tasks each worker has been given.
	Workers map[string]int `json:"workers"`
}

// A ConnectorHealth is how one connector is.
type ConnectorHealth struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	Type  string `json:"type"` // "source", "sink" or "unknown"
	Owner string `json:"owner,omitempty"`
	// State is the connector's own, as Connect says it: "RUNNING".
	State string `json:"state"`
	// Running and Tasks are how many tasks run, and how many there are.
	Running int `json:"running"`
	Tasks   int `json:"tasks"`
	// Failed are the tasks that have failed.
	Failed []int  `json:"failed,omitempty"`
	Worker string `json:"worker,omitempty"`
	// Healthy says that it does what it should: it and all its tasks run, and
	// there are some, or it was paused or stopped on purpose.
	Healthy bool `json:"healthy"`
	// Problem is what is wrong, in one line without secrets.
	Problem string `json:"problem,omitempty"`
}

// CheckHealth judges all connectors of a cluster.
func CheckHealth(live *Live) *Health {
	h := &Health{Connectors: []ConnectorHealth{}, Workers: map[string]int{}}
	for _, name := range slices.Sorted(maps.Keys(live.Connectors)) {
		now := live.Connectors[name]
		one := ConnectorHealth{
			Name: name, Class: now.Info.Config["connector.class"], Type: cmp.Or(now.Info.Type, now.Status.Type, "unknown"),
			Owner: owner(now), State: now.Status.Connector.State, Tasks: len(now.Status.Tasks), Worker: now.Status.Connector.WorkerID,
		}
		for _, at := range append([]connect.State{now.Status.Connector}, now.Status.Tasks...) {
			if at.WorkerID != "" {
				h.Workers[at.WorkerID]++
			}
		}
		for _, task := range now.Status.Tasks {
			switch task.State {
			case connect.Running:
				one.Running++
			case connect.FailedNow:
				one.Failed = append(one.Failed, task.ID)
			}
		}
		one.Problem = ailment(now)
		one.Healthy = one.Problem == ""
		h.Connectors = append(h.Connectors, one)
	}
	return h
}

// Unhealthy are those that do not do what they should.
func (h *Health) Unhealthy() []ConnectorHealth {
	return slices.DeleteFunc(slices.Clone(h.Connectors), func(c ConnectorHealth) bool { return c.Healthy })
}

// Only gives the health of those whose name is to be kept. The workers stay.
func (h *Health) Only(keep func(name string) bool) *Health {
	some := &Health{Connectors: []ConnectorHealth{}, Workers: h.Workers}
	for _, c := range h.Connectors {
		if keep(c.Name) {
			some.Connectors = append(some.Connectors, c)
		}
	}
	return some
}

// Summary is one sentence: "1000 connectors: 996 running, 2 paused, 2 not well".
func (h *Health) Summary() string {
	counts := map[string]int{}
	for _, c := range h.Connectors {
		if c.Healthy {
			counts[strings.ToLower(c.State)]++
		} else {
			counts["not well"]++
		}
	}
	var parts []string
	for _, state := range []string{"running", "paused", "stopped", "not well"} {
		if counts[state] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
		}
	}
	text := plural(len(h.Connectors), "connector")
	if parts != nil {
		text += ": " + strings.Join(parts, ", ")
	}
	return text
}

// MarshalJSON gives the health with its shape's version and counts.
func (h *Health) MarshalJSON() ([]byte, error) {
	type plain Health
	unhealthy := len(h.Unhealthy())
	return marshal(struct {
		Version   int `json:"version"`
		Healthy   int `json:"healthy"`
		Unhealthy int `json:"unhealthy"`
		*plain
	}{1, len(h.Connectors) - unhealthy, unhealthy, (*plain)(h)})
}

// Text writes a table, those that are not well first, and the summary.
func (h *Health) Text(out io.Writer, o TextOptions) error {
	ink := terminal.Ink(o.Colour)
	table := terminal.Table{Head: []string{"CONNECTOR", "STATE", "TASKS", "WORKER", "PROBLEM"}, Width: o.Width}
	sorted := slices.Clone(h.Connectors)
	slices.SortStableFunc(sorted, func(a, b ConnectorHealth) int { return cmp.Compare(weight(a), weight(b)) })
	for _, c := range sorted {
		state := cmp.Or(c.State, "?")
		switch {
		case !c.Healthy:
			state = ink.Red(state)
		case c.State == connect.Running:
			state = ink.Green(state)
		default:
			state = ink.Yellow(state)
		}
		table.Add(terminal.Clean(c.Name), state, fmt.Sprintf("%d/%d", c.Running, c.Tasks), terminal.Clean(c.Worker), terminal.Clean(c.Problem))
	}
	if len(h.Connectors) > 0 {
		if err := table.Write(out, ink); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "%s.\n", h.Summary())
	return err
}

func weight(c ConnectorHealth) int {
	if c.Healthy {
		return 1
	}
	return 0
}

// ailment is what is wrong with a connector, in one line without secrets; ""
// for nothing. Paused and stopped are what somebody wanted, not wrong; but a
// task that had failed before a pause still has after it, and a resume does not
// restart it.
func ailment(now connect.Expanded) string {
	at := now.Status.Connector
	switch at.State {
	case connect.FailedNow:
		return "failed: " + reason(at, now)
	case connect.Stopped:
		return ""
	case connect.Running, connect.Paused:
	case "":
		return "it has no status yet"
	case connect.Unassigned:
		return "no worker runs it"
	default:
		return "it is " + strings.ToLower(at.State)
	}
	var failed []connect.State
	waiting := 0
	for _, task := range now.Status.Tasks {
		switch task.State {
		case connect.FailedNow:
			failed = append(failed, task)
		case connect.Running:
		default:
			waiting++
		}
	}
	switch {
	case len(failed) == 1:
		return fmt.Sprintf("task %d failed: %s", failed[0].ID, reason(failed[0], now))
	case len(failed) > 1:
		return fmt.Sprintf("%d of %d tasks failed, task %d: %s", len(failed), len(now.Status.Tasks), failed[0].ID, reason(failed[0], now))
	case at.State == connect.Paused:
		return ""
	case len(now.Status.Tasks) == 0:
		return "it has no tasks"
	case waiting > 0:
		return fmt.Sprintf("%d of %d tasks do not run yet", waiting, len(now.Status.Tasks))
	}
	return ""
}

// reason is the first line of a trace.
func reason(at connect.State, now connect.Expanded) string {
	return cmp.Or(connect.FirstLine(at.Trace, now.Info.Config), "no reason is given")
}

// hasFailed says whether the connector or a task has.
func hasFailed(now connect.Expanded) bool {
	return now.Status.Connector.State == connect.FailedNow ||
		slices.ContainsFunc(now.Status.Tasks, func(task connect.State) bool { return task.State == connect.FailedNow })
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
