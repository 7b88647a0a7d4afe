package kube_test

// Apply, Scale and Delete against a cluster.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

var inData = kubetest.Options{Namespaces: []string{"data"}}

func TestApplyMakesTheClusterAgreeOnce(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), example()
	first := apply(t, client, w)
	if len(first.Changed) != 5 || first.Revision == "" {
		t.Errorf("the first Apply changed %q, revision %q", first.Changed, first.Revision)
	}
	rollout(t, client, w, done)
	server.ForgetCalls()
	second := apply(t, client, w)
	if len(second.Changed)+len(second.Removed) != 0 || second.Revision != first.Revision {
		t.Errorf("the second Apply did %+v", second)
	}
	for _, c := range server.Calls() {
		if c.Verb != "get" && c.Verb != "list" {
			t.Errorf("the second Apply sent %+v", c)
		}
	}
}

// Whatever sort of workers follows whatever other, one Apply is enough, the
// next finds nothing to do, and the objects are those of the manifest alone.
func TestApplyFromAnyWorkersToAnyOthers(t *testing.T) {
	t.Parallel()
	for from, a := range cases() {
		for to, b := range cases() {
			a.Namespace, b.Namespace = "data", "data"
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				server := serve(t, inData)
				client := connect(t, server.Kubeconfig())
				apply(t, client, a)
				rollout(t, client, a, done)
				apply(t, client, b)
				rollout(t, client, b, done)
				apply(t, client, b) // clears up
				server.ForgetCalls()
				if again := apply(t, client, b); len(again.Changed)+len(again.Removed) > 0 {
					t.Errorf("nothing should be left to do, but %+v was", again)
				}
				if w := server.Writes(); len(w) > 0 {
					t.Errorf("nothing should be written, but %+v was", w)
				}
				var policy map[string]any
				if there := live(t, server, "/apis/networking.k8s.io/v1/namespaces/data/networkpolicies/mongo-connect", &policy); there != b.NetworkPolicy {
					t.Errorf("NetworkPolicy is there: %t, wanted: %t", there, b.NetworkPolicy)
				}
				var list corev1.SecretList
				if live(t, server, secretPath, &list); len(list.Items) != 1 {
					t.Errorf("%d Secrets are left", len(list.Items))
				}
			})
		}
	}
}

func TestApplyRefusesWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	w := cases()["options"]
	objects, err := w.Objects()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		t.Run(o.Kind()+" "+o.Name(), func(t *testing.T) {
			t.Parallel()
			server := serve(t, inData)
			client := connect(t, server.Kubeconfig())
			post(t, server, o, map[string]any{"metadata": map[string]any{
				"name": o.Name(), "labels": map[string]any{"app": "stranger"}}})
			server.ForgetCalls()
			_, err := client.Apply(t.Context(), w)
			if !errors.Is(err, kube.ErrForeign) || !strings.HasPrefix(err.Error(), "cannot apply ") {
				t.Errorf("Apply: %v", err)
			}
			if err := client.Delete(t.Context(), w); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if o.Kind() == "StatefulSet" {
				if _, err := client.Rollout(t.Context(), w); !errors.Is(err, kube.ErrForeign) {
					t.Errorf("Rollout: %v", err)
				}
				if err := client.Scale(t.Context(), w, 0); !errors.Is(err, kube.ErrForeign) {
					t.Errorf("Scale: %v", err)
				}
			}
			if writes := server.Writes(); len(writes) > 0 {
				t.Errorf("written: %+v", writes)
			}
		})
	}
}

