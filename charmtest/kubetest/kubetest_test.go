package kubetest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/connectcharm/kafka-connect-base/charmtest/kubetest"
)

const sets = "/apis/apps/v1/namespaces/default/statefulsets"

// start serves until the test ends.
func start(t *testing.T, o kubetest.Options) *kubetest.Server {
	t.Helper()
	s, err := kubetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, config *rest.Config) *rest.RESTClient {
	t.Helper()
	scheme, v1 := runtime.NewScheme(), schema.GroupVersion{Version: "v1"}
	metav1.AddToGroupVersion(scheme, v1)
	config.GroupVersion = &v1
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c, err := rest.RESTClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// web is a StatefulSet whose pods run an image.
func web(replicas int, image string) string {
	return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"web"},"spec":{"replicas":%d,"serviceName":"web",
"podManagementPolicy":"Parallel","selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
"spec":{"containers":[{"name":"c","image":%q,"env":[{"name":"ME","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}},
{"name":"URL","value":"http://$(ME).web $$(ME) $(WHO)"}]}]}}}}`, replicas, image)
}

func apply(t *testing.T, c *rest.RESTClient, path, body string) {
	t.Helper()
	if err := c.Patch(types.ApplyPatchType).AbsPath(path).Param("fieldManager", "test").Body([]byte(body)).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *rest.RESTClient, path string, o any) {
	t.Helper()
	content, err := c.Get().AbsPath(path).Do(t.Context()).Raw()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, o); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

func rolledOut(t *testing.T, c *rest.RESTClient, replicas int32) func() bool {
	return func() bool {
		var set appsv1.StatefulSet
		get(t, c, sets+"/web", &set)
		s := set.Status
		return s.ObservedGeneration == set.Generation && s.CurrentRevision == s.UpdateRevision &&
			s.Replicas == replicas && s.ReadyReplicas == replicas && s.UpdatedReplicas == replicas
	}
}

// diary is a runtime that writes down what happens to pods.
type diary struct {
	mu      sync.Mutex
	lines   []string
	running map[string]int
	most    int
	envs    map[string]string
	fail    func(kubetest.Pod) error
}

func (d *diary) StartPod(_ context.Context, p kubetest.Pod) (kubetest.Running, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fail != nil {
		if err := d.fail(p); err != nil {
			return nil, err
		}
	}
	if d.running == nil {
		d.running, d.envs = map[string]int{}, map[string]string{}
	}
	d.lines = append(d.lines, "start "+p.Name+" "+p.Image)
	d.envs[p.Name] = p.Env["URL"]
	d.running[p.Name]++
	d.most = max(d.most, d.running[p.Name])
	return &page{d, p.Name}, nil
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

type page struct {
	diary *diary
	name  string
}

func (*page) Ready() bool  { return true }
func (*page) Addr() string { return "" }
func (p *page) Stop() {
	p.diary.mu.Lock()
	defer p.diary.mu.Unlock()
	p.diary.lines = append(p.diary.lines, "stop "+p.name)
	p.diary.running[p.name]--
}

func TestStatefulSetRollsPodByPodFromTheLast(t *testing.T) {
	t.Parallel()
	d := &diary{}
	c := client(t, start(t, kubetest.Options{Runtime: d}).Config())
	apply(t, c, sets+"/web", web(3, "x:1"))
	eventually(t, "three pods", rolledOut(t, c, 3))
	first := d.read()
	slices.Sort(first)
	if want := []string{"start web-0 x:1", "start web-1 x:1", "start web-2 x:1"}; !slices.Equal(first, want) {
		t.Errorf("started %q", first)
	}
	if got := d.envs["web-1"]; got != "http://web-1.web $(ME) $(WHO)" {
		t.Errorf("URL=%q", got)
	}
	apply(t, c, sets+"/web", web(3, "x:2"))
	eventually(t, "the roll", rolledOut(t, c, 3))
	want := []string{"stop web-2", "start web-2 x:2", "stop web-1", "start web-1 x:2", "stop web-0", "start web-0 x:2"}
	if got := d.read()[3:]; !slices.Equal(got, want) {
		t.Errorf("rolled %q", got)
	}
	apply(t, c, sets+"/web", web(0, "x:2"))
	eventually(t, "no pods", rolledOut(t, c, 0))
	if len(d.read()) != 12 || d.most != 1 {
		t.Errorf("%q, up to %d at a time under one name", d.read(), d.most)
	}
}

func TestPodsEndWithWhatMadeThem(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"owner": sets + "/web", "namespace": "/api/v1/namespaces/default"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &diary{}
			c := client(t, start(t, kubetest.Options{Runtime: d}).Config())
			apply(t, c, sets+"/web", web(2, "x:1"))
			eventually(t, "two pods", rolledOut(t, c, 2))
			if err := c.Delete().AbsPath(path).Do(t.Context()).Error(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "two pods stopped", func() bool { return len(d.read()) == 4 })
			eventually(t, "gone", func() bool {
				return apierrors.IsNotFound(c.Get().AbsPath(path).Do(t.Context()).Error())
			})
			var pods corev1.PodList
			eventually(t, "no pods listed", func() bool {
				get(t, c, "/api/v1/namespaces/default/pods", &pods)
				return len(pods.Items) == 0
			})
		})
	}
}

func TestDeletedPodComesBack(t *testing.T) {
	t.Parallel()
	d := &diary{}
	c := client(t, start(t, kubetest.Options{Runtime: d}).Config())
	apply(t, c, sets+"/web", web(2, "x:1"))
	eventually(t, "two pods", rolledOut(t, c, 2))
	if err := c.Delete().AbsPath("/api/v1/namespaces/default/pods/web-0").Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the third start", func() bool { return len(d.read()) == 4 })
	eventually(t, "two pods", rolledOut(t, c, 2))
	if got := d.read()[2:]; !slices.Equal(got, []string{"stop web-0", "start web-0 x:1"}) {
		t.Errorf("%q", got)
	}
}

func TestPodThatCrashesIsTriedAgain(t *testing.T) {
	t.Parallel()
	left := 2
	d := &diary{fail: func(kubetest.Pod) error {
		if left--; left >= 0 {
			return errors.New("exit 1")
		}
		return nil
	}}
	c := client(t, start(t, kubetest.Options{Runtime: d}).Config())
	apply(t, c, sets+"/web", web(1, "x:1"))
	eventually(t, "one pod", rolledOut(t, c, 1))
	var pod corev1.Pod
	get(t, c, "/api/v1/namespaces/default/pods/web-0", &pod)
	if got := pod.Status.ContainerStatuses[0].RestartCount; got != 2 {
		t.Errorf("restarted %d times", got)
	}
}

func TestCloseStopsThePods(t *testing.T) {
	t.Parallel()
	d := &diary{}
	server, err := kubetest.Start(kubetest.Options{Runtime: d})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, server.Config())
	apply(t, c, sets+"/web", web(2, "x:1"))
	eventually(t, "two pods", rolledOut(t, c, 2))
	server.Close()
	if got := len(d.read()); got != 4 {
		t.Errorf("%q", d.read())
	}
}

func TestWatchFollows(t *testing.T) {
	t.Parallel()
	c := client(t, start(t, kubetest.Options{}).Config())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := c.Get().AbsPath("/api/v1/namespaces/default/configmaps").Param("watch", "true").Param("labelSelector", "a=b").Stream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	path := "/api/v1/namespaces/default/configmaps/m"
	for _, body := range []string{`"metadata":{"labels":{"a":"b"}},"data":{"x":"1"}`, `"metadata":{"labels":{"a":"b"}},"data":{"x":"2"}`} {
		apply(t, c, path, `{"apiVersion":"v1","kind":"ConfigMap",`+body+`}`)
	}
	if err := c.Delete().AbsPath(path).Do(ctx).Error(); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(stream)
	for _, want := range []string{"ADDED 1", "MODIFIED 2", "DELETED 2"} {
		var e struct {
			Type   string
			Object corev1.ConfigMap
		}
		if err := decoder.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if got := e.Type + " " + e.Object.Data["x"]; got != want {
			t.Errorf("saw %s, want %s", got, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	server := start(t, kubetest.Options{})
	c := client(t, server.Config())
	path := "/api/v1/namespaces/default/configmaps/m"
	put := func() error {
		return c.Patch(types.ApplyPatchType).AbsPath(path).Param("fieldManager", "test").MaxRetries(0).
			Body([]byte(`{"apiVersion":"v1","kind":"ConfigMap"}`)).Do(t.Context()).Error()
	}
	server.Fail(kubetest.Fault{Verb: "patch", Code: http.StatusTooManyRequests, Reason: "TooManyRequests", Times: 1})
	if err := put(); !apierrors.IsTooManyRequests(err) || len(server.Writes()) != 0 {
		t.Errorf("%v, written %v", err, server.Writes())
	}
	remove := server.Fail(kubetest.Fault{Verb: "patch", Drop: true, Late: true})
	if err := put(); err == nil {
		t.Error("an answer came through")
	}
	remove()
	if w := server.Writes(); len(w) != 1 || !w[0].Created || w[0].Name != "m" {
		t.Errorf("written %+v", w)
	}
	if err := put(); err != nil || len(server.Writes()) != 1 {
		t.Errorf("%v, written %+v", err, server.Writes())
	}
}

func TestClientsPatchAndPut(t *testing.T) {
	t.Parallel()
	c := client(t, start(t, kubetest.Options{}).Config())
	apply(t, c, sets+"/web", web(1, "x:1"))
	for how, body := range map[types.PatchType]string{
		types.StrategicMergePatchType: `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"x:2"}]}}}}`,
		types.MergePatchType:          `{"spec":{"replicas":2}}`,
		types.JSONPatchType:           `[{"op":"add","path":"/metadata/labels","value":{"a":"b"}}]`,
	} {
		if err := c.Patch(how).AbsPath(sets + "/web").Body([]byte(body)).Do(t.Context()).Error(); err != nil {
			t.Errorf("%s: %v", how, err)
		}
	}
	var set appsv1.StatefulSet
	get(t, c, sets+"/web", &set)
	if *set.Spec.Replicas != 2 || set.Spec.Template.Spec.Containers[0].Image != "x:2" || set.Labels["a"] != "b" {
		t.Errorf("%+v", set.Spec)
	}
	set.Spec.MinReadySeconds = 1
	set.ResourceVersion = "" // whatever the controller has written since
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Put().AbsPath(sets+"/web").SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error(); err != nil {
		t.Error(err)
	}
	if err := c.Put().AbsPath(sets+"/other").SetHeader("Content-Type", "application/json").Body(body).Do(t.Context()).Error(); !apierrors.IsBadRequest(err) {
		t.Errorf("under another name: %v", err)
	}
	if err := c.Get().AbsPath("/apis/batch/v1/namespaces/default/jobs").Do(t.Context()).Error(); !strings.Contains(fmt.Sprint(err), "could not find the requested resource") {
		t.Errorf("a kind that is not served: %v", err)
	}
}
