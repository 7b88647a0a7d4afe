package kube_test

// Shared by this package's tests: a cluster, a client, workers.

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

const modelUUID = "8419cd78-4993-4c3a-928e-c646226beeee"

// example is what a charm would ask for.
func example() kube.Workers {
	return kube.Workers{
		Name: "mongo-connect", App: "mongo", Model: "data", ModelUUID: modelUUID,
		Replicas: 3,
		Image:    "apache/kafka:4.0.0",
		Profile:  kube.ProfileFor("apache/kafka:4.0.0"),
		Properties: map[string]string{
			"bootstrap.servers": "10.0.0.1:9092,10.0.0.2:9092",
			"group.id":          "mongo",
			"key.converter":     "org.apache.kafka.connect.json.JsonConverter",
		},
	}
}

func serve(t *testing.T, o kubetest.Options) *kubetest.Server {
	t.Helper()
	s, err := kubetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func connect(t *testing.T, kubeconfig []byte) *kube.Client {
	t.Helper()
	c, err := kube.Connect(kube.Options{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// apply fails the test when it does not succeed.
func apply(t *testing.T, c *kube.Client, w kube.Workers) kube.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// rollout waits for a state of the rollout.
func rollout(t *testing.T, c *kube.Client, w kube.Workers, until func(kube.Rollout) bool) kube.Rollout {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		r, err := c.Rollout(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		if until(r) {
			return r
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the rollout never got there: %+v", r)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func done(r kube.Rollout) bool { return r.Done }

// raw writes to the cluster as somebody else would: with kubectl, or by hand.
func raw(t *testing.T, s *kubetest.Server, how types.PatchType, manager, path, body string) {
	t.Helper()
	if err := rawClient(t, s).Patch(how).AbsPath(path).Param("fieldManager", manager).Body([]byte(body)).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
}

func rawClient(t *testing.T, s *kubetest.Server) *rest.RESTClient {
	t.Helper()
	config, scheme, v1 := s.Config(), runtime.NewScheme(), schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, v1)
	config.GroupVersion = &v1
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// live reads one object into o, and reports whether it is there.
func live(t *testing.T, s *kubetest.Server, path string, o any) bool {
	t.Helper()
	content, err := rawClient(t, s).Get().AbsPath(path).Do(t.Context()).Raw()
	if apierrors.IsNotFound(err) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, o); err != nil {
		t.Fatal(err)
	}
	return true
}

const (
	setPath    = "/apis/apps/v1/namespaces/data/statefulsets/mongo-connect"
	secretPath = "/api/v1/namespaces/data/secrets"
)

// post creates an object of o's kind with other content, as a stranger would.
func post(t *testing.T, s *kubetest.Server, o kube.Object, content map[string]any) {
	t.Helper()
	object := map[string]any{}
	maps.Copy(object, o)
	maps.Copy(object, content)
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	resources := map[string]string{
		"Secret": "/api/v1/namespaces/data/secrets", "Service": "/api/v1/namespaces/data/services", "StatefulSet": "/apis/apps/v1/namespaces/data/statefulsets",
		"NetworkPolicy":       "/apis/networking.k8s.io/v1/namespaces/data/networkpolicies",
		"PodDisruptionBudget": "/apis/policy/v1/namespaces/data/poddisruptionbudgets",
	}
	if err := rawClient(t, s).Post().AbsPath(resources[o.Kind()]).SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
}
