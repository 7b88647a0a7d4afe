package main

// The keys of one run: the API server's certificate, the key that signs service
// accounts' tokens, an administrator's token.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

type keys struct {
	caFile, keyFile       string // the API server's own certificate is its CA
	accountKey, tokenFile string
	ca, token             string
}

func writeKeys(dir string) (keys, error) {
	k := keys{
		caFile: filepath.Join(dir, "tls.crt"), keyFile: filepath.Join(dir, "tls.key"),
		accountKey: filepath.Join(dir, "accounts.key"), tokenFile: filepath.Join(dir, "tokens.csv"),
	}
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return k, fmt.Errorf("cannot make a token: %w", err)
	}
	k.token = hex.EncodeToString(random)
	certificate, key, err := selfSigned()
	if err != nil {
		return k, err
	}
	accounts, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return k, fmt.Errorf("cannot make the key of service accounts: %w", err)
	}
	k.ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}))
	for file, content := range map[string][]byte{
		k.caFile:     []byte(k.ca),
		k.keyFile:    pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key}),
		k.accountKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(accounts)}),
		k.tokenFile:  []byte(k.token + ",admin,admin,system:masters\n"),
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			return k, fmt.Errorf("cannot write a key: %w", err)
		}
	}
	return k, nil
}

func selfSigned() (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make the API server's key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubelite"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.ParseIP(apiAddress)},
		DNSNames:    []string{"localhost", "kubernetes.default.svc", "kubernetes.default.svc." + domain},
		IsCA:        true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	certificate, err = x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot make the API server's certificate: %w", err)
	}
	key, err = x509.MarshalECPrivateKey(private)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot write the API server's key: %w", err)
	}
	return certificate, key, nil
}
