package kube_test

// Every manifest against its golden file, and against Kubernetes' own types.

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
	"github.com/connectcharm/kafka-connect-base/internal/testfile"
)

// cases are the sorts of workers that look different.
func cases() map[string]kube.Workers {
	with := func(change func(*kube.Workers)) kube.Workers {
		w := example()
		change(&w)
		return w
	}
	image := func(w *kube.Workers, name string) { w.Image, w.Profile = name, kube.ProfileFor(name) }
	return map[string]kube.Workers{
		"apache": example(),
		"seed":   with(func(w *kube.Workers) { image(w, "sborny/kafka-connect-base") }),
		"confluent": with(func(w *kube.Workers) {
			image(w, "confluentinc/cp-kafka-connect:7.5.1")
			w.ServiceType, w.NetworkPolicy, w.Namespace = "NodePort", true, "streams"
			w.MemoryMiB, w.Port, w.Replicas = 1536, 28083, 0
			w.Properties["config.providers"] = "file"
		}),
		"options": with(func(w *kube.Workers) {
			w.Image = "registry.example/own:1"
			w.Profile = kube.Profile{Command: []string{"/run", "worker"}, ConfigDir: "/conf", User: 65532}
			w.NetworkPolicy, w.ServiceType = true, "LoadBalancer"
			w.Properties["rest.advertised.host.name"] = "connect.example"
		}),
	}
}

func TestObjectsAreTheGoldenOnes(t *testing.T) {
	t.Parallel()
	for name, w := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, err := w.Objects()
			if err != nil {
				t.Fatal(err)
			}
			maps := make([]map[string]any, len(objects))
			for i, o := range objects {
				maps[i] = o
			}
			golden(t, name, maps)
		})
		t.Run("deployer-"+name, func(t *testing.T) {
			t.Parallel()
			resources, err := w.DeployerResources()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "deployer-"+name, resources)
		})
	}
}

// golden compares manifests with testdata/NAME.txtar, a section for each.
func golden(t *testing.T, name string, objects []map[string]any) {
	t.Helper()
	archive := &txtar.Archive{}
	for _, o := range objects {
		content, err := yaml.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		strict(t, o["kind"].(string), content)
		section := strings.ToLower(o["kind"].(string)) + "-" + o["metadata"].(map[string]any)["name"].(string) + ".yaml"
		archive.Files = append(archive.Files, txtar.File{Name: section, Data: content})
	}
	file := filepath.Join("testdata", name+".txtar")
	got := txtar.Format(archive)
	testfile.Golden(t, file, string(got))
}

// strict fails on a field Kubernetes does not know.
func strict(t *testing.T, kind string, content []byte) {
	t.Helper()
	typed := map[string]any{
		"Secret": &corev1.Secret{}, "Service": &corev1.Service{}, "StatefulSet": &appsv1.StatefulSet{},
		"Deployment": &appsv1.Deployment{}, "NetworkPolicy": &networkingv1.NetworkPolicy{}, "PodDisruptionBudget": &policyv1.PodDisruptionBudget{},
	}[kind]
	if typed == nil {
		t.Fatalf("kind %q is not one this test knows", kind)
	}
	if err := yaml.UnmarshalStrict(content, typed); err != nil {
		t.Errorf("%s: %v", kind, err)
	}
}

func TestSecretHoldsTheSameFileTwice(t *testing.T) {
	t.Parallel()
	objects, err := example().Objects()
	if err != nil {
		t.Fatal(err)
	}
	content, err := yaml.Marshal(objects[0])
	if err != nil {
		t.Fatal(err)
	}
	var secret corev1.Secret
	if err := yaml.Unmarshal(content, &secret); err != nil {
		t.Fatal(err)
	}
	proper, seed := secret.Data["connect-distributed.properties"], secret.Data["connect-distributes.properties"]
	if len(proper) == 0 || !bytes.Equal(proper, seed) {
		t.Errorf("connect-distributed.properties is %q, connect-distributes.properties %q", proper, seed)
	}
	const want = `bootstrap.servers=10.0.0.1:9092,10.0.0.2:9092
config.providers=pod
config.providers.pod.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
config.providers.pod.param.allowlist.pattern=CONNECT_ADVERTISED_HOST
group.id=mongo
key.converter=org.apache.kafka.connect.json.JsonConverter
rest.advertised.host.name=${pod:CONNECT_ADVERTISED_HOST}
`
	if diff := cmp.Diff(want, string(proper)); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

// Only what pods are made from may roll them.
func TestRevisionFollowsThePodsAlone(t *testing.T) {
	t.Parallel()
	revision := func(change func(*kube.Workers)) string {
		w := example()
		change(&w)
		objects, err := w.Objects()
		if err != nil {
			t.Fatal(err)
		}
		set := objects[len(objects)-1]
		return set["metadata"].(map[string]any)["annotations"].(map[string]any)[kube.RevisionAnnotation].(string)
	}
	base := revision(func(*kube.Workers) {})
	for name, c := range map[string]struct {
		change func(*kube.Workers)
		rolls  bool
	}{
		"nothing":        {func(*kube.Workers) {}, false},
		"replicas":       {func(w *kube.Workers) { w.Replicas = 5 }, false},
		"service type":   {func(w *kube.Workers) { w.ServiceType = "NodePort" }, false},
		"network policy": {func(w *kube.Workers) { w.NetworkPolicy = true }, false},
		"port":           {func(w *kube.Workers) { w.Port = 8084 }, true},
		"image":          {func(w *kube.Workers) { w.Image = "apache/kafka:4.0.1" }, true},
		"memory":         {func(w *kube.Workers) { w.MemoryMiB = 2048 }, true},
		"a property":     {func(w *kube.Workers) { w.Properties["a"] = "b" }, true},
	} {
		if rolled := revision(c.change) != base; rolled != c.rolls {
			t.Errorf("%s: rolls %t, want %t", name, rolled, c.rolls)
		}
	}
}

func TestWorkersThatMakeNoSenseAreRefusedInOneGo(t *testing.T) {
	t.Parallel()
	w := kube.Workers{Name: "Mongo", Model: "my_model", Replicas: -1, Port: 70000, MemoryMiB: 100, ServiceType: "Ingress", Image: "a b"}
	_, err := w.Objects()
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{
		`cannot describe the workers "Mongo": `, `name "Mongo" is not a DNS label`, `namespace "my_model"`,
		`UUID have to be given`, `image "a b"`, `-1 workers`, `port 70000`, `100 MiB`, `"Ingress" is none of`,
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}
