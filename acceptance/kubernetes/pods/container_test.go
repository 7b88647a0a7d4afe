package pods_test

// What a container is given, and what becomes of one that fails.

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/connectcharm/kafka-connect-base/acceptance/kubernetes/cluster"
)

// shells starts a Kubernetes with one image, a shell, in a network of its own.
func shells(t *testing.T) (o observer, folder string) {
	t.Helper()
	folder, err := os.MkdirTemp("", "shells-") // short: a socket is in it
	must(t, err)
	image := filepath.Join(folder, "image")
	must(t, os.Mkdir(image, 0o755))
	script, err := os.ReadFile("testdata/tell.sh")
	must(t, err)
	writeFile(t, filepath.Join(image, "tell.sh"), string(script))
	writeFile(t, filepath.Join(folder, "images.json"), fmt.Sprintf(
		`{"shell": {"entrypoint": ["sh", "/opt/image/tell.sh"], "env": {"IMAGE": "shell"}, "mounts": {"/opt/image": %q}}}`, image))
	c, err := cluster.Start(kubelite, "-netns", "-dir", folder, "-images", filepath.Join(folder, "images.json"))
	must(t, err)
	t.Cleanup(func() {
		must(t, c.Stop())
		must(t, os.RemoveAll(folder))
	})
	return look(t, c), folder
}

func TestAContainerGetsWhatItsPodAsksFor(t *testing.T) {
	t.Parallel()
	o, folder := shells(t)
	manifests, err := os.ReadFile("testdata/container.yaml")
	must(t, err)
	for text := range strings.SplitSeq(string(manifests), "\n---\n") {
		var object map[string]any
		must(t, yaml.Unmarshal([]byte(text), &object))
		o.apply(object)
	}
	var phase corev1.PodPhase
	o.eventually("it has told", func() string {
		p, err := o.client.CoreV1().Pods("default").Get(t.Context(), "teller", metav1.GetOptions{})
		must(t, err)
		if phase = p.Status.Phase; phase != corev1.PodSucceeded && phase != corev1.PodFailed {
			return string(phase)
		}
		return ""
	})
	got, err := os.ReadFile(filepath.Join(folder, "logs/default/teller.log"))
	must(t, err)
	want, err := os.ReadFile("testdata/container.txt")
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" || phase != corev1.PodSucceeded {
		t.Errorf("%s (-want +got):\n%s", phase, diff)
	}
}

// shell is a pod that runs a script of one line.
func shell(name, script string) *corev1.Pod {
	no := false
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PodSpec{AutomountServiceAccountToken: &no, Containers: []corev1.Container{{
			Name: "shell", Image: "shell", Command: []string{"sh", "-c", script},
		}}},
	}
}

func TestAContainerThatFails(t *testing.T) {
	t.Parallel()
	o, _ := shells(t)
	command := func(words ...string) *corev1.Probe {
		return &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 2, ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: words}}}
	}
	crashing := shell("crashing", "exit 3")
	dead := shell("dead", "touch /alive; trap 'exit 0' TERM; sleep 2 & wait; rm /alive; sleep 1000 & wait")
	dead.Spec.Containers[0].LivenessProbe = command("test", "-f", "/alive")
	late := shell("late", "sleep 1; touch /up; sleep 1; touch /ready; sleep 1000")
	late.Spec.Containers[0].StartupProbe = command("test", "-f", "/up")
	late.Spec.Containers[0].ReadinessProbe = command("test", "-f", "/ready")
	late.Spec.Containers[0].StartupProbe.FailureThreshold = 1000
	deaf := shell("deaf", "sleep 1000")
	deaf.Spec.Containers[0].ReadinessProbe = &corev1.Probe{PeriodSeconds: 1, ProbeHandler: corev1.ProbeHandler{
		TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)}}}
	unknown := shell("unknown", "")
	unknown.Spec.Containers[0].Image = "nobody/knows:1"
	nowhere := shell("nowhere", "")
	nowhere.Spec.Containers[0].Command = []string{"/no/such/program"}
	pair := shell("pair", "")
	pair.Spec.Containers = append(pair.Spec.Containers, corev1.Container{Name: "second", Image: "shell",
		Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"memory": resource.MustParse("1Mi")}}})
	for pod, want := range map[*corev1.Pod]string{
		crashing: "Running, ready false, 1 restarts, waiting CrashLoopBackOff, ended with 3",
		dead:     "Running, ready true, 1 restarts, ended with 0",
		late:     "Running, ready true, 0 restarts",
		deaf:     "Running, ready false, 0 restarts",
		unknown:  "Pending, ready false, 0 restarts, waiting ErrImagePull",
		nowhere:  "Pending, ready false, 0 restarts, waiting RunContainerError",
		pair:     "Pending, ready false, 0 restarts, waiting CreateContainerError",
	} {
		_, err := o.client.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
		must(t, err)
		o.eventually(pod.Name+" is as it should be", func() string {
			p, err := o.client.CoreV1().Pods("default").Get(t.Context(), pod.Name, metav1.GetOptions{})
			must(t, err)
			if got := told(p); got != want {
				return got
			}
			return ""
		})
	}
}

// told is a pod's state in words.
func told(p *corev1.Pod) string {
	if len(p.Status.ContainerStatuses) == 0 {
		return string(p.Status.Phase)
	}
	s := p.Status.ContainerStatuses[0]
	text := fmt.Sprintf("%s, ready %t, %d restarts", p.Status.Phase, isReady(p), s.RestartCount)
	if s.State.Waiting != nil {
		text += ", waiting " + s.State.Waiting.Reason
	}
	if e := s.LastTerminationState.Terminated; e != nil {
		text += fmt.Sprintf(", ended with %d", e.ExitCode)
	}
	return text
}
