package main

// The API server, with the flags a real one is started with.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	_ "k8s.io/component-base/logs/json/register" // the options offer this format and check that it is there
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	apioptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

type api struct {
	address string // host:port
	keys    keys
	done    chan struct{} // closed when it has ended
	err     error         // how, once done is closed
}

// egressConfig sends what goes to pods through our socket.
const egressConfig = `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: %q
`

// startAPI starts the API server; it ends with ctx. There can be one in a
// process: it registers itself with packages of its own.
func startAPI(ctx context.Context, at site) (*api, error) {
	dir := at.dir
	k, err := writeKeys(dir)
	if err != nil {
		return nil, err
	}
	egress := filepath.Join(dir, "egress.yaml")
	if err := os.WriteFile(egress, fmt.Appendf(nil, egressConfig, filepath.Join(dir, "egress")), 0o600); err != nil {
		return nil, fmt.Errorf("cannot write the egress configuration: %w", err)
	}
	s := apioptions.NewServerRunOptions()
	s.SecureServing.Listener = at.listener
	flags := pflag.NewFlagSet("kube-apiserver", pflag.ContinueOnError)
	for _, set := range s.Flags().FlagSets {
		flags.AddFlagSet(set)
	}
	if err := flags.Parse([]string{
		"--etcd-servers=http://" + at.etcd,
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1",
		"--tls-cert-file=" + k.caFile, "--tls-private-key-file=" + k.keyFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + k.accountKey, "--service-account-signing-key-file=" + k.accountKey,
		"--token-auth-file=" + k.tokenFile, "--authorization-mode=RBAC",
		"--egress-selector-config-file=" + egress,
		"--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none",
		"--enable-priority-and-fairness=false", "--profiling=false", "--shutdown-delay-duration=0s",
	}); err != nil {
		return nil, fmt.Errorf("cannot set the API server's flags: %w", err)
	}
	if err := s.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, fmt.Errorf("cannot set the API server's features: %w", err)
	}
	completed, err := s.Complete(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot complete the API server's options: %w", err)
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return nil, fmt.Errorf("cannot use the API server's options: %w", errors.Join(errs...))
	}
	a := &api{address: at.listener.Addr().String(), keys: k, done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.err = app.Run(ctx, completed)
	}()
	return a, nil
}

func (a *api) url() string { return "https://" + a.address }

// config is an administrator's.
func (a *api) config() *rest.Config {
	return &rest.Config{
		Host: a.url(), BearerToken: a.keys.token, QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{CAFile: a.keys.caFile},
		WarningHandler:  rest.NoWarnings{},
	}
}

// kubeconfig is an administrator's too.
func (a *api) kubeconfig() []byte {
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: kubelite, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: admin, user: {token: %q}}]
contexts: [{name: kubelite, context: {cluster: kubelite, user: admin}}]
current-context: kubelite
`, a.url(), base64.StdEncoding.EncodeToString([]byte(a.keys.ca)), a.keys.token)
}

// wait returns the version once the API server is ready.
func (a *api) wait(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	client, err := discovery.NewDiscoveryClientForConfig(a.config())
	if err != nil {
		return "", fmt.Errorf("cannot make a client: %w", err)
	}
	for {
		_, err := client.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("cannot wait for the API server any longer: %w", errors.Join(context.Cause(ctx), err))
		case <-time.After(20 * time.Millisecond):
		}
	}
	version, err := client.ServerVersion()
	if err != nil {
		return "", fmt.Errorf("cannot ask the API server for its version: %w", err)
	}
	return version.GitVersion, nil
}
