package kube

// Credentials: a kubeconfig given as an option, or the service account of the
// pod the charm runs in.

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

func kubeconfigError(format string, a ...any) error {
	return &Error{ErrKubeconfig, "cannot use the kubeconfig: " + fmt.Sprintf(format, a...)}
}

// atLine finds the only thing worth repeating of a YAML error: the rest of its
// text may quote the file, tokens included.
var atLine = regexp.MustCompile(`line \d+`)

// parseKubeconfig reads a kubeconfig of which every byte is there: what would
// make this process run a program or read a file of this machine is refused,
// because whoever sets a charm's option need not be trusted with that.
func parseKubeconfig(content []byte) (*rest.Config, error) {
	config, err := clientcmd.Load(content)
	if err != nil {
		return nil, kubeconfigError("%s", strings.TrimSuffix("it is not the YAML of a kubeconfig: look at "+atLine.FindString(err.Error()), ": look at "))
	}
	if err := chooseContext(config); err != nil {
		return nil, err
	}
	current := config.Contexts[config.CurrentContext]
	if current == nil {
		return nil, kubeconfigError("its current-context %q is not among its contexts", config.CurrentContext)
	}
	cluster := config.Clusters[current.Cluster]
	if cluster == nil {
		return nil, kubeconfigError("its context %q names a cluster %q that is not there", config.CurrentContext, current.Cluster)
	}
	user := config.AuthInfos[current.AuthInfo]
	if user == nil {
		return nil, kubeconfigError("its context %q names a user %q that is not there", config.CurrentContext, current.AuthInfo)
	}
	if err := refuseLocal(cluster, user); err != nil {
		return nil, err
	}
	server, err := url.Parse(cluster.Server)
	if err != nil || server.Host == "" || server.Scheme != "https" && server.Scheme != "http" {
		return nil, kubeconfigError("the server of its cluster %q is not an http(s) URL", current.Cluster)
	}
	restConfig, err := clientcmd.NewNonInteractiveClientConfig(*config, config.CurrentContext, nil, nil).ClientConfig()
	if err != nil {
		return nil, kubeconfigError("its certificates or credentials contradict each other")
	}
	return restConfig, nil
}

// chooseContext lets a file with one context do without naming it.
func chooseContext(config *api.Config) error {
	if len(config.Contexts) == 0 {
		return kubeconfigError("it has no context")
	}
	if config.CurrentContext != "" {
		return nil
	}
	if len(config.Contexts) > 1 {
		return kubeconfigError("it has %d contexts and no current-context", len(config.Contexts))
	}
	for name := range config.Contexts {
		config.CurrentContext = name
	}
	return nil
}

func refuseLocal(cluster *api.Cluster, user *api.AuthInfo) error {
	if user.Exec != nil {
		return kubeconfigError("its user gets credentials by running a program (exec), which a charm does not do: give a token, such as of a service account")
	}
	if user.AuthProvider != nil {
		return kubeconfigError("its user needs an auth-provider: give a token, such as of a service account")
	}
	files := []struct{ field, path string }{
		{"certificate-authority", cluster.CertificateAuthority},
		{"client-certificate", user.ClientCertificate},
		{"client-key", user.ClientKey},
		{"tokenFile", user.TokenFile},
	}
	for _, f := range files {
		if f.path != "" {
			return kubeconfigError("its %s is a file of another machine: put the content in, as kubectl config view --flatten --minify does", f.field)
		}
	}
	return nil
}

// serviceAccountDir is where Kubernetes mounts a pod's own credentials.
const serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// inCluster uses the credentials of the pod this process runs in. Juju hands
// hooks the variables Kubernetes sets when its agent has them; the DNS name
// works without.
func inCluster(dir string, getenv func(string) string) (*rest.Config, error) {
	token := filepath.Join(dir, "token")
	ca := filepath.Join(dir, "ca.crt")
	content, err := os.ReadFile(token)
	if err != nil {
		return nil, &Error{ErrKubeconfig, fmt.Sprintf(
			"cannot use the service account of this pod: %v: deploy with --trust in a Kubernetes model, or set kubeconfig", err)}
	}
	host := cmp.Or(getenv("KUBERNETES_SERVICE_HOST"), "kubernetes.default.svc")
	port := cmp.Or(getenv("KUBERNETES_SERVICE_PORT"), "443")
	return &rest.Config{
		Host:            "https://" + net.JoinHostPort(host, port),
		BearerToken:     string(content),
		BearerTokenFile: token,
		TLSClientConfig: rest.TLSClientConfig{CAFile: ca},
	}, nil
}
