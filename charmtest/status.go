// What `juju status` shows.

package charmtest

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// AppStatus is an application's line in the status.
type AppStatus struct {
	Name, Kind, Message string
	Version             string // of the workload
	Charm               string // empty for a scripted application
	Units               int
	Life                string // alive or dying
}

// UnitStatus is a unit's line in the status.
type UnitStatus struct {
	Name, App    string
	Workload     string
	Message      string
	Agent        string
	AgentMessage string
	Leader       bool
	Version      string
	Address      string
	Ports        []string
	Life         string
	Since        time.Time
}

// Status is a model's status.
type Status struct {
	Model string
	Apps  []AppStatus
	Units []UnitStatus
}

// Status tells how every application and unit is, in order of deployment.
func (m *Model) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := Status{Model: m.opt.Name}
	for _, a := range m.apps {
		s := a.currentStatus()
		as := AppStatus{Name: a.name, Kind: s.kind, Message: s.message, Units: len(a.units), Life: a.life.String()}
		if a.charm != nil {
			as.Charm = a.charm.Name
		}
		for _, u := range a.units {
			if u.version != "" {
				as.Version = u.version
			}
			out.Units = append(out.Units, u.describe())
		}
		out.Apps = append(out.Apps, as)
	}
	return out
}

func (u *unit) describe() UnitStatus {
	s := UnitStatus{Name: u.name, App: u.app.name, Workload: u.workload.kind, Message: u.workload.message,
		Agent: u.agent.kind, AgentMessage: u.agent.message, Leader: u.app.leader == u.name, Version: u.version,
		Address: u.address, Life: u.life.String(), Since: u.workload.since}
	for _, p := range sortedPorts(u.ports) {
		s.Ports = append(s.Ports, p.String())
	}
	if u.local.failed != nil {
		s.Workload, s.Message = "error", u.agent.message
	}
	return s
}

func (l life) String() string {
	switch l {
	case dying:
		return "dying"
	case gone:
		return "gone"
	}
	return "alive"
}

// severity orders unit statuses as Juju does to derive an application's from them.
func severity(kind string) int {
	for i, k := range []string{"error", "blocked", "waiting", "maintenance", "active", "terminated", "unknown"} {
		if k == kind {
			return i
		}
	}
	return 99
}

// currentStatus is what the leader set, or else the worst of the units.
func (a *application) currentStatus() status {
	if a.status.kind != "unset" {
		return a.status
	}
	out := status{kind: "unknown", since: a.status.since}
	for i, u := range a.units {
		s := u.workload
		if u.local.failed != nil {
			s.kind, s.message = "error", u.agent.message
		}
		if i == 0 || severity(s.kind) < severity(out.kind) {
			out = s
		}
	}
	return out
}

// Unit finds one unit; ok is false when it is gone.
func (s Status) Unit(name string) (u UnitStatus, ok bool) {
	for _, u := range s.Units {
		if u.Name == name {
			return u, true
		}
	}
	return UnitStatus{}, false
}

// App finds one application; ok is false when it is gone.
func (s Status) App(name string) (a AppStatus, ok bool) {
	for _, a := range s.Apps {
		if a.Name == name {
			return a, true
		}
	}
	return AppStatus{}, false
}

// String gives tables as `juju status` prints them; the leader has an asterisk.
func (s Status) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "App\tVersion\tStatus\tScale\tCharm\tMessage")
	for _, a := range s.Apps {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", a.Name, a.Version, a.Kind, a.Units, a.Charm, a.Message)
	}
	_ = w.Flush()
	b.WriteString("\n")
	w = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "Unit\tWorkload\tAgent\tAddress\tPorts\tMessage")
	for _, u := range s.Units {
		name := u.Name
		if u.Leader {
			name += "*"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", name, u.Workload, u.Agent, u.Address, strings.Join(u.Ports, ","), u.Message)
	}
	_ = w.Flush()
	return trimLines(b.String())
}

func trimLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
