package pods_test

// What an administrator sees of a cluster.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
)

type observer struct {
	t       *testing.T
	cluster *cluster.Cluster
	client  *kubernetes.Clientset
}

func look(t *testing.T, c *cluster.Cluster) observer {
	t.Helper()
	client, err := kubernetes.NewForConfig(c.Config(c.Token))
	must(t, err)
	return observer{t, c, client}
}

// eventually asks until nothing is wrong.
func (o observer) eventually(what string, wrong func() string) {
	o.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		why := wrong()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			o.t.Fatalf("not within %s: %s: %s", patience, what, why)
		}
	}
}

// paths are those of the kinds that are applied here.
var paths = map[string]string{
	"ConfigMap": "/api/v1/namespaces/%s/configmaps", "Service": "/api/v1/namespaces/%s/services",
	"PodDisruptionBudget": "/apis/policy/v1/namespaces/%s/poddisruptionbudgets",
	"StatefulSet":         "/apis/apps/v1/namespaces/%s/statefulsets",
	"Secret":              "/api/v1/namespaces/%s/secrets", "Pod": "/api/v1/namespaces/%s/pods",
}

// apply is a server-side apply.
func (o observer) apply(objects ...map[string]any) {
	o.t.Helper()
	client, err := rest.HTTPClientFor(o.cluster.Config(o.cluster.Token))
	must(o.t, err)
	for _, object := range objects {
		metadata := object["metadata"].(map[string]any)
		path := "/api/v1/namespaces"
		if namespace, ok := metadata["namespace"].(string); ok {
			path = fmt.Sprintf(paths[object["kind"].(string)], namespace)
		}
		body, err := json.Marshal(object)
		must(o.t, err)
		request, err := http.NewRequestWithContext(o.t.Context(), "PATCH",
			o.cluster.Server+path+"/"+metadata["name"].(string)+"?fieldManager=admin", bytes.NewReader(body))
		must(o.t, err)
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
		response, err := client.Do(request)
		must(o.t, err)
		answer, err := io.ReadAll(response.Body)
		must(o.t, err)
		must(o.t, response.Body.Close())
		if response.StatusCode >= 300 {
			o.t.Fatalf("apply %s: %d %s", path, response.StatusCode, answer)
		}
	}
}

func (o observer) pods(namespace string) []corev1.Pod {
	o.t.Helper()
	list, err := o.client.CoreV1().Pods(namespace).List(o.t.Context(), metav1.ListOptions{})
	must(o.t, err)
	return list.Items
}

// ready are the pods of a namespace that are ready and not about to end.
func (o observer) ready(namespace string) []corev1.Pod {
	o.t.Helper()
	return slices.DeleteFunc(o.pods(namespace), func(p corev1.Pod) bool { return !isReady(&p) })
}

func isReady(p *corev1.Pod) bool {
	return p.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// process is the process that is a pod's container.
func process(t *testing.T, p corev1.Pod) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimPrefix(p.Status.ContainerStatuses[0].ContainerID, "kubelite://"))
	must(t, err)
	return pid
}

// leastReady follows the pods of a namespace. The function it returns ends that and
// tells the least number of pods that were ready at any moment, of those that were
// ready in the beginning.
func (o observer) leastReady(namespace string) func() int {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	list, err := o.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	must(o.t, err)
	ready := map[string]bool{}
	for _, p := range list.Items {
		ready[p.Name] = isReady(&p)
	}
	watch, err := o.client.CoreV1().Pods(namespace).Watch(ctx, metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	must(o.t, err)
	least := make(chan int, 1)
	go func() {
		smallest := count(ready)
		for event := range watch.ResultChan() {
			if p, ok := event.Object.(*corev1.Pod); ok {
				ready[p.Name] = isReady(p) && event.Type != "DELETED"
				smallest = min(smallest, count(ready))
			}
		}
		least <- smallest
	}()
	return func() int {
		watch.Stop()
		cancel()
		return <-least
	}
}

func count(ready map[string]bool) (n int) {
	for _, is := range ready {
		if is {
			n++
		}
	}
	return n
}
