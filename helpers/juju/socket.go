package juju

// Hook tools without a process for each call: the protocol that Juju's own
// tools speak to the agent. It is net/rpc with gob, one method, the same from
// Juju 2.9 to 4, and documented nowhere; so whatever goes wrong with it is told
// apart from what a tool itself refuses, and the caller falls back.

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"sync"
	"time"
)

// rpcRequest and rpcResponse have the field names of Juju's own types, which is
// what gob goes by. Juju 4 has no Token; gob ignores a field that is not there.
type rpcRequest struct {
	ContextId   string //nolint:revive // the name on the wire
	Dir         string
	CommandName string
	Args        []string
	StdinSet    bool
	Stdin       []byte
	Token       string
}

type rpcResponse struct {
	Code   int
	Stdout []byte
	Stderr []byte
}

// protocolError is a failure of the way to the agent, not of a tool.
type protocolError struct {
	err  error
	sent bool // the tool may have run
}

func (e *protocolError) Error() string { return "cannot use the agent's socket: " + e.err.Error() }
func (e *protocolError) Unwrap() error { return e.err }

// socketTools speaks to the agent over one connection, made at the first call.
type socketTools struct {
	env Env

	mu     sync.Mutex
	client *rpc.Client
}

// Call gives a *protocolError when the agent could not be asked, and the
// context's cause when it did not answer in time.
func (s *socketTools) Call(ctx context.Context, call Call) ([]byte, error) {
	client, err := s.connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, gaveUp(ctx, call.Tool)
		}
		return nil, &protocolError{err: err}
	}
	dir := s.env.CharmDir
	if dir == "" {
		dir = "/" // the agent insists on an absolute path
	}
	request := rpcRequest{
		ContextId: s.env.ContextID, Dir: dir, CommandName: call.Tool, Args: call.Args,
		StdinSet: call.Stdin != nil, Stdin: call.Stdin, Token: s.env.SocketToken,
	}
	// In a goroutine, as an agent that hangs may not even read the request. A
	// call that is given up stays behind; the next one does not wait for it.
	var response rpcResponse
	done := make(chan error, 1)
	go func() { done <- client.Call("Jujuc.Main", request, &response) }()
	select {
	case <-ctx.Done():
		return nil, gaveUp(ctx, call.Tool)
	case err := <-done:
		var refused rpc.ServerError
		if err != nil {
			return nil, &protocolError{err: err, sent: !errors.As(err, &refused)}
		}
	}
	if response.Code != 0 {
		return nil, newToolError(call.Tool, response.Code, response.Stderr)
	}
	return response.Stdout, nil
}

// Close ends the connection, if there is one.
func (s *socketTools) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client == nil {
		return nil
	}
	client := s.client
	s.client = nil
	return client.Close()
}

func (s *socketTools) connect(ctx context.Context) (*rpc.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	s.client = rpc.NewClient(conn)
	return s.client, nil
}

// dial reaches a unix socket as it is, and a tcp one, as Kubernetes operators
// of Juju 2.9 have it, with TLS: the agent's certificate is made for the
// application's name.
func (s *socketTools) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if s.env.SocketNetwork != "tcp" {
		return dialer.DialContext(ctx, s.env.SocketNetwork, s.env.SocketAddress)
	}
	pem, err := os.ReadFile(s.env.SocketCA)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate in JUJU_AGENT_CA_CERT: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("cannot find a certificate in %s", s.env.SocketCA)
	}
	config := &tls.Config{RootCAs: roots, ServerName: applicationOf(s.env.UnitName), MinVersion: tls.VersionTLS12}
	return (&tls.Dialer{NetDialer: &dialer, Config: config}).DialContext(ctx, "tcp", s.env.SocketAddress)
}

func gaveUp(ctx context.Context, tool string) error {
	return fmt.Errorf("cannot run %s: %w", tool, context.Cause(ctx))
}
