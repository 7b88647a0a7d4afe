// Hook tools for ports, addresses and the goal state.

package charmtest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmdir"
)

type portRange struct {
	from, to int
	protocol string
}

func (p portRange) String() string {
	switch {
	case p.protocol == "icmp":
		return "icmp"
	case p.from == p.to:
		return fmt.Sprintf("%d/%s", p.from, p.protocol)
	}
	return fmt.Sprintf("%d-%d/%s", p.from, p.to, p.protocol)
}

// parsePorts reads the range of an option; lowest is the lowest port that this Juju takes.
func parsePorts(text string, lowest int) (portRange, error) {
	ports, protocol, has := strings.Cut(strings.ToLower(text), "/")
	if !has {
		protocol = "tcp"
	}
	p := portRange{protocol: protocol}
	parts := strings.Split(ports, "-")
	switch {
	case len(parts) > 2:
		return p, usagef("invalid port range %q", ports)
	case ports == "icmp":
		return portRange{-1, -1, "icmp"}, nil
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil {
			return p, usagef("invalid port %q: %w", part, err)
		}
		if i == 0 {
			p.from = n
		}
		p.to = n
	}
	return p, p.check(lowest)
}

func (p portRange) check(lowest int) error {
	switch {
	case p.protocol == "icmp":
		return usagef("protocol \"icmp\" doesn't support any ports; got \"%v\"", p.from)
	case p.protocol != "tcp" && p.protocol != "udp":
		return usagef("invalid protocol %q, expected \"tcp\", \"udp\", or \"icmp\"", p.protocol)
	case p.from > p.to:
		return usagef("invalid port range %s", p)
	case p.from < lowest || p.to > 65535:
		return usagef("port range bounds must be between %d and 65535, got %d-%d", lowest, p.from, p.to)
	}
	return nil
}

func (p portRange) conflicts(o portRange) bool {
	return p.protocol == o.protocol && p.to >= o.from && o.to >= p.from
}

func toolOpenPort(t *toolRun) error {
	return t.ports(func(endpoint string, p portRange) error {
		c := t.c
		c.closed[endpoint] = slices.DeleteFunc(c.closed[endpoint], func(o portRange) bool { return o == p })
		for _, known := range []map[string][]portRange{c.opened, c.unit.ports} {
			for _, ranges := range known {
				for _, o := range ranges {
					if o != p && o.conflicts(p) {
						return fmt.Errorf("cannot open %v (unit %q): port range conflicts with %v (unit %q)", p, c.unit.name, o, c.unit.name)
					}
				}
			}
			if slices.Contains(known[endpoint], p) {
				return nil
			}
		}
		c.opened[endpoint] = append(c.opened[endpoint], p)
		return nil
	})
}

func toolClosePort(t *toolRun) error {
	return t.ports(func(endpoint string, p portRange) error {
		c := t.c
		c.opened[endpoint] = slices.DeleteFunc(c.opened[endpoint], func(o portRange) bool { return o == p })
		c.closed[endpoint] = append(c.closed[endpoint], p)
		return nil
	})
}

func (t *toolRun) ports(do func(endpoint string, p portRange) error) error {
	t.oldFormat()
	endpoints := t.string("", "endpoints")
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usagef("no port or range specified")
	}
	p, err := parsePorts(args[0], t.c.m.opt.lowestPort())
	if err != nil {
		return err
	}
	if err := noMore(args[1:]); err != nil {
		return err
	}
	for _, e := range strings.Split(*endpoints, ",") {
		if err := do(strings.TrimSpace(e), p); err != nil {
			return err
		}
	}
	return nil
}

// toolOpenedPorts shows what was open when the hook began: not yet what it opens itself.
func toolOpenedPorts(t *toolRun) error {
	t.smartOutput()
	endpoints := t.bool("endpoints")
	if err := t.parseNone(); err != nil {
		return err
	}
	out := []string{}
	open := t.c.openPorts()
	by := portEndpoints(open)
	for _, p := range sortedPorts(open) {
		text := p.String()
		if *endpoints {
			text += " (" + by[p] + ")"
		}
		out = append(out, text)
	}
	return t.print(out)
}

