package kafka

// What can go wrong between here and a broker, told apart and put in words an operator can act on.

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go/protocol"
)

// What kind of trouble it was: to be asked with errors.Is.
var (
	// ErrUnreachable: nothing listens there, the name does not resolve, or there is no way to it.
	ErrUnreachable = errors.New("cannot reach Kafka")
	// ErrSilent: somebody is there, or seems to be, and did not answer in time.
	ErrSilent = errors.New("no answer from Kafka")
	// ErrTLS: the listener wants TLS and was spoken to in plain text.
	ErrTLS = errors.New("the listener wants TLS")
	// ErrAuth: the listener wants a user and a password.
	ErrAuth = errors.New("the listener wants authentication")
	// ErrNotKafka: whoever answers does not speak Kafka's protocol.
	ErrNotKafka = errors.New("not a Kafka broker")
	// ErrUnserved: the brokers are too old, or too new, for a request.
	ErrUnserved = errors.New("request not served")
	// ErrDenied: the brokers know who asks, and their access rules forbid it.
	ErrDenied = errors.New("denied by the brokers' access rules")
	// ErrTooFewBrokers: more replicas are wanted than there are brokers.
	ErrTooFewBrokers = errors.New("too few brokers")
	// ErrRefused: the brokers refused for another reason, which the message tells.
	ErrRefused = errors.New("refused by the brokers")
)

// Error is any failure of this package that has to do with a broker.
type Error struct {
	Kind   error  // one of the Err… above
	Broker string // the address spoken to; empty when it was none in particular
	Reason string // what happened and what to look at, to be read after the address
	Code   int    // the error code of Kafka's protocol, or 0
	Cause  error  // what was met underneath, or nil
}

func (e *Error) Error() string {
	if e.Broker == "" {
		return e.Reason
	}
	return e.Broker + " " + e.Reason
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// joined is several brokers' errors in one line, because a status and a log record are lines.
type joined []error

func joinErrors(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	return joined(errs)
}

func (j joined) Error() string {
	texts := make([]string, len(j))
	for i, err := range j {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (j joined) Unwrap() []error { return j }

// strangeAnswer is the beginning of something that is no answer, or the lack of one.
type strangeAnswer struct {
	head  []byte
	cause error
}

func (s *strangeAnswer) Error() string {
	if s.cause != nil {
		return s.cause.Error()
	}
	return fmt.Sprintf("unintelligible answer beginning with %q", s.head)
}

func (s *strangeAnswer) Unwrap() error { return s.cause }

func diagnoseDial(addr string, err error) error {
	e := &Error{Kind: ErrUnreachable, Broker: addr, Cause: err}
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.Canceled) || errors.Is(err, syscall.ECANCELED):
		e.Reason = "was not waited for"
	case errors.As(err, &dns):
		e.Reason = "cannot be found: its name does not resolve here"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Reason = "refuses connections: is Kafka running there, and listening on this address?"
	case isTimeout(err):
		e.Kind, e.Reason = ErrSilent, "does not accept a connection in time: is a firewall between?"
	default:
		e.Reason = "cannot be reached: " + rootOf(err)
	}
	return e
}

// diagnoseAnswer says why a request that was sent has no answer.
func diagnoseAnswer(ctx context.Context, c *conn, key protocol.ApiKey, err error) error {
	e := &Error{Kind: ErrNotKafka, Broker: c.addr, Cause: err}
	var strange *strangeAnswer
	garbled := errors.As(err, &strange) && strange.cause == nil
	first := key == protocol.ApiVersions
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		e.Kind, e.Reason, e.Cause = ErrSilent, "was not waited for", ctx.Err()
	case isTimeout(err) || ctx.Err() != nil:
		e.Kind, e.Reason = ErrSilent, "accepts connections and does not answer in time"
		e.Cause = errors.Join(err, ctx.Err())
	case first && (looksLikeTLS(err) || speaksTLS(ctx, c.addr)):
		e.Kind, e.Reason = ErrTLS, "wants TLS: give the address of its plaintext listener"
	case garbled:
		e.Reason = "does not speak Kafka's protocol: is this address right? " + strange.Error()
	case first:
		e.Reason = "closes the connection at the first request: is this the address of a Kafka broker?"
	case isBroken(err) && c.asked == 2:
		e.Kind = ErrAuth
		e.Reason = "closes the connection at the first question: its listener wants a user and a password (SASL), " +
			"or the broker is stopping"
	case isBroken(err):
		e.Kind, e.Reason = ErrUnreachable, "closed the connection: is the broker stopping?"
	default:
		e.Reason = fmt.Sprintf("answers %s in a way that cannot be read: %v", key, err)
	}
	return e
}

func isTimeout(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

// looksLikeTLS recognises a TLS record (alert or handshake) where an answer should begin.
func looksLikeTLS(err error) bool {
	var strange *strangeAnswer
	if !errors.As(err, &strange) || len(strange.head) < 2 {
		return false
	}
	return (strange.head[0] == 0x15 || strange.head[0] == 0x16) && strange.head[1] == 0x03
}

// speaksTLS knocks again, in TLS. Some servers only close the connection when they get plain text, and an operator
// wants to know which it is. Nothing is sent through the connection, so nothing is verified.
func speaksTLS(ctx context.Context, addr string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
	c, err := dialer.DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = c.Close()
		return true
	}
	var alert tls.AlertError
	var remote *net.OpError // crypto/tls wraps an alert sent by the other side so
	return errors.As(err, &alert) || errors.As(err, &remote) && remote.Op == "remote error"
}

func rootOf(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

func unservedError(addr string, key protocol.ApiKey, served versionRange) error {
	reason := fmt.Sprintf("does not serve %s requests: it is too old", key)
	if served.min > key.MaxVersion() {
		reason = fmt.Sprintf("serves %s requests only from v%d: it is too new", key, served.min)
	}
	return &Error{Kind: ErrUnserved, Broker: addr, Reason: reason}
}

// codeError turns an error code of the protocol, and what the broker says about it, into an error.
func codeError(addr string, answer int16, message string) error {
	c := code(answer)
	e := &Error{Kind: ErrRefused, Broker: addr, Code: int(answer), Cause: c, Reason: "answers " + c.Error()}
	switch c {
	case topicDenied, groupDenied, clusterDenied:
		e.Kind = ErrDenied
	case authenticationFailed:
		e.Kind = ErrAuth
	}
	if message != "" {
		e.Reason += ": " + message
	}
	return e
}

// retriable are the answers of a cluster that is still finding itself: a controller or coordinator being elected,
// metadata on its way.
func retriable(answer int16) bool {
	switch code(answer) {
	case notController, requestTimedOut, leaderNotAvailable, unknownTopicOrPartition,
		coordinatorLoading, coordinatorNotAvailable, notCoordinator:
		return true
	}
	return false
}
