package pods_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/connectcharm/kafka-connect-base/acceptance/realkafka"
)

// TestLife is the life of the file charm whose brokers and workers are pods, on
// every release of KAFKA_VERSIONS.
func TestLife(t *testing.T) {
	for _, version := range realkafka.Chosen() {
		t.Run(version, func(t *testing.T) { newWorld(t, version).live() })
	}
}

func (w *world) live() {
	w.Scene("three brokers", w.startBrokers)
	w.Scene("deploy two units, two workers, two connectors", func() {
		w.deploy(2, 2)
		w.WantStatus("active: 2 workers, 2 connectors")
		w.wantTopics()
		w.wantLines("one", "two")
	})
	w.Scene("each worker is known by its name, and takes what only the other may do", w.wantForwarding)
	w.Scene("the Services lead to a worker, and to the API server", w.wantServices)
	w.Scene("another worker-config rolls one at a time", func() {
		before, least := w.wantReady(w.model, 2), w.leastReady(w.model)
		w.MustConfigure(map[string]any{"worker-config": w.overrides(900)})
		w.WantStatus("active: 2 workers, 2 connectors")
		if n := least(); n != 1 {
			w.t.Errorf("at the worst moment of the roll %d of 2 were ready, want 1", n)
		}
		for i, p := range w.wantReady(w.model, 2) {
			if p.UID == before[i].UID {
				w.t.Errorf("%s is the old one", p.Name)
			}
		}
		w.wantLines("three")
	})
	w.Scene("a worker is killed", func() {
		w.kill(w.model, w.wantReady(w.model, 2)[0])
		w.Must(w.UpdateStatus("connect"))
		w.MustSettle()
		w.WantStatus("active: 2 workers, 2 connectors")
		w.wantLines("four")
	})
	w.Scene("a broker is killed and comes back", func() {
		w.kill("kafka", w.wantReady("kafka", 3)[1])
		w.wantTopics()
		w.wantLines("five")
	})
	w.Scene("three workers, and one", func() {
		w.MustConfigure(map[string]any{"workers": 3})
		w.WantStatus("active: 3 workers, 2 connectors")
		w.wantReady(w.model, 3)
		w.wantLines("six")
		w.note()
		w.MustConfigure(map[string]any{"workers": 1})
		w.WantStatus("active: 1 worker, 2 connectors")
		w.wantReady(w.model, 1)
		w.wantLines("seven")
	})
	w.Scene("the application goes, its topics stay", func() {
		w.Must(w.RemoveApplication("connect"))
		w.MustSettle()
		w.wantReady(w.model, 0)
		w.wantNothing()
		w.wantTopics()
	})
}

// wantForwarding writes by both workers. Only the one who leads may; the other has
// to reach it at the address it advertises.
func (w *world) wantForwarding() {
	w.t.Helper()
	workers := w.wantReady(w.model, 2)
	var config string
	w.eventually("the sink's configuration is known", func() string {
		code, text := w.worker(workers[0], "GET", "/connectors/connect-sink/config", "")
		if config = text; code != 200 {
			return text
		}
		return ""
	})
	for _, p := range workers {
		w.eventually(p.Name+" takes a configuration", func() string { // 409 while a rebalance is due
			if code, text := w.worker(p, "PUT", "/connectors/connect-sink/config", config); code != 200 {
				return strconv.Itoa(code) + " " + text
			}
			return ""
		})
	}
	want := []string{}
	for _, p := range workers {
		want = append(want, fmt.Sprintf("%s.connect-connect-workers.%s.svc:8083", p.Name, w.model))
	}
	w.eventually("both workers have something to do, by their names", func() string {
		if got := w.workerIDs(workers[0]); !slices.Equal(got, want) {
			return fmt.Sprintf("workers are %q, want %q", got, want)
		}
		return ""
	})
}

