package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/terminal"
)

// Why a cluster is asked again is said once; a host that does not exist is not
// asked again, unless there is another.
func TestTellAgain(t *testing.T) {
	t.Parallel()
	var said bytes.Buffer
	a := &app{console: &terminal.Terminal{Err: &said}}
	at := place{Cluster: "main"}
	refused := &connect.Error{Kind: connect.Unreachable, Message: "connection refused"}
	missing := fmt.Errorf("asking: %w", &net.DNSError{Name: "kafak", IsNotFound: true})

	tell := a.tellAgain(at, 1)
	for range 3 {
		if err := tell(t.Context(), refused); err != nil {
			t.Errorf("a cluster that is down ends with %v", err)
		}
	}
	if n := strings.Count(said.String(), "main does not answer, and is asked again: connection refused\n"); n != 1 {
		t.Errorf("it is said %d times:\n%s", n, &said)
	}
	if err := tell(t.Context(), missing); !errors.Is(err, missing) {
		t.Errorf("a host that does not exist gives %v", err)
	}
	if err := a.tellAgain(at, 2)(t.Context(), missing); err != nil {
		t.Errorf("with another worker to ask it gives %v", err)
	}
	if err := tell(t.Context(), &connect.Error{Kind: connect.Rebalancing, Message: "rebalance"}); err != nil || strings.Contains(said.String(), "rebalance") {
		t.Errorf("a rebalance gives %v, and says:\n%s", err, &said)
	}
}
