package connectors

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/connectcharm/kafka-connect-base/helpers/connect"
	"github.com/connectcharm/kafka-connect-base/internal/nearest"
)

// DefaultCluster is the name of the cluster of an environment that
// connectors.yaml does not describe.
const DefaultCluster = "default"

// An Environment is a folder of connectors and the clusters they go to.
type Environment struct {
	// Name is the folder's, under connectors/.
	Name string
	// Clusters are sorted by name; there is at least one. Who means only some
	// of them leaves out the others.
	Clusters []*Cluster
	// Policy says what may be done to the connectors of its clusters. Who
	// knows better, from flags, changes it before Load and NewPlan.
	Policy Policy

	described []*Cluster // all of them
	variables map[string]variable
	folder    *Folder
}

// A Cluster is a Connect cluster.
type Cluster struct {
	// Name is unique in its environment.
	Name string
	// URLs are the workers' addresses. There may be none: the caller then has
	// to know them.
	URLs []string

	auth   *authSettings
	tls    *tlsSettings
	files  []filePattern
	folder *Folder
}

// environment puts together what an environment says with the defaults.
func (f *Folder) environment(name string) *Environment {
	own, defaults := f.settings.Environments[name], f.settings.Defaults
	e := &Environment{
		Name: name, folder: f, variables: map[string]variable{},
		Policy: policy(own.Policy.or(defaults.Policy)),
	}
	if owner := f.Owner(); owner != "" {
		e.SetOwner(owner)
	}
	maps.Copy(e.variables, defaults.Variables)
	maps.Copy(e.variables, own.Variables)
	clusters := own.Clusters
	if len(clusters) == 0 {
		clusters = defaults.Clusters
	}
	for _, cluster := range slices.Sorted(maps.Keys(clusters)) {
		e.Clusters = append(e.Clusters, f.cluster(name, cluster, clusters[cluster].or(defaults.Clusters[cluster])))
	}
	if len(e.Clusters) == 0 {
		e.Clusters = []*Cluster{{Name: DefaultCluster, folder: f}}
	}
	e.described = slices.Clone(e.Clusters)
	return e
}

func (f *Folder) cluster(environment, name string, s clusterSettings) *Cluster {
	c := &Cluster{Name: name, auth: s.Auth, tls: s.TLS, files: s.Files, folder: f}
	for _, url := range s.URLs {
		c.URLs = append(c.URLs, url.inEnvironment(environment))
	}
	return c
}

// or takes what is left out from the defaults.
func (s clusterSettings) or(defaults clusterSettings) clusterSettings {
	if len(s.URLs) == 0 {
		s.URLs = defaults.URLs
	}
	if s.Auth == nil {
		s.Auth = defaults.Auth
	}
	if s.TLS == nil {
		s.TLS = defaults.TLS
	}
	if s.Files == nil {
		s.Files = defaults.Files
	}
	return s
}

func (s policySettings) or(defaults policySettings) policySettings {
	if s.WithoutOwner == nil {
		s.WithoutOwner = defaults.WithoutOwner
	}
	if s.IgnoreKeys == nil {
		s.IgnoreKeys = defaults.IgnoreKeys
	}
	return policySettings{
		Prune: first(s.Prune, defaults.Prune), MaxDelete: first(s.MaxDelete, defaults.MaxDelete),
		Adopt: first(s.Adopt, defaults.Adopt), AllowPasswords: first(s.AllowPasswords, defaults.AllowPasswords),
		MaxUnavailable: first(s.MaxUnavailable, defaults.MaxUnavailable),
		WithoutOwner:   s.WithoutOwner, IgnoreKeys: s.IgnoreKeys,
	}
}

func first[T any](value, otherwise *T) *T {
	if value != nil {
		return value
	}
	return otherwise
}

