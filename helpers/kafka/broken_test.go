package kafka_test

// Brokers that are not there, not well or not brokers: each must be named for what it is, soon.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/charmtest/kafkatest"
	"github.com/connectcharm/kafka-connect-base/helpers/kafka"
)

// serve answers every connection with f, and closes it.
func serve(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				f(conn)
			}()
		}
	}()
	return ln.Addr().String()
}

func nobody(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func silent(t *testing.T) string {
	return serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestBrokenBrokers(t *testing.T) {
	t.Parallel()
	after := func(first string, rest func(net.Conn)) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, first)
			rest(c)
		}
	}
	leave := func(net.Conn) {}
	stay := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for name, test := range map[string]struct {
		addr string
		kind error
		says string
	}{
		"nobody":         {nobody(t), kafka.ErrUnreachable, "refuses connections: is Kafka running"},
		"no port":        {"127.0.0.1", kafka.ErrUnreachable, "missing port"},
		"silent":         {silent(t), kafka.ErrSilent, "accepts connections and does not answer in time"},
		"hangs up":       {serve(t, leave), kafka.ErrNotKafka, "closes the connection at the first request"},
		"TLS":            {kafkatest.New(t, kafkatest.Options{TLS: certificate(t)}).Addrs()[0], kafka.ErrTLS, "wants TLS"},
		"SASL":           {kafkatest.New(t, kafkatest.Options{SASL: true}).Addrs()[0], kafka.ErrAuth, "a user and a password"},
		"web server":     {serve(t, after("HTTP/1.1 400 Bad Request\r\n\r\n", leave)), kafka.ErrNotKafka, `beginning with "HTTP/1.1`},
		"garbage":        {serve(t, after("\xff\xff\xff\xff\xff\xff\xff\xff\xff", stay)), kafka.ErrNotKafka, "does not speak Kafka"},
		"huge":           {serve(t, after("\x7f\xff\xff\xff\x00\x00\x00\x01", stay)), kafka.ErrNotKafka, "does not speak Kafka"},
		"other answer":   {serve(t, after("\x00\x00\x00\x09\x00\x00\x00\x07\x00", stay)), kafka.ErrNotKafka, "does not speak Kafka"},
		"half an answer": {serve(t, after("\x00\x00\x00\x09\x00\x00\x00\x01\x00", leave)), kafka.ErrNotKafka, "closes the connection"},
		"stuck answer":   {serve(t, after("\x00\x00", stay)), kafka.ErrSilent, "does not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const timeout = 400 * time.Millisecond
			admin := open(t, kafka.Config{Brokers: []string{test.addr}, Timeout: timeout})
			begun := time.Now()
			_, err := admin.Brokers(t.Context())
			if took := time.Since(begun); took > timeout+2*time.Second {
				t.Errorf("took %s", took)
			}
			var e *kafka.Error
			if !errors.As(err, &e) || !errors.Is(err, test.kind) || e.Broker != test.addr {
				t.Fatalf("kind: %v", err)
			}
			if !strings.HasPrefix(err.Error(), "cannot list the Kafka brokers: "+test.addr+" ") ||
				!strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the operator reads: %v", err)
			}
		})
	}
}

func TestNoBrokersKnown(t *testing.T) {
	t.Parallel()
	_, err := open(t, kafka.Config{}).Brokers(t.Context())
	if !errors.Is(err, kafka.ErrUnreachable) {
		t.Error(err)
	}
}

// TestDeadNextToLive: the dead ones cost a moment, the time-out never.
func TestDeadNextToLive(t *testing.T) {
	t.Parallel()
	live := kafkatest.New(t, kafkatest.Options{}).Addrs()[0]
	for range 3 {
		admin := open(t, kafka.Config{Brokers: []string{nobody(t), silent(t), nobody(t), live}, Timeout: 20 * time.Second})
		begun := time.Now()
		if _, err := admin.Brokers(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
	}
}

func TestAllDead(t *testing.T) {
	t.Parallel()
	dead, mute := nobody(t), silent(t)
	_, err := open(t, kafka.Config{Brokers: []string{dead, mute}, Timeout: time.Second}).Brokers(t.Context())
	if !errors.Is(err, kafka.ErrUnreachable) || !errors.Is(err, kafka.ErrSilent) {
		t.Error(err)
	}
	for _, addr := range []string{dead, mute} {
		if !strings.Contains(err.Error(), addr) {
			t.Errorf("%s is not named: %v", addr, err)
		}
	}
}

func TestContextBounds(t *testing.T) {
	t.Parallel()
	admin := open(t, kafka.Config{Brokers: []string{silent(t)}, Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := admin.Brokers(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, kafka.ErrSilent) {
		t.Errorf("a deadline: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := admin.Brokers(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancellation: %v", err)
	}
}

// TestBreaksInBetween: what happens after a broker was found well.
func TestBreaksInBetween(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		request string
		call    func(*kafka.Admin, context.Context) error
	}{
		{"Metadata", func(a *kafka.Admin, ctx context.Context) error { _, err := a.Brokers(ctx); return err }},
		{"CreateTopics", func(a *kafka.Admin, ctx context.Context) error {
			return a.Create(ctx, kafka.Topic{Name: "a", Partitions: 1, ReplicationFactor: 1})
		}},
		{"DescribeConfigs", func(a *kafka.Admin, ctx context.Context) error { _, err := a.Topics(ctx, "there"); return err }},
		{"DescribeGroups", func(a *kafka.Admin, ctx context.Context) error { _, err := a.Group(ctx, "g"); return err }},
	} {
		t.Run(test.request, func(t *testing.T) {
			t.Parallel()
			cluster := kafkatest.New(t, kafkatest.Options{})
			if err := cluster.CreateTopic(kafka.Topic{Name: "there", Partitions: 1, ReplicationFactor: 1}); err != nil {
				t.Fatal(err)
			}
			admin := open(t, kafka.Config{Brokers: cluster.Addrs(), Timeout: 300 * time.Millisecond})
			cluster.HangUp(test.request, 1)
			if err := test.call(admin, t.Context()); err != nil {
				t.Errorf("one lost connection: %v", err)
			}
			cluster.KeepSilent(test.request, 1)
			if err := test.call(admin, t.Context()); !errors.Is(err, kafka.ErrSilent) {
				t.Errorf("silence: %v", err)
			}
			cluster.HangUp(test.request, -1)
			var e *kafka.Error
			if err := test.call(admin, t.Context()); !errors.As(err, &e) {
				t.Errorf("no answer ever: %v", err)
			}
			cluster.Heal()
			if err := test.call(admin, t.Context()); err != nil {
				t.Errorf("healed: %v", err)
			}
		})
	}
}
