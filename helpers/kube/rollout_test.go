package kube_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestRolloutBeforeAnythingIsThere(t *testing.T) {
	t.Parallel()
	client := connect(t, serve(t, inData).Kubeconfig())
	r, err := client.Rollout(t.Context(), example())
	if err != nil || r.Exists || r.Done || r.Message != "the workers are not deployed yet" {
		t.Errorf("%+v, %v", r, err)
	}
}

// In the middle of a roll all pods may be ready, with the old configuration:
// that is not done.
func TestRolloutIsNotDoneInTheMiddle(t *testing.T) {
	t.Parallel()
	g := &gate{}
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: g})
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	r := rollout(t, client, w, func(r kube.Rollout) bool { return r.Replicas == 3 })
	if r.Done || r.Ready != 0 || r.Message != "0 of 3 workers are ready" {
		t.Errorf("starting: %+v", r)
	}
	g.open(true)
	rollout(t, client, w, done)

	g.open(false)
	before := w
	w.Image = "apache/kafka:4.0.1"
	if r, err := client.Rollout(t.Context(), w); err != nil || r.Done || r.Message != "the workers have another configuration than the wanted one" {
		t.Errorf("before Apply: %+v, %v", r, err)
	}
	apply(t, client, w)
	if r, err := client.Rollout(t.Context(), before); err != nil || r.Done {
		t.Errorf("asked about the old workers: %+v, %v", r, err)
	}
	r = rollout(t, client, w, func(r kube.Rollout) bool { return r.Updated == 1 && r.Ready == 2 })
	if r.Done || r.Message != "2 of 3 workers are ready" {
		t.Errorf("in the middle: %+v", r)
	}
	g.open(true)
	if r := rollout(t, client, w, done); r.Updated != 3 || r.Ready != 3 || r.Message != "" {
		t.Errorf("at the end: %+v", r)
	}
}

// What the controller has not looked at yet says nothing about now.
func TestRolloutBelievesNoOldStatus(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	rollout(t, client, w, done)
	server.PauseControllers(true)
	w.Image = "apache/kafka:4.0.1"
	apply(t, client, w)
	for range 3 {
		if r, err := client.Rollout(t.Context(), w); err != nil || r.Done || r.Ready != 3 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	server.PauseControllers(false)
	rollout(t, client, w, done)
}

func TestRolloutSaysWhatHoldsItUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		start starter
		want  string
	}{
		"image": {
			func(kubetest.Pod) (kubetest.Running, error) {
				return nil, &kubetest.ImageError{Message: "manifest unknown\nand a second line"}
			},
			"cannot pull image apache/kafka:4.0.0: manifest unknown",
		},
		"crash": {
			func(kubetest.Pod) (kubetest.Running, error) { return nil, errors.New("exit 1") },
			"keeps crashing (exit code 1, Error): look at kubectl logs -n data mongo-connect-0 --previous",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: c.start})
			client, w := connect(t, server.Kubeconfig()), example()
			w.Replicas = 1
			apply(t, client, w)
			rollout(t, client, w, func(r kube.Rollout) bool {
				return !r.Done && r.Message == "pod mongo-connect-0 "+c.want
			})
		})
	}
}

// A namespace that enforces the restricted standard takes our pods, and says no
// to an image that may run as root; the reason is only in an event.
func TestRolloutUnderThePodSecurityStandard(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	raw(t, server, types.MergePatchType, "admin", "/api/v1/namespaces/data",
		`{"metadata":{"labels":{"pod-security.kubernetes.io/enforce":"restricted"}}}`)
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	rollout(t, client, w, done)
	if err := client.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	w = cases()["seed"]
	apply(t, client, w)
	r := rollout(t, client, w, func(r kube.Rollout) bool { return strings.HasPrefix(r.Message, "Kubernetes cannot make") })
	if !strings.Contains(r.Message, `violates PodSecurity "restricted:latest": runAsNonRoot != true`) {
		t.Errorf("%q", r.Message)
	}

	_, limited := server.AddUser("no-events", rbacv1.PolicyRule{Verbs: []string{"get", "list"}, APIGroups: []string{"*"},
		Resources: []string{"statefulsets", "pods"}})
	if r, err := connect(t, limited).Rollout(t.Context(), w); err != nil || r.Message != "0 of 3 workers are ready" {
		t.Errorf("without events: %+v, %v", r, err)
	}
}

func TestRolloutWhileScaling(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: starter(
		func(kubetest.Pod) (kubetest.Running, error) { return &slowStop{stop: stop}, nil })})
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	rollout(t, client, w, done)
	w.Replicas = 1
	apply(t, client, w)
	r := rollout(t, client, w, func(r kube.Rollout) bool { return r.Ready == 1 })
	if r.Done || r.Message != "2 workers more than the wanted 1 are stopping" {
		t.Errorf("%+v", r)
	}
	close(stop)
	rollout(t, client, w, done)
	w.Replicas = 0
	apply(t, client, w)
	if r := rollout(t, client, w, done); r.Replicas != 0 {
		t.Errorf("%+v", r)
	}
}

// slowStop stops when it is told to, or after a time that no test reaches.
type slowStop struct{ stop chan struct{} }

func (*slowStop) Ready() bool  { return true }
func (*slowStop) Addr() string { return "" }
func (p *slowStop) Stop() {
	select {
	case <-p.stop:
	case <-time.After(20 * time.Second):
	}
}

// A configuration that cannot start is replaced by one that can, without a hand.
func TestRolloutRecoversFromABadConfiguration(t *testing.T) {
	t.Parallel()
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: starter(
		func(p kubetest.Pod) (kubetest.Running, error) {
			if strings.Contains(string(p.Files["/etc/kafka-connect/connect-distributed.properties"]), "bad=") {
				return nil, errors.New("exit 1")
			}
			return at(""), nil
		})})
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	rollout(t, client, w, done)
	w.Properties["bad"] = "x"
	apply(t, client, w)
	rollout(t, client, w, func(r kube.Rollout) bool { return r.Ready == 2 && strings.Contains(r.Message, "keeps crashing") })
	delete(w.Properties, "bad")
	apply(t, client, w)
	rollout(t, client, w, done)
}
