package kubernetes_test

// Workers as a charm asks for them, and what becomes of them.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

const (
	oldImage = "apache/kafka:4.0.0"
	newImage = "apache/kafka:4.0.1"
)

// workers is what a charm would ask for.
func workers(namespace string, replicas int) kube.Workers {
	return kube.Workers{
		Name: "mongo-connect", App: "mongo", Model: "data", ModelUUID: "8419cd78-4993-4c3a-928e-c646226beeee",
		Namespace: namespace, Replicas: replicas, Image: oldImage, Profile: kube.ProfileFor(oldImage),
		Properties: map[string]string{"bootstrap.servers": "10.0.0.1:9092", "group.id": "mongo"},
	}
}

// kinds are the kinds of object Apply may make, and those that follow from
// them, by path in a namespace.
func kinds(namespace string) []string {
	in := "/namespaces/" + namespace + "/"
	return []string{
		"/apis/apps/v1" + in + "statefulsets", "/api/v1" + in + "secrets", "/api/v1" + in + "services",
		"/apis/policy/v1" + in + "poddisruptionbudgets", "/apis/networking.k8s.io/v1" + in + "networkpolicies",
		"/api/v1" + in + "pods", "/apis/apps/v1" + in + "controllerrevisions",
		"/api/v1" + in + "endpoints", "/apis/discovery.k8s.io/v1" + in + "endpointslices",
	}
}

// pathOf is where an object of helpers/kube is served.
func pathOf(o kube.Object) string {
	for _, path := range kinds(o.Namespace()) {
		if strings.HasSuffix(path, "/"+strings.Replace(strings.ToLower(o.Kind())+"s", "policys", "policies", 1)) {
			return path + "/" + o.Name()
		}
	}
	return ""
}

func apply(t *testing.T, c *kube.Client, w kube.Workers) kube.Applied {
	t.Helper()
	applied, err := c.Apply(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

// rollout waits for a state of the rollout. It looks at no pod by itself.
func rollout(t *testing.T, c *kube.Client, w kube.Workers, is func(kube.Rollout) bool) kube.Rollout {
	t.Helper()
	var r kube.Rollout
	until(t, "the rollout", func() bool {
		var err error
		if r, err = c.Rollout(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		return is(r)
	}, func() any { return r })
	return r
}

func done(r kube.Rollout) bool { return r.Done }

// pods that are there, of an image, ready, and not about to end.
func pods(u user, namespace, image string) (ready int) {
	u.t.Helper()
	for _, p := range u.list("/api/v1/namespaces/" + namespace + "/pods") {
		if isReady(p) && imageOf(p) == image {
			ready++
		}
	}
	return ready
}

func isReady(pod object) bool {
	conditions, _ := pod.at("status", "conditions").([]any)
	return pod.at("metadata", "deletionTimestamp") == nil && slices.ContainsFunc(conditions, func(c any) bool {
		condition := object(c.(map[string]any))
		return condition.text("type") == "Ready" && condition.text("status") == "True"
	})
}

func imageOf(pod object) string {
	containers, _ := pod.at("spec", "containers").([]any)
	if len(containers) == 0 {
		return ""
	}
	return object(containers[0].(map[string]any)).text("image")
}

// recording is a seam that only looks.
func recording(seen func(effect string)) func(context.Context, string, func() error) error {
	return func(_ context.Context, effect string, do func() error) error {
		seen(effect)
		return do()
	}
}

// isError checks an error's kind and the words in it.
func isError(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
		return
	}
	for _, word := range append(words, "cannot ") {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
}
