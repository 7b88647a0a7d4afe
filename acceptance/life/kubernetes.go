package main

// Kubernetes: the program kubelite, and what an administrator asks of it.

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// namespace is where the workers are: the model's name.
const namespace = "test"

// cluster is a running Kubernetes.
type cluster struct {
	Server  string
	CA      string
	Token   string // of an administrator
	Version string

	cmd    *exec.Cmd
	stdin  io.Closer
	client *http.Client
}

func startCluster(root, dir, images string) (*cluster, error) {
	c := &cluster{cmd: exec.Command(built(root, "kubelite"), "-dir", dir, "-images", images)}
	c.cmd.Stderr = os.Stderr
	stdin, err := c.cmd.StdinPipe()
	stdout, wrong := c.cmd.StdoutPipe()
	if err := errors.Join(err, wrong, os.Mkdir(dir, 0o755)); err != nil {
		return nil, fmt.Errorf("cannot start Kubernetes: %w", err)
	}
	c.stdin = stdin
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start Kubernetes: %w", err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, c)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot start Kubernetes: %w", err), c.close())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(c.CA))
	c.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	return c, nil
}

// close ends it and its pods.
func (c *cluster) close() error {
	_ = c.stdin.Close()
	kill := time.AfterFunc(time.Minute, func() { _ = c.cmd.Process.Kill() })
	defer kill.Stop()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("cannot end Kubernetes in good order: %w", err)
	}
	return nil
}

// call asks as an administrator. An answer that is no success is an error.
func (c *cluster) call(ctx context.Context, method, path string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Server+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("cannot %s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return &refusal{method + " " + path, response.StatusCode, string(said)}
	}
	if answer == nil || len(said) == 0 {
		return nil
	}
	return json.Unmarshal(said, answer)
}

// refusal is an answer that is no success.
type refusal struct {
	what string
	code int
	body string
}

func (r *refusal) Error() string { return fmt.Sprintf("cannot %s: %d %s", r.what, r.code, r.body) }

// object is any object of Kubernetes.
type object struct {
	Metadata struct {
		Name, UID, DeletionTimestamp string
		Generation                   int
	}
	Spec   struct{ Replicas int }
	Status struct {
		PodIP             string
		Conditions        []struct{ Type, Status string }
		ContainerStatuses []struct {
			ContainerID  string
			RestartCount int
			State        struct {
				Waiting *struct{ Reason, Message string }
			}
		}
	}
}

// ready is for pods.
func (o object) ready() bool {
	for _, c := range o.Status.Conditions {
		if c.Type == "Ready" {
			return c.Status == "True" && o.Metadata.DeletionTimestamp == ""
		}
	}
	return false
}

// resources are what the charm applies, and what follows from it.
var resources = [...]struct{ kind, api, plural string }{
	{"StatefulSet", "apis/apps/v1", "statefulsets"}, {"Service", "api/v1", "services"},
	{"PodDisruptionBudget", "apis/policy/v1", "poddisruptionbudgets"},
	{"NetworkPolicy", "apis/networking.k8s.io/v1", "networkpolicies"}, {"ConfigMap", "api/v1", "configmaps"},
	{"Secret", "api/v1", "secrets"}, {"Pod", "api/v1", "pods"},
}

// objects are all of a kind in the namespace of the workers, but for what is in
// every namespace.
func (c *cluster) objects(ctx context.Context, kind string) ([]object, error) {
	for _, r := range resources {
		if r.kind == kind {
			var list struct{ Items []object }
			err := c.call(ctx, "GET", "/"+r.api+"/namespaces/"+namespace+"/"+r.plural, nil, &list)
			return slices.DeleteFunc(list.Items, func(o object) bool { return o.Metadata.Name == "kube-root-ca.crt" }), err
		}
	}
	return nil, fmt.Errorf("cannot list %s: nobody said where they are", kind)
}

// account makes the charm's own: a service account that may do what the Role of
// the page rbac.md says and nothing else. It gives a kubeconfig that leads to
// the server given.
func (c *cluster) account(ctx context.Context, root, server string) ([]byte, error) {
	role, err := roleOf(filepath.Join(root, "docs", "reference", "rbac.md"))
	if err != nil {
		return nil, fmt.Errorf("cannot make the charm's account: %w", err)
	}
	type m = map[string]any
	const name, accounts = "kafka-connect-base", "/api/v1/namespaces/accounts/serviceaccounts"
	const rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/" + namespace
	var token struct{ Status struct{ Token string } }
	for _, one := range []struct {
		path   string
		object any
		answer any
	}{
		{"/api/v1/namespaces", m{"metadata": m{"name": namespace}}, nil},
		{"/api/v1/namespaces", m{"metadata": m{"name": "accounts"}}, nil},
		{accounts, m{"metadata": m{"name": name}}, nil},
		{rbac + "/roles", role, nil},
		{rbac + "/rolebindings", m{"metadata": m{"name": name},
			"roleRef":  m{"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
			"subjects": []any{m{"kind": "ServiceAccount", "namespace": "accounts", "name": name}}}, nil},
		{accounts + "/" + name + "/token", m{"spec": m{"expirationSeconds": 3600}}, &token},
	} {
		if err := c.call(ctx, "POST", one.path, one.object, one.answer); err != nil {
			return nil, fmt.Errorf("cannot make the charm's account: %w", err)
		}
	}
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: %q, certificate-authority-data: %s}}]
users: [{name: u, user: {token: %q}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`, server, base64.StdEncoding.EncodeToString([]byte(c.CA)), token.Status.Token), nil
}

// roleOf reads the first Role of a page.
func roleOf(page string) (map[string]any, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, err
	}
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		var role map[string]any
		if err := yaml.Unmarshal([]byte(block), &role); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", page, err)
		}
		if role["kind"] == "Role" {
			return role, nil
		}
	}
	return nil, fmt.Errorf("%s has no Role", page)
}
