package connectors_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// A cluster's credentials come from where connectors.yaml says, over TLS with
// both sides' certificates.
func TestConnectOptions(t *testing.T) {
	t.Setenv("TEST_CONNECT_PASSWORD", "pässword")
	t.Setenv("TEST_CONNECT_KEY", "key-1")
	var asked http.Header
	var peer string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header
		peer = r.TLS.PeerCertificates[0].Subject.CommonName
		_, _ = io.WriteString(w, `{"version": "4.0.0"}`)
	}))
	server.TLS.ClientAuth = 1 // any certificate
	t.Cleanup(server.Close)
	certificate, key := keyPair(t, "connectors")
	f := folder(t, map[string]string{
		"connectors/prod/a.json": "{}",
		"ca.pem":                 encode("CERTIFICATE", server.Certificate().Raw),
		"client.pem":             certificate,
		"client.key":             key,
		"connectors.yaml": fmt.Sprintf(`
environments:
  prod:
    clusters:
      main:
        urls: [%s]
        auth:
          basic: {username: ann, password: {env: TEST_CONNECT_PASSWORD}}
          headers: {x-key: {env: TEST_CONNECT_KEY}, X-Run: {command: [echo, "a b"]}}
        tls: {ca: ca.pem, certificate: client.pem, key: {file: client.key}, server-name: example.com}
`, server.URL),
	})
	o, err := environment(t, f, "prod").Clusters[0].ConnectOptions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	client, err := connect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Root(t.Context()); err != nil {
		t.Fatal(err)
	}
	user, password, _ := (&http.Request{Header: asked}).BasicAuth()
	if user != "ann" || password != "pässword" || asked.Get("X-Key") != "key-1" || asked.Get("X-Run") != "a b" || peer != "connectors" {
		t.Errorf("the worker was asked by %q with %q, %v, certificate %q", user, password, asked, peer)
	}
}

// What cannot be read is said together, without what was read.
func TestReferencesBroken(t *testing.T) {
	t.Parallel()
	f := folder(t, map[string]string{
		"connectors/prod/a.json": "{}",
		"empty":                  "\n",
		"large":                  strings.Repeat("x", 2<<20),
		"connectors.yaml": `
environments:
  prod:
    clusters:
      main:
        urls: [http://localhost]
        auth:
          basic: {username: {file: gone}, password: {env: TEST_CONNECT_NOT_SET}}
          headers:
            A: {file: empty}
            B: {file: large}
            C: {file: fifo}
            D: {command: [sh, -c, "echo secret; echo no vault >&2; exit 3"]}
            E: {command: [no-such-program]}
            F: {file: /}
      ca: {urls: [http://localhost], tls: {ca: empty}}
      nopem: {urls: [http://localhost], tls: {ca: large.txt}}
`,
	})
	testfile.Write(t, filepath.Join(f.Dir(), "large.txt"), "not PEM")
	if err := syscall.Mkfifo(filepath.Join(f.Dir(), "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, c := range environment(t, f, "prod").Clusters {
		if _, err := c.ConnectOptions(t.Context()); err != nil {
			got += err.Error() + "\n"
		}
	}
	testfile.Golden(t, "testdata/references-broken.txt", got)

	f.NoCommands = true
	_, err := environment(t, f, "prod").Clusters[1].ConnectOptions(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the command sh: commands are not run here") {
		t.Errorf("with commands refused: %v", err)
	}
}

func keyPair(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	template.Subject.CommonName = name
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", bytes)
}

func encode(kind string, bytes []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}))
}
