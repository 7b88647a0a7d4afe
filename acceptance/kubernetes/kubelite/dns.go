package main

// The cluster's names, by the rules of Kubernetes' DNS specification: Services,
// and pods by the name they have under a headless one.

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/klog/v2"
)

// services is what is known of Services and of what is behind them.
type services struct {
	all    corelisters.ServiceLister
	slices discoverylisters.EndpointSliceLister
}

func newServices(i informers.SharedInformerFactory) services {
	return services{i.Core().V1().Services().Lister(), i.Discovery().V1().EndpointSlices().Lister()}
}

// behind are the endpoints of a Service, by its slices.
func (s services) behind(namespace, name string) []*discoveryv1.EndpointSlice {
	found, err := s.slices.EndpointSlices(namespace).List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: name}))
	if err != nil { // never: it comes from a cache
		klog.ErrorS(err, "No endpoints are known", "service", klog.KRef(namespace, name))
	}
	return found
}

// dnsTTL is how long an answer may be kept, in seconds: as long as CoreDNS says.
const dnsTTL = 5

// serveDNS answers on the address that pods have in their resolv.conf, over UDP.
func (s services) serveDNS() (func(), error) {
	socket, err := net.ListenPacket("udp4", net.JoinHostPort(dnsAddress, "53"))
	if err != nil {
		return nil, fmt.Errorf("cannot listen for questions about names: %w", err)
	}
	go func() {
		question := make([]byte, 1500)
		for {
			n, from, err := socket.ReadFrom(question)
			if err != nil { // closed
				return
			}
			if answer := s.answer(question[:n]); answer != nil {
				_, _ = socket.WriteTo(answer, from) // who needs it asks again
			}
		}
	}()
	return func() { _ = socket.Close() }, nil
}

// answer is nil for what is no question.
func (s services) answer(message []byte) []byte {
	var p dnsmessage.Parser
	header, err := p.Start(message)
	if err != nil || header.Response {
		return nil
	}
	q, err := p.Question()
	if err != nil {
		return nil
	}
	addresses, known := s.resolve(strings.ToLower(q.Name.String()))
	header.Response, header.Authoritative, header.RecursionAvailable = true, true, true
	if !known {
		header.RCode = dnsmessage.RCodeNameError
	}
	b := dnsmessage.NewBuilder(nil, header)
	if b.StartQuestions() != nil || b.Question(q) != nil || b.StartAnswers() != nil {
		return nil
	}
	for _, a := range addresses {
		ip := net.ParseIP(a).To4()
		if q.Type != dnsmessage.TypeA || ip == nil {
			continue
		}
		if err := b.AResource(dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: dnsTTL}, dnsmessage.AResource{A: [4]byte(ip)}); err != nil {
			return nil
		}
	}
	answer, err := b.Finish()
	if err != nil {
		return nil
	}
	return answer
}

// resolve finds <service>.<namespace>.svc.<domain>. and, under a headless one,
// <hostname>.<service>.…; a Service without endpoints is known and has no address.
func (s services) resolve(name string) (addresses []string, known bool) {
	rest, ours := strings.CutSuffix(name, ".svc."+domain+".")
	parts := strings.Split(rest, ".")
	if !ours || len(parts) < 2 || len(parts) > 3 {
		return nil, false
	}
	hostname := ""
	if len(parts) == 3 {
		hostname, parts = parts[0], parts[1:]
	}
	service, err := s.all.Services(parts[1]).Get(parts[0])
	if err != nil {
		return nil, false
	}
	if service.Spec.ClusterIP != corev1.ClusterIPNone {
		return []string{service.Spec.ClusterIP}, hostname == ""
	}
	for _, slice := range s.behind(parts[1], parts[0]) {
		for _, e := range slice.Endpoints {
			if !valueOr(e.Conditions.Ready, true) {
				continue
			}
			if hostname == "" || hostname == valueOr(e.Hostname, "") {
				addresses = append(addresses, e.Addresses...)
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), hostname == "" || len(addresses) > 0
}
