package kube_test

// Each way a request can fail, as its operator reads it.

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault kubetest.Fault
		kind  error
		want  string // HOST stands for the server's address
	}{
		"bad request": {kubetest.Fault{Verb: "patch", Code: 422, Reason: "Invalid", Message: "spec.x: Invalid value"}, kube.ErrInvalid,
			"cannot apply service/data/mongo-connect-workers: the Kubernetes API refuses it: spec.x: Invalid value"},
		"overload": {kubetest.Fault{Verb: "get", Code: 503, Reason: "ServiceUnavailable"}, kube.ErrUnreachable,
			"cannot get secret/data/SECRET: the Kubernetes API at HOST cannot serve it now (503 ServiceUnavailable)"},
		"server's time-out": {kubetest.Fault{Verb: "get", Code: 504, Reason: "Timeout"}, kube.ErrTimeout,
			"cannot get secret/data/SECRET: the Kubernetes API at HOST gave up on it"},
		"silence": {kubetest.Fault{Verb: "get", Delay: time.Minute}, kube.ErrTimeout,
			"cannot get secret/data/SECRET: the Kubernetes API at HOST did not answer within 300ms"},
		"quota": {kubetest.Fault{Verb: "patch", Resource: "statefulsets", Code: 403, Reason: "Forbidden", Message: "exceeded quota: x"}, kube.ErrForbidden,
			"cannot apply statefulset/data/mongo-connect: the cluster does not allow it: exceeded quota: x"},
		"changed at the same time": {kubetest.Fault{Verb: "patch", Code: 409, Reason: "Conflict", Message: "uid mismatch"}, kube.ErrConflict,
			"cannot apply service/data/mongo-connect-workers: it changed at the same time: the next attempt sees it as it is now"},
		"old cluster": {kubetest.Fault{Verb: "patch", Resource: "poddisruptionbudgets", Code: 404, Reason: "NotFound"}, kube.ErrInvalid,
			"cannot apply poddisruptionbudget/data/mongo-connect: this Kubernetes does not serve poddisruptionbudgets of policy/v1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, inData)
			if c.fault.Verb == "patch" && c.fault.Resource == "" {
				c.fault.Resource = "services"
			}
			server.Fail(c.fault)
			client, err := kube.Connect(kube.Options{Kubeconfig: server.Kubeconfig(), Timeout: 300 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Apply(t.Context(), example())
			want := strings.NewReplacer("HOST", strings.TrimPrefix(server.URL(), "https://"), "SECRET", secretName(t)).Replace(c.want)
			if !errors.Is(err, c.kind) || err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
		})
	}
}

func secretName(t *testing.T) string {
	t.Helper()
	objects, err := example().Objects()
	if err != nil {
		t.Fatal(err)
	}
	return objects[0].Name()
}

func TestErrorsOfAccess(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	_, readOnly := server.AddUser("reader", rbacv1.PolicyRule{Verbs: []string{"get", "list", "patch"}, APIGroups: []string{"*"}, Resources: []string{"*"}})
	_, err := connect(t, readOnly).Apply(t.Context(), example())
	want := "cannot apply secret/data/" + secretName(t) + ": the charm's account cannot create secrets in namespace data: grant it the Role in docs/reference/rbac.md"
	if !errors.Is(err, kube.ErrForbidden) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	unknown := bytes.ReplaceAll(server.Kubeconfig(), []byte("admin-token"), []byte("who-is-this"))
	if _, err := connect(t, unknown).Apply(t.Context(), example()); !errors.Is(err, kube.ErrUnauthorized) || strings.Contains(err.Error(), "who-is-this") {
		t.Errorf("unknown token: %v", err)
	}
	other := serve(t, inData)
	untrusted := bytes.ReplaceAll(server.Kubeconfig(), []byte(server.URL()), []byte(other.URL()))
	if _, err := connect(t, untrusted).Apply(t.Context(), example()); !errors.Is(err, kube.ErrUnreachable) || !strings.Contains(err.Error(), "is not trusted") {
		t.Errorf("another certificate: %v", err)
	}
}

func TestErrorsOfTheNetwork(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	server := serve(t, inData)
	refused := bytes.ReplaceAll(server.Kubeconfig(), []byte(strings.TrimPrefix(server.URL(), "https://")), []byte(closed.Addr().String()))
	if _, err := connect(t, refused).Apply(t.Context(), example()); !errors.Is(err, kube.ErrUnreachable) || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("refused: %v", err)
	}
	server.Fail(kubetest.Fault{Drop: true})
	if _, err := connect(t, server.Kubeconfig()).Apply(t.Context(), example()); !errors.Is(err, kube.ErrUnreachable) {
		t.Errorf("dropped: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connect(t, server.Kubeconfig()).Apply(ctx, example()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// No error may hold what a Secret holds, even when the server repeats it.
func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	server.Fail(kubetest.Fault{Verb: "patch", Resource: "secrets", Code: http.StatusUnprocessableEntity, Reason: "Invalid",
		Message: `Secret "x" is invalid: data: Invalid value: "hunter2"`})
	w := example()
	w.Properties["password"] = "hunter2"
	_, err := connect(t, server.Kubeconfig()).Apply(t.Context(), w)
	if !errors.Is(err, kube.ErrInvalid) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// What is made anew under our name between our look and our write is not
// written to: the API server calls our uid an invalid change, and it is none.
func TestAnotherObjectInItsPlaceIsAConflict(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	w := example()
	apply(t, connect(t, server.Kubeconfig()), w)
	var set kube.Object
	if !live(t, server, setPath, &set) {
		t.Fatal("there is no StatefulSet")
	}
	client, err := kube.Connect(kube.Options{Kubeconfig: server.Kubeconfig(),
		Seam: func(_ context.Context, effect string, do func() error) error {
			if effect == "kube: apply statefulset/data/mongo-connect" {
				if err := rawClient(t, server).Delete().AbsPath(setPath).Do(t.Context()).Error(); err != nil {
					t.Error(err)
				}
				post(t, server, set, map[string]any{"metadata": map[string]any{"name": w.Name, "labels": map[string]any{"app": "stranger"}}})
			}
			return do()
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w.Image = "apache/kafka:4.0.1"
	_, err = client.Apply(t.Context(), w)
	const want = "cannot apply statefulset/data/mongo-connect: it changed at the same time: the next attempt sees it as it is now"
	if !errors.Is(err, kube.ErrConflict) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