func policy(s policySettings) Policy {
	p := Policy{WithoutOwner: slices.Clone(s.WithoutOwner)}
	for _, pattern := range s.IgnoreKeys {
		p.IgnoreKeys = append(p.IgnoreKeys, string(pattern))
	}
	p.Prune, p.Adopt, p.AllowPasswords = value(s.Prune), value(s.Adopt), value(s.AllowPasswords)
	p.MaxDelete, p.MaxUnavailable = float64(value(s.MaxDelete)), int(value(s.MaxUnavailable))
	return p
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// SetOwner makes the policy write "<owner>/<environment>" to connectors, and
// nothing where the owner is "". See [CheckOwner] for what may be one.
func (e *Environment) SetOwner(owner string) {
	e.Policy.Owner = ""
	if owner != "" {
		e.Policy.Owner = owner + "/" + e.Name
	}
}

// Cluster gives the cluster of a name, or the only one for "".
func (e *Environment) Cluster(name string) (*Cluster, error) {
	var names []string
	for _, c := range e.Clusters {
		if c.Name == name || name == "" && len(e.Clusters) == 1 {
			return c, nil
		}
		names = append(names, c.Name)
	}
	if name == "" {
		return nil, fmt.Errorf("cannot tell which cluster of %q is meant: name one of %s", e.Name, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("cannot use the cluster %q: %q has none of that name%s", name, e.Name, nearest.Hint(name, names))
}

// takes says whether one of the environment's files goes to this cluster.
func (c *Cluster) takes(environment, file string) bool {
	relative := strings.TrimPrefix(file, FilesFolder+"/"+environment+"/")
	return len(c.files) == 0 || slices.ContainsFunc(c.files, func(p filePattern) bool { return p.matches(relative) })
}

// ConnectOptions gives what a client of the cluster needs, and reads the
// credentials for it. What cannot be read is reported together.
func (c *Cluster) ConnectOptions(ctx context.Context) (connect.Options, error) {
	o := connect.Options{URLs: slices.Clone(c.URLs)}
	if len(o.URLs) == 0 {
		return o, fmt.Errorf("cannot reach the cluster %q: give its URL, or describe it in %s", c.Name, SettingsFile)
	}
	auth, authErr := c.auth.resolve(ctx, c.folder)
	config, tlsErr := c.tls.resolve(ctx, c.folder)
	if err := errors.Join(authErr, tlsErr); err != nil {
		return o, fmt.Errorf("cannot reach the cluster %q: %w", c.Name, err)
	}
	o.Auth = auth
	if config != nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.TLSClientConfig = config
		transport.MaxIdleConnsPerHost = 64 // as many as write at once
		transport.DialContext = (&net.Dialer{Timeout: 5 * time.Second}).DialContext
		o.HTTP = &http.Client{Transport: transport}
	}
	return o, nil
}

func (a *authSettings) resolve(ctx context.Context, f *Folder) (auth connect.Auth, err error) {
	if a == nil {
		return auth, nil
	}
	read := func(r interface {
		resolve(context.Context, *Folder) (string, error)
	}) string {
		text, failed := r.resolve(ctx, f)
		err = errors.Join(err, failed)
		return text
	}
	if a.Basic != nil {
		auth.Username, auth.Password = read(a.Basic.Username), read(a.Basic.Password)
	}
	if a.Bearer != nil {
		auth.Token = read(a.Bearer)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		if auth.Header == nil {
			auth.Header = http.Header{}
		}
		auth.Header.Set(name, read(a.Headers[name]))
	}
	return auth, err
}

func (t *tlsSettings) resolve(ctx context.Context, f *Folder) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.Insecure}
	if !t.CA.empty() {
		pem, err := t.CA.resolve(ctx, f)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM([]byte(pem)) {
			return nil, fmt.Errorf("cannot use %s as certificates of authorities: there is none in PEM", t.CA)
		}
	}
	if !t.Certificate.empty() {
		certificate, err := t.Certificate.resolve(ctx, f)
		key, keyErr := t.Key.resolve(ctx, f)
		if err := errors.Join(err, keyErr); err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair([]byte(certificate), []byte(key))
		if err != nil {
			return nil, fmt.Errorf("cannot use %s with %s: %w", t.Certificate, t.Key, err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
