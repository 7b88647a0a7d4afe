package kube_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// kubeconfigWith is a good one with one part replaced.
func kubeconfigWith(t *testing.T, change func(config, cluster, user map[string]any)) []byte {
	t.Helper()
	cluster := map[string]any{"server": "https://192.0.2.1:6443"}
	user := map[string]any{"token": "hunter2"}
	config := map[string]any{
		"apiVersion": "v1", "kind": "Config", "current-context": "a",
		"contexts": []any{map[string]any{"name": "a", "context": map[string]any{"cluster": "c", "user": "u"}}},
		"clusters": []any{map[string]any{"name": "c", "cluster": cluster}},
		"users":    []any{map[string]any{"name": "u", "user": user}},
	}
	change(config, cluster, user)
	content, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestKubeconfigsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(config, cluster, user map[string]any)
		want   string
	}{
		"no context":        {func(c, _, _ map[string]any) { delete(c, "contexts") }, "it has no context"},
		"context not there": {func(c, _, _ map[string]any) { c["current-context"] = "b" }, `its current-context "b" is not among its contexts`},
		"cluster not there": {func(c, _, _ map[string]any) { delete(c, "clusters") }, `its context "a" names a cluster "c" that is not there`},
		"user not there":    {func(c, _, _ map[string]any) { delete(c, "users") }, `its context "a" names a user "u" that is not there`},
		"no server":         {func(_, c, _ map[string]any) { c["server"] = "192.0.2.1" }, `the server of its cluster "c" is not an http(s) URL`},
		"program": {func(_, _, u map[string]any) {
			u["exec"] = map[string]any{"command": "aws", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
		}, "running a program (exec)"},
		"auth provider":    {func(_, _, u map[string]any) { u["auth-provider"] = map[string]any{"name": "gcp"} }, "auth-provider"},
		"CA file":          {func(_, c, _ map[string]any) { c["certificate-authority"] = "/etc/passwd" }, "its certificate-authority is a file of another machine"},
		"certificate file": {func(_, _, u map[string]any) { u["client-certificate"] = "c.pem" }, "its client-certificate is a file"},
		"key file":         {func(_, _, u map[string]any) { u["client-key"] = "k.pem" }, "its client-key is a file"},
		"token file":       {func(_, _, u map[string]any) { u["tokenFile"] = "/etc/shadow" }, "its tokenFile is a file"},
		"bad CA":           {func(_, c, _ map[string]any) { c["certificate-authority-data"] = []byte("hunter2") }, "cannot be read"},
		"not base64":       {func(_, c, _ map[string]any) { c["certificate-authority-data"] = "hunter2!" }, "it is not the YAML of a kubeconfig"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := kube.Connect(kube.Options{Kubeconfig: kubeconfigWith(t, c.change)})
			if !errors.Is(err, kube.ErrKubeconfig) || !strings.HasPrefix(err.Error(), "cannot use the kubeconfig: ") ||
				!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestKubeconfigsThatAreNotYAMLAreNotQuoted(t *testing.T) {
	t.Parallel()
	for _, content := range []string{
		"a: b: hunter2", "hunter2", "- hunter2", "users: hunter2", "users: [{name: u, user: {token: [hunter2]}}]", "{", "\x00hunter2",
	} {
		_, err := kube.Connect(kube.Options{Kubeconfig: []byte(content)})
		if !errors.Is(err, kube.ErrKubeconfig) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestKubeconfigWithOneContextNeedNotNameIt(t *testing.T) {
	t.Parallel()
	content := kubeconfigWith(t, func(c, _, _ map[string]any) { delete(c, "current-context") })
	if _, err := kube.Connect(kube.Options{Kubeconfig: content}); err != nil {
		t.Error(err)
	}
}

func TestConnectNeedsOneWayIn(t *testing.T) {
	t.Parallel()
	for _, o := range []kube.Options{
		{},
		{InCluster: true, ServiceAccountDir: "/nowhere"},
		{InCluster: true, Kubeconfig: kubeconfigWith(t, func(_, _, _ map[string]any) {})},
	} {
		if _, err := kube.Connect(o); !errors.Is(err, kube.ErrKubeconfig) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// The service account of a pod: its token and CA from files, the address from
// the variables Kubernetes sets.
func TestConnectInCluster(t *testing.T) {
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}})
	dir := t.TempDir()
	for name, content := range map[string][]byte{"token": []byte("admin-token\n"), "ca.crt": server.CA()} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host, port, _ := strings.Cut(strings.TrimPrefix(server.URL(), "https://"), ":")
	t.Setenv("KUBERNETES_SERVICE_HOST", host)
	t.Setenv("KUBERNETES_SERVICE_PORT", port)
	client, err := kube.Connect(kube.Options{InCluster: true, ServiceAccountDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, client, example())
	base, _, err := client.Transport(t.Context(), example())
	if err != nil || base != "http://mongo-connect.data.svc:8083" {
		t.Errorf("Transport: %q, %v", base, err)
	}
}
