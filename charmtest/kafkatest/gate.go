package kafkatest

// A broker's door: one address for the world, which can be closed and opened again, and one for this package, which
// stays open. kfake can remove a broker, but neither the last one nor the controller.

import (
	"fmt"
	"net"
	"sync"
)

type gate struct {
	public string // the address the world sees
	inner  net.Listener
	conns  chan net.Conn
	done   chan struct{}

	mu      sync.Mutex
	outer   net.Listener // nil while the broker is stopped
	open    map[net.Conn]bool
	closed  bool
	serving sync.WaitGroup
}

func newGate(network, address string) (*gate, error) {
	outer, err := net.Listen(network, address)
	if err != nil {
		return nil, err
	}
	inner, err := net.Listen(network, "127.0.0.1:0")
	if err != nil {
		_ = outer.Close()
		return nil, err
	}
	g := &gate{
		public: outer.Addr().String(), inner: inner, outer: outer,
		conns: make(chan net.Conn), done: make(chan struct{}), open: map[net.Conn]bool{},
	}
	g.serving.Add(2)
	go g.serve(inner, false)
	go g.serve(outer, true)
	return g, nil
}

func (g *gate) serve(ln net.Listener, public bool) {
	defer g.serving.Done()
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		if public && !g.track(conn) {
			_ = conn.Close()
			continue
		}
		select {
		case g.conns <- conn:
		case <-g.done:
			_ = conn.Close()
			return
		}
	}
}

// track remembers a connection from outside; a stopped broker has none.
func (g *gate) track(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.outer == nil {
		return false
	}
	g.open[conn] = true
	return true
}

func (g *gate) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.outer == nil {
		return
	}
	_ = g.outer.Close()
	g.outer = nil
	for conn := range g.open {
		_ = conn.Close()
	}
	clear(g.open)
}

func (g *gate) start() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.outer != nil || g.closed {
		return nil
	}
	ln, err := net.Listen("tcp", g.public)
	if err != nil {
		return fmt.Errorf("cannot start the fake broker at %s again: %w", g.public, err)
	}
	g.outer = ln
	g.serving.Add(1)
	go g.serve(ln, true)
	return nil
}

func (g *gate) running() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.outer != nil
}

// Accept, Close and Addr make it the listener kfake serves; the address is the public one, which kfake tells clients.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case conn := <-g.conns:
		return conn, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

func (g *gate) Close() error {
	g.stop()
	g.mu.Lock()
	already := g.closed
	g.closed = true
	g.mu.Unlock()
	if already {
		return nil
	}
	close(g.done)
	err := g.inner.Close()
	g.serving.Wait()
	return err
}

func (g *gate) Addr() net.Addr {
	addr, err := net.ResolveTCPAddr("tcp", g.public)
	if err != nil {
		return g.inner.Addr()
	}
	return addr
}
