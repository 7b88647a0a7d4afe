package workers

// What other applications say in their relations, and what they are told.

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/connectcharm/kafka-connect-base/flags"
	"github.com/connectcharm/kafka-connect-base/reactive"
)

// Bootstrap gives the brokers' addresses ("host:port", sorted) that the relation
// kafka holds, and how many brokers it names whose address has not come yet.
func (u *Unit) Bootstrap(ctx context.Context) (addresses []string, missing int, err error) {
	relations, err := u.Relations(ctx, "kafka")
	if err != nil {
		return nil, 0, err
	}
	for _, relation := range relations {
		units, err := relation.Units(ctx)
		if err != nil {
			return nil, 0, err
		}
		for _, unit := range units {
			data, err := relation.Get(ctx, unit)
			if err != nil {
				return nil, 0, err
			}
			if address := brokerAddress(data); address != "" {
				addresses = append(addresses, address)
			} else {
				missing++
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), missing, nil
}

// brokerAddress reads a Kafka unit's data: port, and host or else the address Juju
// gives every unit. Anything else than a name and a number is no address.
func brokerAddress(data map[string]string) string {
	host := orDefault(data["host"], orDefault(data["private-address"], data["ingress-address"]))
	port := strings.TrimSpace(data["port"])
	if host == "" || strings.ContainsAny(host, " \t\r\n,=/\"") {
		return ""
	}
	var number int
	if _, err := fmt.Sscanf(port, "%d", &number); err != nil || fmt.Sprint(number) != port || number < 1 || number > 65535 {
		return ""
	}
	return net.JoinHostPort(host, port)
}

// brokers gives the related brokers' addresses, once every one of them has come.
func (u *Unit) brokers(ctx context.Context) ([]string, error) {
	addresses, missing, err := u.Bootstrap(ctx)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 0 || missing > 0 {
		return nil, reactive.Waiting("waiting for %d Kafka unit(s) to say a usable host and port", max(missing, 1))
	}
	return addresses, nil
}

// expectedBrokers counts the Kafka units that Juju knows of, those too that have not joined yet.
func (u *Unit) expectedBrokers(ctx context.Context) (int, error) {
	goal, err := u.GoalState(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for name, member := range goal.Relations["kafka"] {
		if strings.Contains(name, "/") && member.Status != "dying" && member.Status != "dead" {
			n++
		}
	}
	return n, nil
}

// Remote gives the data of the first remote unit, or else application, that has
// written every key the endpoint was declared with. While there is none the
// error is a waiting outcome; a rule that waits for Available never sees it.
func (u *Unit) Remote(ctx context.Context, endpoint flags.EndpointFlags) (map[string]string, error) {
	relations, err := u.Relations(ctx, endpoint.Name)
	if err != nil {
		return nil, err
	}
	for _, relation := range relations {
		units, err := relation.Units(ctx)
		if err != nil {
			return nil, err
		}
		for _, unit := range units {
			data, err := relation.Get(ctx, unit)
			if err != nil || hasAll(data, endpoint.Available.Needs()) {
				return data, err
			}
		}
		data, err := relation.AppData(ctx)
		if err != nil || hasAll(data, endpoint.Available.Needs()) {
			return data, err
		}
	}
	return nil, reactive.Waiting("waiting for the relation %q to be complete", endpoint.Name)
}

func hasAll(data map[string]string, keys []string) bool {
	return !slices.ContainsFunc(keys, func(key string) bool { return data[key] == "" })
}

// WebsiteEndpoint is where a proxy learns the REST API's address.
const WebsiteEndpoint = "website"

// TellWebsite writes the workers' address, as the interface http has it. Leader only.
func (u *Unit) TellWebsite(ctx context.Context) error {
	address, err := u.GetWorkerService(ctx)
	if err != nil || address == "" {
		return err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil // reached through the API server's proxy: no address a proxy could use
	}
	relations, err := u.Relations(ctx, WebsiteEndpoint)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		relation.Set("hostname", host)
		relation.Set("private-address", host)
		relation.Set("port", port)
	}
	return nil
}

// StandBy takes back what this unit wrote into relations while it was the leader.
func (u *Unit) StandBy(ctx context.Context) error {
	if err := u.withdraw(ctx); err != nil {
		return err
	}
	return u.clear(ctx, WebsiteEndpoint, "hostname", "private-address", "port")
}

// withdraw empties this unit's data on the kubernetes relation, so that a former
// leader's request does not fight with its successor's.
func (u *Unit) withdraw(ctx context.Context) error {
	if former, err := u.stopOwnRequest(ctx); former || err != nil {
		return err
	}
	return u.clear(ctx, DeployerEndpoint, "resource", "uuid", "model_uuid", "juju_unit")
}

// clear empties keys of this unit's data on every relation of an endpoint.
func (u *Unit) clear(ctx context.Context, endpoint string, keys ...string) error {
	relations, err := u.Relations(ctx, endpoint)
	if err != nil {
		return err
	}
	for _, relation := range relations {
		own, err := relation.Own(ctx)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if own[key] != "" {
				relation.Set(key, "")
			}
		}
	}
	return nil
}
