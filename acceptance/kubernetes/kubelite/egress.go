package main

// The addresses of pods, and the API server's way to them: to the loopback port on
// which a pretended pod listens, or to the address itself where it exists.

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

type network struct {
	mu    sync.Mutex
	last  int
	ports map[string]string // where the container at pod address and port listens
}

func newNetwork() *network { return &network{ports: map[string]string{}} }

// address is one no pod had before.
func (n *network) address() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++ // the first is the bridge's
	return fmt.Sprintf("10.244.%d.%d", n.last/250, n.last%250+1)
}

// connect leads from a pod's address to a container; "" ends that.
func (n *network) connect(pod, container string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if container == "" {
		delete(n.ports, pod)
		return
	}
	n.ports[pod] = container
}

func (n *network) lookUp(pod string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.ports[pod]
}

// serveEgress answers the API server's CONNECT requests on a socket.
func (n *network) serveEgress(socket string) (func(), error) {
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("cannot listen for what goes to pods: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(n.tunnel), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return func() { _ = server.Close() }, nil
}

func (n *network) tunnel(w http.ResponseWriter, r *http.Request) {
	to := n.lookUp(r.Host)
	if r.Method != http.MethodConnect || to == "" {
		http.Error(w, "connection refused", http.StatusBadGateway)
		return
	}
	container, err := net.Dial("tcp", to)
	if err != nil {
		http.Error(w, "connection refused", http.StatusBadGateway)
		return
	}
	defer container.Close()
	client, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	ended := make(chan error, 2)
	go func() { ended <- copyTo(container, buffered) }()
	go func() { ended <- copyTo(client, container) }()
	<-ended // one side is enough: HTTP does not use half a connection
}

func copyTo(to io.Writer, from io.Reader) error {
	if _, err := io.Copy(to, from); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