func sortedPorts(ports map[string][]portRange) []portRange {
	var out []portRange
	for _, ranges := range ports {
		out = append(out, ranges...)
	}
	slices.SortFunc(out, func(a, b portRange) int {
		return cmp.Or(cmp.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	return slices.Compact(out)
}

// openPorts are the ports that opened-ports tells: since Juju 3 with what this hook has asked for.
func (c *hookContext) openPorts() map[string][]portRange {
	if c.m.opt.before3() {
		return c.unit.ports
	}
	open := map[string][]portRange{}
	for _, e := range slices.Concat(sortedKeys(c.unit.ports), sortedKeys(c.opened)) {
		open[e] = slices.DeleteFunc(slices.Concat(c.unit.ports[e], c.opened[e]),
			func(p portRange) bool { return slices.Contains(c.closed[e], p) })
	}
	return open
}

func portEndpoints(ports map[string][]portRange) map[portRange]string {
	out := map[portRange]string{}
	for _, e := range sortedKeys(ports) {
		for _, p := range ports[e] {
			switch {
			case e == "":
				out[p] = "*"
			case out[p] == "":
				out[p] = e
			case out[p] != "*":
				out[p] += ", " + e
			}
		}
	}
	return out
}

type networkAddress struct {
	Hostname string `json:"hostname" yaml:"hostname"`
	Address  string `json:"value" yaml:"value"`
	CIDR     string `json:"cidr" yaml:"cidr"`
	Old      string `json:"-" yaml:"address"`
}

type networkDevice struct {
	MAC       string           `json:"mac-address" yaml:"mac-address"`
	Name      string           `json:"interface-name" yaml:"interface-name"`
	Addresses []networkAddress `json:"addresses" yaml:"addresses"`
	OldMAC    string           `json:"-" yaml:"macaddress"`
	OldName   string           `json:"-" yaml:"interfacename"`
}

type networkInfo struct {
	Bind    []networkDevice `json:"bind-addresses,omitempty" yaml:"bind-addresses,omitempty"`
	Egress  []string        `json:"egress-subnets,omitempty" yaml:"egress-subnets,omitempty"`
	Ingress []string        `json:"ingress-addresses,omitempty" yaml:"ingress-addresses,omitempty"`
}

func toolNetworkGet(t *toolRun) error {
	t.smartOutput()
	bind, ingress := t.bool("bind-address"), t.bool("ingress-address")
	egress, primary := t.bool("egress-subnets"), t.bool("primary-address")
	t.relationFlag()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) < 1 {
		return usagef("no arguments specified")
	}
	if args[0] == "" {
		return usagef("no binding name specified")
	}
	if err := noMore(args[1:]); err != nil {
		return err
	}
	u := t.c.unit
	if !hasBinding(u.app.charm, args[0]) {
		return fmt.Errorf("no network config found for binding %q", args[0])
	}
	picked := map[string]any{}
	if *bind {
		picked["bind-address"] = u.address
	}
	if *ingress {
		picked["ingress-address"] = u.address
	}
	if *egress {
		picked["egress-subnets"] = []string{u.address + "/32"}
	}
	switch {
	case *primary && len(picked) > 0:
		return fmt.Errorf("--primary-address must be the only flag specified")
	case *primary:
		return t.print(u.address)
	case len(picked) == 0:
		return t.print(u.network())
	case len(picked) == 1:
		for _, v := range picked {
			return t.print(v)
		}
	}
	return t.print(picked)
}

func hasBinding(c *charmdir.Charm, name string) bool {
	_, ok := c.Endpoints[name]
	return ok || name == "juju-info"
}

func (u *unit) network() networkInfo {
	return networkInfo{
		Bind: []networkDevice{{MAC: "00:16:3e:00:00:01", Name: "eth0", OldMAC: "00:16:3e:00:00:01", OldName: "eth0",
			Addresses: []networkAddress{{Address: u.address, CIDR: "10.0.0.0/16", Old: u.address}}}},
		Egress:  []string{u.address + "/32"},
		Ingress: []string{u.address},
	}
}

func toolUnitGet(t *toolRun) error {
	t.smartOutput()
	args, err := t.parse()
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return usagef("no setting specified")
	}
	if args[0] != "private-address" && args[0] != "public-address" {
		return usagef("unknown setting %q", args[0])
	}
	if err := noMore(args[1:]); err != nil {
		return err
	}
	return t.print(t.c.unit.address)
}

type goalStatus struct {
	Status string `json:"status" yaml:"status"`
	Since  string `json:"since,omitempty" yaml:"since,omitempty"`
}

type goalState struct {
	Units     map[string]goalStatus            `json:"units" yaml:"units"`
	Relations map[string]map[string]goalStatus `json:"relations" yaml:"relations"`
}

func toolGoalState(t *toolRun) error {
	t.output("yaml", "yaml", "json")
	if err := t.parseNone(); err != nil {
		return err
	}
	return t.print(t.c.m.goalState(t.c.unit.app))
}

func (m *Model) goalState(a *application) goalState {
	out := goalState{Units: goalUnits(a), Relations: map[string]map[string]goalStatus{}}
	for _, r := range m.relations {
		mine, ok := r.mine(a.name)
		if !ok || r.peer() {
			continue
		}
		other := r.other(a.name)
		to := out.Relations[mine.endpoint]
		if to == nil {
			to = map[string]goalStatus{}
			out.Relations[mine.endpoint] = to
		}
		kind := "joined"
		if r.life == dying {
			kind = "dying"
		}
		to[other.app] = goalStatus{Status: kind, Since: goalTime(m.now())}
		if remote, err := m.app(other.app); err == nil {
			for name, s := range goalUnits(remote) {
				to[name] = s
			}
		}
	}
	return out
}

func goalUnits(a *application) map[string]goalStatus {
	out := map[string]goalStatus{}
	for _, u := range a.units {
		kind := u.workload.kind
		if u.life == dying {
			kind = "dying"
		}
		out[u.name] = goalStatus{Status: kind, Since: goalTime(u.workload.since)}
	}
	return out
}

func goalTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }
