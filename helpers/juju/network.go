package juju

// The smaller things a unit asks Juju for: addresses, ports, what else there
// will be in the model, attached files, the workload's version.

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Network is what network-get knows of an endpoint.
type Network struct {
	BindAddresses    []string // to listen on
	IngressAddresses []string // to be reached at
	EgressSubnets    []string // where this unit's requests come from
}

// NetworkGet gives the addresses of an endpoint's binding; they differ by
// endpoint where the model has several spaces.
func (u *Unit) NetworkGet(ctx context.Context, endpoint string) (Network, error) {
	var raw struct {
		Bind []struct {
			Addresses []struct {
				Value   string `json:"value"`
				Address string `json:"address"` // Juju before 2.9.12
			} `json:"addresses"`
		} `json:"bind-addresses"`
		Ingress []string `json:"ingress-addresses"`
		Egress  []string `json:"egress-subnets"`
	}
	if err := u.read(ctx, endpoint, &raw, "network-get", "--", endpoint); err != nil {
		return Network{}, fmt.Errorf("cannot read the addresses of endpoint %q: %w", endpoint, err)
	}
	network := Network{IngressAddresses: raw.Ingress, EgressSubnets: raw.Egress}
	for _, device := range raw.Bind {
		for _, a := range device.Addresses {
			network.BindAddresses = append(network.BindAddresses, first(a.Value, a.Address))
		}
	}
	return network, nil
}

// OpenPort buffers that a port be reachable once the application is exposed.
// Protocol is "tcp" or "udp".
func (u *Unit) OpenPort(port int, protocol string) { u.pendPort(port, protocol, true) }

// ClosePort buffers that a port no longer be reachable.
func (u *Unit) ClosePort(port int, protocol string) { u.pendPort(port, protocol, false) }

func (u *Unit) pendPort(port int, protocol string, open bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ports[fmt.Sprintf("%d/%s", port, protocol)] = open
}

func (u *Unit) commitPorts(ctx context.Context) error {
	if len(u.ports) == 0 {
		return nil
	}
	var opened []string
	if err := u.read(ctx, "", &opened, "opened-ports"); err != nil {
		return fmt.Errorf("cannot read which ports are open: %w", err)
	}
	for _, port := range slices.Sorted(maps.Keys(u.ports)) {
		open := u.ports[port]
		if open == slices.Contains(opened, port) {
			continue
		}
		tool := "close-port"
		if open {
			tool = "open-port"
		}
		if _, err := u.call(ctx, port, Call{Tool: tool, Args: []string{"--", port}}); err != nil {
			return fmt.Errorf("cannot change port %s: %w", port, err)
		}
	}
	clear(u.ports)
	return nil
}

// GoalState is what the model will hold when all that was asked of Juju is done.
type GoalState struct {
	Units     map[string]Goal            `json:"units"`     // of this application
	Relations map[string]map[string]Goal `json:"relations"` // by endpoint: applications and their units
}

// Goal is one unit or application to come, to stay or to go.
type Goal struct {
	Status string `json:"status"` // "waiting", "active", "dying"…
	Since  string `json:"since"`
}

// GoalState asks what the model is on its way to, once in a hook. The result is
// not to be changed.
func (u *Unit) GoalState(ctx context.Context) (GoalState, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.goal == nil {
		var goal GoalState
		if err := u.read(ctx, "", &goal, "goal-state"); err != nil {
			return GoalState{}, fmt.Errorf("cannot read the model's goal: %w", err)
		}
		u.goal = &goal
	}
	return *u.goal, nil
}

// Resource gives the path of a file that was attached to the application. The
// first call downloads it, which takes as long as it takes.
func (u *Unit) Resource(ctx context.Context, name string) (string, error) {
	stdout, err := u.call(ctx, name, Call{Tool: "resource-get", Args: []string{"--", name}})
	if err != nil {
		return "", fmt.Errorf("cannot get the resource %q: %w", name, err)
	}
	return strings.TrimSpace(string(stdout)), nil
}

// SetWorkloadVersion buffers the version that juju status shows, one line.
func (u *Unit) SetWorkloadVersion(version string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.version = oneLine(version, maxStatus)
}
