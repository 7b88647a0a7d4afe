package kubernetes_test

// The life of a cluster of workers, by the Role an operator is told to grant.

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestLifeByTheRoleAlone(t *testing.T) {
	t.Parallel()
	a := admin(t)
	ns := a.namespace("life", nil)
	var writes atomic.Int32
	client := connect(t, account(t, "life", ns, false, rulesOf(t, "Role")), func(effect string) {
		if !strings.HasPrefix(effect, "kube: get ") && !strings.HasPrefix(effect, "kube: list ") {
			writes.Add(1)
		}
	})
	w := workers(ns, 3)
	w.NetworkPolicy = true

	first := apply(t, client, w)
	if len(first.Changed) != 6 || len(first.Removed) != 0 {
		t.Errorf("the first Apply: %+v", first)
	}
	rollout(t, client, w, done)
	if n := pods(a, ns, oldImage); n != 3 {
		t.Errorf("rolled out with %d ready pods", n)
	}
	writes.Store(0)
	nothingToDo(t, a, client, w)
	if n := writes.Load(); n > 0 {
		t.Errorf("an Apply without a change sent %d writes", n)
	}

	w = rollOneByOne(t, a, client, w)
	nothingToDo(t, a, client, w)
	scale(t, a, client, w)

	for range 2 {
		if err := client.Delete(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	var left []string
	until(t, "nothing is left", func() bool {
		left = nil
		for _, path := range kinds(ns) {
			for _, o := range a.list(path) {
				left = append(left, path+"/"+o.name())
			}
		}
		return len(left) == 0
	}, func() any { return left })
	if a.get("/api/v1/namespaces/"+ns).at("metadata", "deletionTimestamp") != nil {
		t.Error("Delete removed the namespace")
	}
}

// versions are those of every object of the workers. What controllers write
// into a status is waited for, so that only a write of ours makes a difference.
func versions(t *testing.T, a user, w kube.Workers) map[string]string {
	t.Helper()
	objects, err := w.Objects()
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]string{}
	for _, o := range objects {
		path := pathOf(o)
		if o.Kind() == "PodDisruptionBudget" {
			var budget object
			until(t, "the budget knows the pods", func() bool {
				budget = a.get(path)
				return budget.number("status", "currentHealthy") == w.Replicas && budget.number("status", "expectedPods") == w.Replicas &&
					budget.at("status", "disruptedPods") == nil
			}, func() any { return budget })
		}
		v[path] = a.get(path).text("metadata", "resourceVersion")
	}
	return v
}

// nothingToDo applies what is there, by the client and by hand: neither makes a
// new version of anything.
func nothingToDo(t *testing.T, a user, client *kube.Client, w kube.Workers) {
	t.Helper()
	before := versions(t, a, w)
	if again := apply(t, client, w); len(again.Changed)+len(again.Removed) > 0 {
		t.Errorf("there was nothing to do, and %+v was done", again)
	}
	if diff := cmp.Diff(before, versions(t, a, w)); diff != "" {
		t.Errorf("Apply made new versions:\n%s", diff)
	}
	objects, err := w.Objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		a.apply(pathOf(o), kube.FieldManager, o)
	}
	if diff := cmp.Diff(before, versions(t, a, w)); diff != "" {
		t.Errorf("sending the same manifests made new versions:\n%s", diff)
	}
}

