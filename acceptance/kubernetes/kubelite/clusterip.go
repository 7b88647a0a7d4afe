package main

// Services' own addresses: each port is listened on here, and what comes is
// handed to an endpoint that is ready, in turn. It does what kube-proxy does in
// the kernel, for TCP.

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

type clusterIPs struct {
	services services

	mu        sync.Mutex
	listeners map[string]net.Listener // by host:port
	turn      atomic.Uint32
}

// serveClusterIPs follows the Services.
func serveClusterIPs(i informers.SharedInformerFactory, s services) (func(), error) {
	c := &clusterIPs{services: s, listeners: map[string]net.Listener{}}
	_, err := i.Core().V1().Services().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(o any) { c.follow(nil, o.(*corev1.Service)) },
		UpdateFunc: func(before, o any) {
			c.follow(before.(*corev1.Service), o.(*corev1.Service))
		},
		DeleteFunc: func(o any) {
			if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
				o = gone.Obj
			}
			c.follow(o.(*corev1.Service), nil)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cannot follow the Services: %w", err)
	}
	return c.close, nil
}

// places are where a Service is to be reached, and by which of its ports.
func places(s *corev1.Service) map[string]corev1.ServicePort {
	all := map[string]corev1.ServicePort{}
	if s == nil || s.Spec.ClusterIP == "" || s.Spec.ClusterIP == corev1.ClusterIPNone || len(s.Spec.Selector) == 0 {
		return all
	}
	for _, p := range s.Spec.Ports {
		if p.Protocol == corev1.ProtocolTCP {
			all[net.JoinHostPort(s.Spec.ClusterIP, strconv.Itoa(int(p.Port)))] = p
		}
	}
	return all
}

// follow goes from one state of a Service to the next.
func (c *clusterIPs) follow(before, after *corev1.Service) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := places(after)
	for at, p := range places(before) {
		if l := c.listeners[at]; l != nil && now[at] != p {
			_ = l.Close()
			delete(c.listeners, at)
		}
	}
	for at, p := range now {
		if c.listeners[at] != nil {
			continue
		}
		l, err := net.Listen("tcp", at)
		if err != nil {
			klog.ErrorS(err, "A Service is not reached", "service", klog.KObj(after))
			continue
		}
		c.listeners[at] = l
		go c.accept(l, after.Namespace, after.Name, p.Name)
	}
}

func (c *clusterIPs) accept(l net.Listener, namespace, name, port string) {
	handOn(l, func() string { return c.choose(namespace, name, port) })
}

// forward hands what comes to an address on to another.
func forward(at, to string) (func(), error) {
	l, err := net.Listen("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for a Service: %w", err)
	}
	go handOn(l, func() string { return to })
	return func() { _ = l.Close() }, nil
}

// handOn connects each client to the place chosen for it; for "" there is none.
func handOn(l net.Listener, choose func() string) {
	for {
		client, err := l.Accept()
		if err != nil { // closed
			return
		}
		go func() {
			defer client.Close()
			server, err := net.Dial("tcp", choose())
			if err != nil {
				return
			}
			defer server.Close()
			splice(client, server)
		}()
	}
}

// choose takes the next endpoint that is ready; "" if there is none.
func (c *clusterIPs) choose(namespace, name, port string) string {
	var ready []string
	for _, slice := range c.services.behind(namespace, name) {
		for _, p := range slice.Ports {
			if valueOr(p.Name, "") != port || p.Port == nil {
				continue
			}
			for _, e := range slice.Endpoints {
				if valueOr(e.Conditions.Ready, true) {
					ready = append(ready, net.JoinHostPort(e.Addresses[0], strconv.Itoa(int(*p.Port))))
				}
			}
		}
	}
	if len(ready) == 0 {
		return ""
	}
	return ready[int(c.turn.Add(1))%len(ready)]
}

// splice copies both ways until both have ended.
func splice(a, b net.Conn) {
	var copying sync.WaitGroup
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		copying.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			if half, ok := way[0].(*net.TCPConn); ok {
				_ = half.CloseWrite()
			}
		})
	}
	copying.Wait()
}

func (c *clusterIPs) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at, l := range c.listeners {
		_ = l.Close()
		delete(c.listeners, at)
	}
}