// A field that was removed or an object that was deleted by hand comes back.
func TestApplyMendsWhatWasTakenAway(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]struct {
		how  types.PatchType
		body string
	}{
		"label removed":    {types.MergePatchType, `{"metadata":{"labels":{"app.kubernetes.io/part-of":null}}}`},
		"probe removed":    {types.JSONPatchType, `[{"op":"remove","path":"/spec/template/spec/containers/0/readinessProbe"}]`},
		"template touched": {types.MergePatchType, `{"metadata":{"annotations":{"kafka-connect-base/revision":null}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, inData)
			client, w := connect(t, server.Kubeconfig()), example()
			apply(t, client, w)
			rollout(t, client, w, done)
			raw(t, server, damage.how, "kubectl-edit", setPath, damage.body)
			if applied := apply(t, client, w); !slices.Equal(applied.Changed, []string{"statefulset/data/mongo-connect"}) {
				t.Errorf("changed %q", applied.Changed)
			}
			rollout(t, client, w, done)
		})
	}
}

// A field somebody else has set to something else is theirs until they say so.
func TestApplyNamesWhoHoldsAField(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	// Without a value the server's default takes its place, in the editor's name.
	raw(t, server, types.MergePatchType, "kubectl-edit", setPath, `{"spec":{"replicas":null}}`)
	_, err := client.Apply(t.Context(), w)
	const want = "cannot apply statefulset/data/mongo-connect: kubectl-edit has set .spec.replicas to something else: " +
		"set it back as it was, or delete the statefulset; it is never taken by force"
	if !errors.Is(err, kube.ErrConflict) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	raw(t, server, types.MergePatchType, "kubectl-edit", setPath, `{"spec":{"replicas":3}}`)
	apply(t, client, w)
	rollout(t, client, w, done)
	for _, c := range server.Calls() {
		if c.Force {
			t.Errorf("forced: %+v", c)
		}
	}
}

// What others add beside our fields stays.
func TestApplyLeavesWhatOthersAdd(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), example()
	apply(t, client, w)
	raw(t, server, types.MergePatchType, "mesh", setPath, `{"spec":{"template":{"metadata":{"annotations":{"mesh/inject":"true"}}}}}`)
	if applied := apply(t, client, w); len(applied.Changed) > 0 {
		t.Errorf("changed %q", applied.Changed)
	}
	w.Image = "apache/kafka:4.0.1"
	apply(t, client, w)
	var set appsv1.StatefulSet
	live(t, server, setPath, &set)
	if set.Spec.Template.Annotations["mesh/inject"] != "true" || set.Spec.Template.Spec.Containers[0].Image != w.Image {
		t.Errorf("the template is %+v", set.Spec.Template)
	}
}

func TestSecretsOfThePastGoWhenNoPodUsesThem(t *testing.T) {
	t.Parallel()
	gate := &gate{}
	server := serve(t, kubetest.Options{Namespaces: []string{"data"}, Runtime: gate})
	client, w := connect(t, server.Kubeconfig()), example()
	gate.open(true)
	apply(t, client, w)
	rollout(t, client, w, done)

	gate.open(false) // the new pods do not become ready
	w.Properties["offset.flush.interval.ms"] = "1000"
	apply(t, client, w)
	rollout(t, client, w, func(r kube.Rollout) bool { return r.Ready == 2 && r.Updated == 1 })
	var list corev1.SecretList
	for range 3 {
		if applied := apply(t, client, w); len(applied.Removed) > 0 {
			t.Fatalf("removed %q in the middle of the roll", applied.Removed)
		}
	}
	if live(t, server, secretPath, &list); len(list.Items) != 2 {
		t.Errorf("%d Secrets in the middle of the roll", len(list.Items))
	}

	gate.open(true)
	rollout(t, client, w, done)
	if applied := apply(t, client, w); len(applied.Removed) != 1 || len(applied.Changed) != 0 {
		t.Errorf("after the roll: %+v", applied)
	}
	if live(t, server, secretPath, &list); len(list.Items) != 1 {
		t.Errorf("%d Secrets after the roll", len(list.Items))
	}
}

func TestApplyMakesTheNamespaceWhereItMay(t *testing.T) {
	t.Parallel()
	server := serve(t, kubetest.Options{})
	w := example()
	all := rbacv1.PolicyRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{
		"secrets", "services", "statefulsets", "poddisruptionbudgets", "networkpolicies"}}
	_, limited := server.AddUser("limited", all)
	_, err := connect(t, limited).Apply(t.Context(), w)
	if !errors.Is(err, kube.ErrNoNamespace) || !strings.Contains(err.Error(), "kubectl create namespace data") {
		t.Errorf("without permission: %v", err)
	}
	server.ForgetCalls()
	client := connect(t, server.Kubeconfig())
	apply(t, client, w)
	for _, call := range server.Calls() {
		if call.Verb != "get" && call.Code >= 400 {
			t.Errorf("%+v was refused: the namespace comes first", call)
		}
	}
	rollout(t, client, w, done)
	if err := client.Delete(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	if !live(t, server, "/api/v1/namespaces/data", &corev1.Namespace{}) {
		t.Error("Delete removed the namespace")
	}
}

func TestScaleNeedsNoConfiguration(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), example()
	names := kube.Workers{Name: w.Name, App: w.App, Model: w.Model, ModelUUID: w.ModelUUID}
	if err := client.Scale(t.Context(), names, 0); err != nil {
		t.Errorf("no workers to none: %v", err)
	}
	if err := client.Scale(t.Context(), names, 2); !errors.Is(err, kube.ErrInvalid) {
		t.Errorf("no workers to two: %v", err)
	}
	first := apply(t, client, w)
	rollout(t, client, w, done)
	for range 2 {
		if err := client.Scale(t.Context(), names, 0); err != nil {
			t.Fatal(err)
		}
	}
	stopped := w
	stopped.Replicas = 0
	if r := rollout(t, client, stopped, done); r.Revision != first.Revision {
		t.Errorf("scaling changed the revision: %+v", r)
	}
	if r, err := client.Rollout(t.Context(), w); err != nil || r.Done || r.Message != "3 workers are wanted, the deployment says 0" {
		t.Errorf("%+v, %v", r, err)
	}
	if applied := apply(t, client, w); len(applied.Changed) != 1 || applied.Revision != first.Revision {
		t.Errorf("%+v", applied)
	}
	rollout(t, client, w, done)
	// What Scale came to own beyond the manifest is let go of again: others may set it.
	raw(t, server, types.ApplyPatchType, "other", setPath,
		`{"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"revisionHistoryLimit":3}}`)
}

func TestDeleteTakesOursAndOnlyOurs(t *testing.T) {
	t.Parallel()
	server := serve(t, inData)
	client, w := connect(t, server.Kubeconfig()), cases()["options"]
	other := w
	other.Name, other.App = "other-connect", "other"
	apply(t, client, w)
	apply(t, client, other)
	rollout(t, client, other, done)
	for range 2 {
		if err := client.Delete(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := client.Rollout(t.Context(), w); err != nil || r.Exists {
		t.Errorf("%+v, %v", r, err)
	}
	if again := apply(t, client, other); len(again.Changed) > 0 {
		t.Errorf("the other application lost %q", again.Changed)
	}
}

// errCut is a process that dies at one request.
var errCut = errors.New("cut off")

// Cut at any request, before it or after it, the next Apply ends in the same
// world.
func TestApplyCanBeCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			t.Parallel()
			cut := 1
			for cutAt(t, cut, late) {
				cut++
			}
			if cut < 10 {
				t.Errorf("Apply was over after %d requests: too few to have done anything", cut-1)
			}
		})
	}
}

