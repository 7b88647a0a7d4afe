package juju_test

// The agent's socket of a Kubernetes operator: tcp with TLS, the certificate
// made for the application's name.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/juju"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		certificateFor string
		processes      int
	}{
		"the application's": {"kc", 0},
		"somebody else's":   {"other", 1}, // not to be trusted: the tools are run instead
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			agent := start(t)
			agent.Leader = true
			environ := agent.Environ("install", nil)
			address, authority := tlsFront(t, c.certificateFor, environ["JUJU_AGENT_SOCKET_ADDRESS"])
			environ["JUJU_AGENT_SOCKET_NETWORK"], environ["JUJU_AGENT_SOCKET_ADDRESS"] = "tcp", address
			environ["JUJU_AGENT_CA_CERT"] = authority
			tools := juju.Open(readEnv(t, environ), juju.Options{})
			defer tools.Close()
			stdout, err := tools.Call(t.Context(), juju.Call{Tool: "is-leader", Args: []string{"--format=json"}})
			if err != nil || string(stdout) != "true\n" {
				t.Fatalf("%q, %v", stdout, err)
			}
			if stats := tools.Stats(); stats.Processes != c.processes {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// tlsFront hands connections on to a unix socket.
func tlsFront(t *testing.T, name, socket string) (address, authority string) {
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	authority = filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	listener := must[net.Listener](t)(tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}))
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go forward(conn, socket)
		}
	}()
	return listener.Addr().String(), authority
}

func forward(conn net.Conn, socket string) {
	defer conn.Close()
	back, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer back.Close()
	go func() { _, _ = io.Copy(back, conn) }()
	_, _ = io.Copy(conn, back)
}
