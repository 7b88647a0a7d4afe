package main

// Startup, readiness and liveness: who asks, how often, and what counts.

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	httpprobe "k8s.io/kubernetes/pkg/probe/http"

	k8sprobe "k8s.io/kubernetes/pkg/probe"
)

// A probe is made until its container ends.
type probe struct {
	ask                 *corev1.Probe
	delay, period       time.Duration
	successes, failures int32 // in a row that make a difference
}

// probes of a container; nil ones are not made, and taken for passed.
type probes struct{ startup, readiness, liveness *probe }

// asWritten is a probe at the pace that its container asks for. The API server
// has filled in the defaults.
func asWritten(p *corev1.Probe) *probe {
	if p == nil {
		return nil
	}
	return &probe{
		ask:       p,
		delay:     time.Duration(p.InitialDelaySeconds) * time.Second,
		period:    time.Duration(p.PeriodSeconds) * time.Second,
		successes: p.SuccessThreshold, failures: p.FailureThreshold,
	}
}

// watch makes the probe for as long as ctx lasts and says each change: of an
// answer that was no before any was given. A failure that goes on is said again
// each time it has lasted long enough.
func (p *probe) watch(ctx context.Context, of *corev1.Container, c container, say func(ok bool)) {
	var good, bad int32
	last := false
	for wait := p.delay; ; wait = p.period {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		ok := p.passes(ctx, of, c)
		if ctx.Err() != nil {
			return
		}
		if ok {
			good, bad = good+1, 0
		} else {
			good, bad = 0, bad+1
		}
		switch {
		case ok && good >= p.successes && !last:
			last = true
			say(true)
		case !ok && bad >= p.failures:
			last, bad = false, 0
			say(false)
		}
	}
}

// passes asks once, as Kubernetes' own kubelet does.
func (p *probe) passes(ctx context.Context, of *corev1.Container, c container) bool {
	timeout := time.Duration(cmp.Or(p.ask.TimeoutSeconds, 1)) * time.Second
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	switch {
	case p.ask.HTTPGet != nil:
		request, err := httpprobe.NewRequestForHTTPGetAction(p.ask.HTTPGet, of, "127.0.0.1", "probe")
		if err != nil {
			return false
		}
		port, err := strconv.Atoi(request.URL.Port())
		if err != nil {
			return false
		}
		request.URL.Host = c.address(port)
		result, _, err := httpprobe.New(false).Probe(request.WithContext(ctx), timeout)
		return err == nil && result != k8sprobe.Failure
	case p.ask.TCPSocket != nil:
		port, err := portOf(p.ask.TCPSocket.Port, of)
		if err != nil {
			return false
		}
		var d net.Dialer
		connection, err := d.DialContext(ctx, "tcp", c.address(port))
		if err != nil {
			return false
		}
		return connection.Close() == nil
	case p.ask.Exec != nil:
		return c.run(ctx, p.ask.Exec.Command) == nil
	}
	return false
}

// portOf is a port by number or by the name that the container gives it.
func portOf(port intstr.IntOrString, of *corev1.Container) (int, error) {
	if port.Type == intstr.Int {
		return port.IntValue(), nil
	}
	for _, p := range of.Ports {
		if p.Name == port.StrVal {
			return int(p.ContainerPort), nil
		}
	}
	return 0, errors.New("no port of this name")
}
