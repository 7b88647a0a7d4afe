package pods_test

// The file charm, its brokers and its workers.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/connectcharm/kafka-connect-base/acceptance/internal/reality"
	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
	"github.com/connectcharm/kafka-connect-base/charmtest"
)

// world is a model, and a Kubernetes with all that is in it.
type world struct {
	observer
	*reality.Model
	dir     string
	brokers realkafka.Pods
	model   string // and the namespace of the workers
	release *realkafka.Kafka
	lines   []string // written so far
}

// newWorld starts Kubernetes and three brokers in it, whose names the charm is told.
func newWorld(t *testing.T, version string) *world {
	t.Helper()
	release, err := realkafka.Get(t.Context(), version, t.Logf)
	must(t, err)
	dir := reality.Folder(t)
	shared := filepath.Join(dir, "shared")
	must(t, os.Mkdir(shared, 0o777))
	must(t, os.Chmod(shared, 0o777)) // a worker is another user
	images, err := realkafka.Images(shared, release)
	must(t, err)
	writeFile(t, filepath.Join(dir, "images.json"), string(images))
	c, err := cluster.Start(kubelite, "-dir", dir, "-images", filepath.Join(dir, "images.json"))
	must(t, err)
	t.Logf("Kubernetes is ready after %.1f s", c.Seconds)
	name := "m" + strings.ReplaceAll(version, ".", "")
	w := &world{observer: look(t, c), dir: dir, model: name, release: release,
		brokers: realkafka.Pods{Image: release.ImageName(), Folder: filepath.Join(dir, "brokers")}}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		if left := running(t, dir); len(left) > 0 {
			t.Errorf("after the end there run still:\n%s", strings.Join(left, "\n"))
		}
	})
	w.Model = reality.New(t, name)
	return w
}

func (w *world) startBrokers() {
	w.t.Helper()
	w.apply(w.brokers.Objects()...)
	w.wantReady("kafka", 3)
}

// wantReady waits until a namespace has n pods and all are ready.
func (w *world) wantReady(namespace string, n int) []corev1.Pod {
	w.t.Helper()
	var ready []corev1.Pod
	w.eventually("the pods of "+namespace+" are ready", func() string {
		ready = w.ready(namespace)
		if all := w.pods(namespace); len(all) != n || len(ready) != n {
			return fmt.Sprintf("%d of %d are, want %d", len(ready), len(all), n)
		}
		return ""
	})
	return ready
}

// overrides are the operator's properties: what an image of this release needs, and that a dead worker is missed soon.
func (w *world) overrides(flush int) string {
	return fmt.Sprintf("offset.flush.interval.ms=%d\nscheduled.rebalance.max.delay.ms=0\nconsumer.session.timeout.ms=6000\nplugin.discovery=service_load\n"+
		"plugin.path=/opt/kafka/libs/connect-file-%s.jar", flush, w.release.Version)
}

// deploy brings the file charm to where its connectors run.
func (w *world) deploy(units, workers int) {
	w.t.Helper()
	w.Must(w.Deploy("connect", w.FileCharm("../../../examples/kafka-connect-file"), charmtest.DeployOptions{Units: units, Config: map[string]any{
		"topics": "lines", "kubeconfig": string(w.cluster.Kubeconfig(w.cluster.Token)), "workers": workers, "memory": "256M",
		"image": w.release.ImageName(), "source-file": "/shared/from.txt", "sink-file": "/shared/to.txt", "worker-config": w.overrides(1000),
	}}))
	w.Kafka(w.addrs())
	w.MustSettle()
}

// addrs are the brokers' names, which every pod finds.
func (w *world) addrs() (brokers []string) {
	for _, host := range w.brokers.Hosts() {
		brokers = append(brokers, host+":9092")
	}
	return brokers
}

func (w *world) wantTopics() {
	w.t.Helper()
	w.WantTopics(w.addrs())
}

// worker asks one worker by its pod's address.
func (w *world) worker(p corev1.Pod, method, path, body string) (int, string) {
	w.t.Helper()
	return w.Ask(method, "http://"+p.Status.PodIP+":8083"+path, body)
}

// wantLines appends lines to the source's file and waits until each is in the
// sink's, once, and no earlier one is missing.
func (w *world) wantLines(lines ...string) {
	w.t.Helper()
	w.Append(filepath.Join(w.dir, "shared", "from.txt"), lines...)
	sink := filepath.Join(w.dir, "shared", "to.txt")
	w.WantLines(sink, lines...)
	got, err := os.ReadFile(sink)
	w.Must(err)
	for _, line := range w.lines {
		if !strings.Contains(string(got), line+"\n") {
			w.t.Errorf("%s is missing: the sink has %s", line, got)
		}
	}
	w.lines = append(w.lines, lines...)
}
