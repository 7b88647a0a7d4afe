package kube

// A connection to one Kubernetes API, and the one seam through which everything
// goes in and out.

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// Options say how to reach Kubernetes: exactly one of Kubeconfig and InCluster.
type Options struct {
	// Kubeconfig is the text of a kubeconfig whose certificates and tokens are
	// inside it: one that runs a program (exec) or names files is refused.
	Kubeconfig []byte
	// InCluster uses the service account of the pod this process runs in, and
	// reaches Services by their names.
	InCluster bool
	// ServiceAccountDir is where that account's token and CA are.
	// By default, /var/run/secrets/kubernetes.io/serviceaccount.
	ServiceAccountDir string
	// Timeout is the longest one request may take. By default, 10 s.
	Timeout time.Duration
	// Seam, when not nil, is called around every request: it calls do, or
	// fails instead. The effect is text such as "kube: apply statefulset/ns/name".
	Seam func(ctx context.Context, effect string, do func() error) error
	// Before is asked before each request that writes. Its error ends the call,
	// is returned untouched, and nothing is sent. By default, not asked.
	Before func(ctx context.Context) error
}

// Client talks to one Kubernetes API. It is safe for concurrent use.
type Client struct {
	rest      *rest.RESTClient
	http      *http.Client
	host      string
	inCluster bool
	timeout   time.Duration
	seam      func(ctx context.Context, effect string, do func() error) error
	before    func(ctx context.Context) error
}

// Connect prepares a client; it sends nothing. Its errors are of kind
// [ErrKubeconfig], say what is wrong, and quote nothing of the credentials.
func Connect(o Options) (*Client, error) {
	config, err := o.restConfig()
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	v1 := schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, v1)
	config.GroupVersion = &v1
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.UserAgent = FieldManager
	config.QPS = -1 // a hook sends a dozen requests; waiting between them helps nobody
	config.WarningHandler = rest.NoWarnings{}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, kubeconfigError("its certificate, key or proxy-url cannot be read")
	}
	restClient, err := rest.RESTClientForConfigAndClient(config, client)
	if err != nil {
		return nil, kubeconfigError("its server is not a URL that can be called")
	}
	return &Client{
		rest:      restClient,
		http:      client,
		host:      restClient.Get().AbsPath("/").URL().Host,
		inCluster: o.InCluster,
		timeout:   cmp.Or(o.Timeout, 10*time.Second),
		seam:      o.Seam,
		before:    o.Before,
	}, nil
}

func (o Options) restConfig() (*rest.Config, error) {
	switch {
	case len(o.Kubeconfig) > 0 && o.InCluster:
		return nil, &Error{ErrKubeconfig, "cannot choose between the kubeconfig and the service account of this pod: both are given"}
	case len(o.Kubeconfig) > 0:
		return parseKubeconfig(o.Kubeconfig)
	case o.InCluster:
		return inCluster(cmp.Or(o.ServiceAccountDir, serviceAccountDir), os.Getenv)
	}
	return nil, &Error{ErrKubeconfig, "cannot reach Kubernetes: neither a kubeconfig nor a service account is given"}
}

// Close lets go of idle connections. The client remains usable.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// do runs one effect through the seam.
func (c *Client) do(ctx context.Context, effect string, do func() error) error {
	if c.seam == nil {
		return do()
	}
	return c.seam(ctx, effect, do)
}
