package kubetest

// The server: its certificate, its users, its life.

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// Options of a server. The zero value is a working one.
type Options struct {
	// Runtime runs the pods. By default, every pod is ready at once and
	// listens nowhere.
	Runtime Runtime
	// Namespaces that exist besides "default".
	Namespaces []string
	// Addr to listen on. By default, a free port of 127.0.0.1.
	Addr string
}

// Server is one Kubernetes API. All methods may be called concurrently.
type Server struct {
	scheme    *runtime.Scheme
	converter managedfields.TypeConverter
	kinds     map[string]*kind // by resource
	store     *store
	runtime   Runtime

	paused  bool // guarded by the store's mu
	url     string
	ca      []byte
	http    *http.Server
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	managers map[*kind]*managedfields.FieldManager
	users    map[string]*user // by token
	calls    []Call
	faults   []*Fault
	pods     map[types.UID]*podRun
	revs     map[string]corev1.PodTemplateSpec // by revision name
}

type user struct {
	name  string
	admin bool
	rules []rbacv1.PolicyRule
}

// Start starts a server; the caller closes it.
func Start(o Options) (*Server, error) {
	scheme, err := newScheme()
	if err != nil {
		return nil, fmt.Errorf("cannot start the Kubernetes API: %w", err)
	}
	s := &Server{
		scheme:    scheme,
		converter: applyconfigurations.NewTypeConverter(scheme),
		kinds:     map[string]*kind{},
		store:     newStore(),
		runtime:   o.Runtime,
		managers:  map[*kind]*managedfields.FieldManager{},
		users:     map[string]*user{},
		pods:      map[types.UID]*podRun{},
		revs:      map[string]corev1.PodTemplateSpec{},
	}
	if s.runtime == nil {
		s.runtime = idle{}
	}
	for _, k := range allKinds() {
		s.kinds[k.resource] = k
	}
	s.users["admin-token"] = &user{name: "admin", admin: true}
	for _, name := range append([]string{"default"}, o.Namespaces...) {
		if err := s.addNamespace(name); err != nil {
			return nil, err
		}
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if err := s.listen(o.Addr); err != nil {
		return nil, fmt.Errorf("cannot start the Kubernetes API: %w", err)
	}
	return s, nil
}

func (s *Server) listen(addr string) error {
	certificate, ca, err := newCertificate()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	s.ca, s.stop, s.url = ca, stop, "https://"+listener.Addr().String()
	s.http = &http.Server{
		Handler:     http.HandlerFunc(s.serve),
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(io.Discard, "", 0), // clients that go away in the middle are part of the tests
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	s.running.Go(func() { s.control(ctx) })
	s.running.Go(func() {
		// ErrServerClosed is the only way this ends.
		_ = s.http.ServeTLS(listener, "", "")
	})
	return nil
}

// Close stops the pods and the server, and waits for both.
func (s *Server) Close() {
	s.stop()
	_ = s.http.Close() // closing connections is all there is to fail at
	s.running.Wait()
}

// URL is the server's address.
func (s *Server) URL() string { return s.url }

// Kubeconfig is a kubeconfig of a user who may do everything.
func (s *Server) Kubeconfig() []byte { return s.kubeconfig("admin-token") }

// Config is the same for client-go.
func (s *Server) Config() *rest.Config {
	return &rest.Config{
		Host: s.url, BearerToken: "admin-token", QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: s.ca},
	}
}

// CA is the certificate that signs the server's, in PEM.
func (s *Server) CA() []byte { return s.ca }

// AddUser adds a user who may do what the rules say and nothing else, as a
// ClusterRole bound in the whole cluster would let it, and returns its token
// and its kubeconfig. Calling it again replaces the rules.
func (s *Server) AddUser(name string, rules ...rbacv1.PolicyRule) (token string, kubeconfig []byte) {
	token = name + "-token"
	s.mu.Lock()
	s.users[token] = &user{name: name, rules: rules}
	s.mu.Unlock()
	return token, s.kubeconfig(token)
}

func (s *Server) kubeconfig(token string) []byte {
	content, err := yaml.Marshal(map[string]any{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": "kubetest",
		"clusters": []any{map[string]any{"name": "kubetest", "cluster": map[string]any{
			"server": s.url, "certificate-authority-data": s.ca}}},
		"users":    []any{map[string]any{"name": "user", "user": map[string]any{"token": token}}},
		"contexts": []any{map[string]any{"name": "kubetest", "context": map[string]any{"cluster": "kubetest", "user": "user"}}},
	})
	if err != nil {
		panic(err) // maps of strings and bytes always marshal
	}
	return content
}

func (s *Server) addNamespace(name string) error {
	k := key{s.kinds["namespaces"], types.NamespacedName{Name: name}}
	_, _, _, err := s.write(k, s.updateEdit(k, "kubetest", true, func(runtime.Object) (runtime.Object, error) {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, nil
	}))
	if err != nil {
		return fmt.Errorf("cannot create namespace %q: %w", name, err)
	}
	return nil
}

func (s *Server) fieldManager(k *kind) (*managedfields.FieldManager, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.managers[k]; m != nil {
		return m, nil
	}
	m, err := managedfields.NewDefaultFieldManager(s.converter, s.scheme, defaulter{}, s.scheme,
		k.GroupVersionKind, k.GroupVersion(), "", nil)
	if err == nil {
		s.managers[k] = m
	}
	return m, err
}

// newCertificate makes one that signs itself, valid for loopback.
func newCertificate() (tls.Certificate, []byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "kubetest"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		DNSNames:              []string{"localhost", "kubernetes.default.svc"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private},
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
