package main

// The network between pods: a bridge, and a cable from it to each. What pods and
// Services have for addresses exists in the network namespace this runs in and in
// those of the pods, and nowhere else.

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
)

const (
	podRange, bridgeAddress = "10.244.0.0/16", "10.244.0.1"
	serviceRange            = "10.96.0.0/16"
	apiAddress              = "10.96.0.1"  // of the API server, as of a Service: the first
	dnsAddress              = "10.96.0.10" // by convention the tenth
	bridgeName              = "kubelite0"
	// A bridge without an address of its own takes its ports' least, another one
	// whenever a pod comes or goes, and nothing gets through until pods have noticed.
	bridgeHardware = "0a:58:0a:f4:00:01"
)

type bridge struct {
	links atomic.Int32
	only  net.Listener // nobody else has it in this network namespace
}

// newBridge makes the bridge in the network namespace this runs in, which must be
// a private one: addresses of pods have no business on a machine.
func newBridge() (*bridge, error) {
	if err := isPrivate(); err != nil {
		return nil, err
	}
	only, err := net.Listen("unix", "@kubelite")
	if err != nil {
		return nil, fmt.Errorf("cannot make the pods' network: there is a kubelite in this network namespace: %w", err)
	}
	b := &bridge{only: only}
	b.remove() // one that was killed has left it
	for _, step := range []string{
		"link set lo up",
		"link add " + bridgeName + " address " + bridgeHardware + " type bridge",
		"addr add " + bridgeAddress + "/16 dev " + bridgeName,
		"link set " + bridgeName + " up",
		"route add local " + serviceRange + " dev lo", // all addresses of Services are ours
	} {
		if err := ip(strings.Fields(step)...); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot make the pods' network: %w", err), only.Close())
		}
	}
	return b, nil
}

// isPrivate looks for the addresses of a machine.
func isPrivate() error {
	all, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("cannot look at the network: %w", err)
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			return fmt.Errorf("cannot look at the network: %w", err)
		}
		if i.Flags&net.FlagLoopback == 0 && len(addresses) > 0 && i.Name != bridgeName {
			return errors.New("cannot make the pods' network here, where the machine has its own (" + i.Name +
				"): start with -netns, or in a network namespace (unshare -n)")
		}
	}
	return nil
}

func (b *bridge) close() {
	b.remove()
	_ = b.only.Close()
}

// remove takes everything away that may be there.
func (b *bridge) remove() {
	_ = ip("link", "del", bridgeName)
	_ = ip("route", "del", "local", serviceRange)
}

// link is a name for a new cable.
func (b *bridge) link() string { return fmt.Sprintf("pod%d", b.links.Add(1)) }

// attach brings one end of a cable into the namespace of a process, as eth0. Its
// hardware address follows from the other, as that of a container that is started
// again must not change.
func (b *bridge) attach(link string, pid int, address string) error {
	a := net.ParseIP(address).To4()
	hardware := fmt.Sprintf("0a:58:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3])
	for _, step := range []string{
		fmt.Sprintf("link add %s type veth peer name eth0 address %s netns %d", link, hardware, pid),
		"link set " + link + " master " + bridgeName + " up",
	} {
		if err := ip(strings.Fields(step)...); err != nil {
			return fmt.Errorf("cannot connect a pod: %w", err)
		}
	}
	return nil
}

// detach takes a cable away. That it went with its other end is as well.
func (b *bridge) detach(link string) { _ = ip("link", "del", link) }

// domain is the cluster's.
const domain = "cluster.local"