// cutAt reports whether there was a request of that number to cut.
func cutAt(t *testing.T, cut int, late bool) bool {
	server, err := kubetest.Start(kubetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	n := 0
	client, err := kube.Connect(kube.Options{Kubeconfig: server.Kubeconfig(),
		Seam: func(_ context.Context, effect string, do func() error) error {
			if n++; n != cut {
				return do()
			}
			if late {
				_ = do() // its answer is lost
			}
			return fmt.Errorf("cannot go on with %s: %w", effect, errCut)
		}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	w := example()
	_, err = client.Apply(t.Context(), w)
	if err == nil {
		return false
	}
	if !errors.Is(err, errCut) {
		t.Fatalf("cut at %d: %v", cut, err)
	}
	apply(t, client, w)
	rollout(t, client, w, done)
	server.ForgetCalls()
	if apply(t, client, w); len(server.Writes()) > 0 {
		t.Errorf("cut at %d: still to write: %+v", cut, server.Writes())
	}
	return true
}

// Before is asked once for each write, and nothing is written after its refusal.
func TestBeforeIsAskedBeforeEachWrite(t *testing.T) {
	t.Parallel()
	errNotLeader := errors.New("not the leader")
	for may := 0; ; may++ {
		server, asked := serve(t, kubetest.Options{}), 0
		client, err := kube.Connect(kube.Options{Kubeconfig: server.Kubeconfig(), Before: func(context.Context) error {
			if writes := len(server.Writes()); writes != asked {
				t.Errorf("%d writes when it was asked the time after %d", writes, asked)
			}
			if asked == may {
				return errNotLeader
			}
			asked++
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		_, err = client.Apply(t.Context(), example())
		if writes := len(server.Writes()); writes != asked {
			t.Errorf("%d writes, asked before %d", writes, asked)
		}
		switch {
		case err == nil && may < 6:
			t.Fatalf("%d writes are fewer than namespace, Secret, Services, budget and workers", asked)
		case err == nil:
			return
		case err != errNotLeader:
			t.Fatalf("after %d writes: %v", asked, err)
		}
	}
}
