package main

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"
)

// A closed way lets nobody in and cuts who is in; open again, it is where it was.
func TestFront(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				line, _ := bufio.NewReader(conn).ReadString('\n')
				_, _ = fmt.Fprint(conn, line)
			}()
		}
	}()
	f, err := newFront(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	echo := func() (net.Conn, error) {
		conn, err := net.Dial("tcp", f.addr)
		if err != nil {
			return nil, err
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		_, _ = fmt.Fprintln(conn, "hello")
		line, err := bufio.NewReader(conn).ReadString('\n')
		if line != "hello\n" {
			return nil, fmt.Errorf("it answers %q, %w", line, err)
		}
		return conn, nil
	}
	conn, err := echo()
	if err != nil {
		t.Fatal(err)
	}
	f.cut()
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("a connection that was cut gives %d bytes", n)
	}
	if _, err := echo(); err == nil {
		t.Error("a closed way lets somebody in")
	}
	if err := f.restore(); err != nil {
		t.Fatal(err)
	}
	if _, err := echo(); err != nil {
		t.Errorf("open again: %v", err)
	}
	f.cut()
}