// rollOneByOne changes image and configuration and returns the new workers.
func rollOneByOne(t *testing.T, a user, client *kube.Client, w kube.Workers) kube.Workers {
	t.Helper()
	ns := w.Namespace
	secrets := "/api/v1/namespaces/" + ns + "/secrets"
	a.steer(ns, "kubelite/unready", newImage)
	least := watchReady(t, ns, 3)
	w.Image = newImage
	w.Properties = map[string]string{"bootstrap.servers": "10.0.0.2:9092", "group.id": "mongo"}
	if changed := apply(t, client, w).Changed; len(changed) != 2 {
		t.Errorf("a new configuration changed %q", changed)
	}
	held := rollout(t, client, w, func(r kube.Rollout) bool { return r.Updated == 1 && r.Ready == 2 && r.Replicas == 3 })
	if held.Done || !held.Current || held.Message != "2 of 3 workers are ready" {
		t.Errorf("in the middle of the roll: %+v", held)
	}
	if again := apply(t, client, w); len(again.Changed)+len(again.Removed) > 0 || len(a.list(secrets)) != 2 {
		t.Errorf("in the middle of the roll Apply did %+v, and there are %d Secrets", again, len(a.list(secrets)))
	}
	a.steer(ns, "kubelite/unready", "")
	rollout(t, client, w, done)
	if n := pods(a, ns, newImage); n != 3 {
		t.Errorf("rolled out with %d pods of the new image ready", n)
	}
	if n := least(); n != 2 {
		t.Errorf("at the worst moment of the roll %d of 3 were ready, want 2", n)
	}
	if after := apply(t, client, w); len(after.Changed) != 0 || len(after.Removed) != 1 || len(a.list(secrets)) != 1 {
		t.Errorf("after the roll: %+v, and %d Secrets are left", after, len(a.list(secrets)))
	}
	return w
}

func scale(t *testing.T, a user, client *kube.Client, w kube.Workers) {
	t.Helper()
	for _, n := range []int{1, 0} {
		if err := client.Scale(t.Context(), w, n); err != nil {
			t.Fatal(err)
		}
		w.Replicas = n
		rollout(t, client, w, done)
		until(t, fmt.Sprintf("there are %d pods", n), func() bool {
			return len(a.list("/api/v1/namespaces/"+w.Namespace+"/pods")) == n
		}, func() any { return nil })
	}
}

// What another has made or set is theirs.
func TestOthersAreLeftAlone(t *testing.T) {
	t.Parallel()
	a := admin(t)
	ns := a.namespace("others", nil)
	client := connect(t, account(t, "others", ns, false, rulesOf(t, "Role")), nil)
	w := workers(ns, 1)
	services := "/api/v1/namespaces/" + ns + "/services"
	a.create(services, map[string]any{"metadata": map[string]any{"name": w.Name}, "spec": map[string]any{"ports": []any{map[string]any{"port": 80}}}})
	_, err := client.Apply(t.Context(), w)
	isError(t, err, kube.ErrForeign, "cannot apply service/others/mongo-connect")
	if n := len(a.list("/api/v1/namespaces/" + ns + "/secrets")); n != 0 {
		t.Errorf("%d Secrets were written", n)
	}
	if err := client.Delete(t.Context(), w); err != nil {
		t.Error(err)
	}
	if code, _ := a.call("DELETE", services+"/"+w.Name, "", nil); code != http.StatusOK {
		t.Errorf("the stranger's Service has gone: %d", code)
	}

	apply(t, client, w)
	set := "/apis/apps/v1/namespaces/" + ns + "/statefulsets/" + w.Name
	a.edit(set, `{"spec":{"replicas":2}}`)
	_, err = client.Apply(t.Context(), w)
	isError(t, err, kube.ErrConflict, "cannot apply statefulset/others/mongo-connect: kubectl-edit has set .spec.replicas to something else")
	a.edit(set, `{"spec":{"replicas":1}}`)
	a.edit(set, `{"metadata":{"annotations":{"theirs":"stays"},"labels":{"app.kubernetes.io/part-of":null}}}`)
	if applied := apply(t, client, w); !slices.Equal(applied.Changed, []string{"statefulset/others/mongo-connect"}) {
		t.Errorf("changed %q", applied.Changed)
	}
	live := a.get(set)
	if live.text("metadata", "annotations", "theirs") != "stays" || live.text("metadata", "labels", "app.kubernetes.io/part-of") != "mongo" {
		t.Errorf("the StatefulSet's metadata are %v", live["metadata"])
	}
}

func TestTheNamespaceIsMade(t *testing.T) {
	t.Parallel()
	w := workers("made", 1)
	role := rulesOf(t, "Role")
	limited := connect(t, account(t, "made-limited", "made", true, role), nil)
	_, err := limited.Apply(t.Context(), w)
	isError(t, err, kube.ErrNoNamespace, "kubectl create namespace made")
	client := connect(t, account(t, "made", "made", true, append(role, rulesOf(t, "ClusterRole")...)), nil)
	apply(t, client, w)
	rollout(t, client, w, done)
}