// wantServices goes by the addresses of Services, which it asks the cluster for by
// name. Connections are not kept, so that each goes its own way.
func (w *world) wantServices() {
	w.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	asked := map[string]bool{}
	w.eventually("both workers are reached by the Service", func() string {
		request, err := http.NewRequestWithContext(w.t.Context(), "GET", "http://connect-connect."+w.model+".svc.cluster.local:8083/", nil)
		w.Must(err)
		// Connect does not say who answers; a worker's log does.
		request.Header.Set("User-Agent", "asked-by-service")
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err.Error()
		}
		w.Must(response.Body.Close())
		for _, p := range w.wantReady(w.model, 2) {
			log, err := os.ReadFile(filepath.Join(w.dir, "logs", w.model, p.Name+".log"))
			w.Must(err)
			asked[p.Name] = bytes.Contains(log, []byte("asked-by-service"))
		}
		if n := count(asked); response.StatusCode != 200 || n != 2 {
			return fmt.Sprintf("%s; %d have been asked", response.Status, n)
		}
		return ""
	})
	config := w.cluster.Config(w.cluster.Token)
	config.Host = "https://kubernetes.default.svc.cluster.local"
	client, err := kubernetes.NewForConfig(config)
	w.Must(err)
	version, err := client.Discovery().ServerVersion()
	w.Must(err)
	if version.GitVersion != w.cluster.Version {
		w.t.Errorf("by its Service the API server is %s, not %s", version.GitVersion, w.cluster.Version)
	}
}

// workerIDs are the workers on which connectors and tasks run, sorted.
func (w *world) workerIDs(ask corev1.Pod) []string {
	w.t.Helper()
	type runs struct {
		WorkerID string `json:"worker_id"`
	}
	var all []string
	for _, name := range []string{"connect-source", "connect-sink"} {
		var status struct {
			Connector runs
			Tasks     []runs
		}
		code, text := w.worker(ask, "GET", "/connectors/"+name+"/status", "")
		if code != 200 || json.Unmarshal([]byte(text), &status) != nil {
			return []string{text}
		}
		for _, r := range append(status.Tasks, status.Connector) {
			all = append(all, r.WorkerID)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// kill ends the process of a pod as a power cut would, and waits until Kubernetes
// has started it again, in the same pod.
func (w *world) kill(namespace string, victim corev1.Pod) {
	w.t.Helper()
	w.Must(syscall.Kill(process(w.t, victim), syscall.SIGKILL))
	w.eventually(victim.Name+" is started again", func() string {
		p, err := w.client.CoreV1().Pods(namespace).Get(w.t.Context(), victim.Name, metav1.GetOptions{})
		w.Must(err)
		s := p.Status.ContainerStatuses[0]
		if p.UID != victim.UID || s.RestartCount != 1 || !isReady(p) {
			return fmt.Sprintf("%+v", s)
		}
		if e := s.LastTerminationState.Terminated; e == nil || e.ExitCode != 137 {
			w.t.Errorf("%s ended with %+v", victim.Name, e)
		}
		return ""
	})
}

// wantNothing looks for what the charm may have left in Kubernetes.
func (w *world) wantNothing() {
	w.t.Helper()
	ctx, all := w.t.Context(), metav1.ListOptions{}
	sets, err := w.client.AppsV1().StatefulSets(w.model).List(ctx, all)
	w.Must(err)
	services, err := w.client.CoreV1().Services(w.model).List(ctx, all)
	w.Must(err)
	secrets, err := w.client.CoreV1().Secrets(w.model).List(ctx, all)
	w.Must(err)
	budgets, err := w.client.PolicyV1().PodDisruptionBudgets(w.model).List(ctx, all)
	w.Must(err)
	if n := len(sets.Items) + len(services.Items) + len(secrets.Items) + len(budgets.Items); n > 0 {
		w.t.Errorf("%d objects are left: %v %v %v %v", n, sets.Items, services.Items, secrets.Items, budgets.Items)
	}
}

// note writes down the memory of everything.
func (w *world) note() {
	w.t.Helper()
	total := 0
	for _, namespace := range []string{"kafka", w.model} {
		for _, p := range w.ready(namespace) {
			mib := resident(process(w.t, p))
			total += mib
			w.t.Logf("%s has %d MiB", p.Name, mib)
		}
	}
	kubernetes := resident(w.cluster.PID)
	w.t.Logf("Kubernetes has %d MiB; together %d MiB", kubernetes, total+kubernetes)
}

// resident is a process's memory in MiB.
func resident(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kib / 1024
		}
	}
	return 0
}
