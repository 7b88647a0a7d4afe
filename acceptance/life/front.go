package main

// The way to the API server, which can be closed: connections are refused then,
// and those there were are cut.

import (
	"fmt"
	"io"
	"net"
	"sync"
)

type front struct {
	addr string // where clients come, the same before and after
	to   string

	mu       sync.Mutex
	listener net.Listener // nil while it is closed
	open     map[net.Conn]bool
}

func newFront(to string) (*front, error) {
	f := &front{to: to, addr: "127.0.0.1:0", open: map[net.Conn]bool{}}
	return f, f.restore()
}

// restore lets clients come, again.
func (f *front) restore() error {
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return fmt.Errorf("cannot open the way to the API server: %w", err)
	}
	f.mu.Lock()
	f.addr, f.listener = listener.Addr().String(), listener
	f.mu.Unlock()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go f.carry(client)
		}
	}()
	return nil
}

// cut closes the way.
func (f *front) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.listener.Close()
	for conn := range f.open {
		_ = conn.Close()
	}
}

func (f *front) carry(client net.Conn) {
	server, err := net.Dial("tcp", f.to)
	if err != nil {
		_ = client.Close()
		return
	}
	f.mu.Lock()
	f.open[client], f.open[server] = true, true
	f.mu.Unlock()
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			ended <- struct{}{}
		}()
	}
	<-ended
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range []net.Conn{client, server} {
		_ = conn.Close()
		delete(f.open, conn)
	}
}
