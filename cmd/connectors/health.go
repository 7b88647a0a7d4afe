package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/helpers/connectors"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// A health is how a connector is. "RUNNING" alone says little: its tasks may
// have failed, or it may have none.
type health struct {
	Cluster   string   `json:"cluster"`
	Connector string   `json:"connector"`
	Healthy   bool     `json:"healthy"`
	State     string   `json:"state"`
	Type      string   `json:"type,omitempty"`
	Tasks     int      `json:"tasks"`
	Running   int      `json:"running"`
	Workers   []string `json:"workers"`
	Owner     string   `json:"owner,omitempty"`
	Problem   string   `json:"problem,omitempty"`

	states []connect.State // of the connector and its tasks
}

func healthOf(c chosen) health {
	status := c.now.Status
	h := health{
		Cluster: c.target.name, Connector: c.name, State: cmp.Or(status.Connector.State, "UNKNOWN"), Type: c.now.Info.Type,
		Tasks: len(status.Tasks), Owner: c.now.Info.Config[connectors.OwnerKey], Workers: []string{},
		states: append([]connect.State{status.Connector}, status.Tasks...),
	}
	workers := map[string]bool{}
	for _, at := range h.states {
		if at.WorkerID != "" {
			workers[at.WorkerID] = true
		}
	}
	h.Workers = append(h.Workers, slices.Sorted(maps.Keys(workers))...)
	for _, task := range status.Tasks {
		if task.State == connect.Running {
			h.Running++
		}
	}
	h.Problem = problem(c.now)
	h.Healthy = h.Problem == ""
	return h
}

// problem says what is wrong with a connector; "" for nothing. One that is
// paused or stopped is well: somebody wanted that.
func problem(now connect.Expanded) string {
	state := now.Status.Connector.State
	switch state {
	case "":
		return "it has no status yet"
	case connect.FailedNow:
		return "failed: " + connect.FirstLine(now.Status.Connector.Trace, now.Info.Config)
	case connect.Unassigned, connect.Restarting:
		return "it is " + state
	case connect.Running:
		if len(now.Status.Tasks) == 0 {
			return "it has no tasks"
		}
	}
	failed, first := 0, ""
	for _, task := range now.Status.Tasks {
		if task.State == connect.FailedNow {
			if failed == 0 {
				first = fmt.Sprintf("task %d failed: %s", task.ID, connect.FirstLine(task.Trace, now.Info.Config))
			}
			failed++
		}
	}
	switch {
	case failed > 1:
		return fmt.Sprintf("%d tasks failed; %s", failed, first)
	case failed == 1:
		return first
	}
	for _, task := range now.Status.Tasks {
		if state == connect.Running && task.State != connect.Running {
			return fmt.Sprintf("task %d is %s", task.ID, task.State)
		}
	}
	return ""
}

// A worker is a member of a cluster, as far as its work shows.
type worker struct {
	ID         string `json:"id"`
	Connectors int    `json:"connectors"`
	Tasks      int    `json:"tasks"`
}

// A clusterHealth is how the chosen connectors of one cluster are.
type clusterHealth struct {
	Cluster    string   `json:"cluster"`
	Error      string   `json:"error,omitempty"`
	Healthy    int      `json:"healthy"`
	Unhealthy  int      `json:"unhealthy"`
	Workers    []worker `json:"workers"`
	Connectors []health `json:"connectors"`
}

// summary gives how the connectors of a cluster are, those with a problem first.
func summary(name string, all []chosen) clusterHealth {
	report := clusterHealth{Cluster: name, Workers: []worker{}, Connectors: []health{}}
	workers := map[string]*worker{}
	for _, c := range all {
		h := healthOf(c)
		if h.Healthy {
			report.Healthy++
		} else {
			report.Unhealthy++
		}
		report.Connectors = append(report.Connectors, h)
		for i, at := range h.states {
			if at.WorkerID == "" {
				continue
			}
			if workers[at.WorkerID] == nil {
				workers[at.WorkerID] = &worker{ID: at.WorkerID}
			}
			if i == 0 {
				workers[at.WorkerID].Connectors++
			} else {
				workers[at.WorkerID].Tasks++
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(workers)) {
		report.Workers = append(report.Workers, *workers[id])
	}
	slices.SortStableFunc(report.Connectors, func(a, b health) int {
		switch {
		case a.Healthy == b.Healthy:
			return cmp.Compare(a.Connector, b.Connector)
		case b.Healthy:
			return -1
		}
		return 1
	})
	return report
}

// paintState gives a state the colour it deserves.
func paintState(ink terminal.Ink, state string) string {
	switch state {
	case connect.Running:
		return ink.Green(state)
	case connect.Paused, connect.Stopped:
		return ink.Faint(state)
	case connect.FailedNow:
		return ink.Red(state)
	}
	return ink.Yellow(state)
}
