package kubernetes_test

// The manifests of every sort of image pass real validation and admission, and
// their pods are made, also where only restricted ones are.

import (
	"strings"
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

// images are one of each profile, and whether it can be run in a namespace that
// enforces the "restricted" pod security standard.
func images() map[string]struct {
	image      string
	profile    *kube.Profile
	restricted bool
} {
	own := kube.Profile{Name: "own", Command: []string{"/run", "worker"}, ConfigDir: "/conf", User: 65532}
	return map[string]struct {
		image      string
		profile    *kube.Profile
		restricted bool
	}{
		"seed":            {"sborny/kafka-connect-base", nil, false},
		"apache":          {"apache/kafka:4.0.0", nil, true},
		"confluent":       {"confluentinc/cp-kafka-connect:7.5.1", nil, true},
		"generic":         {"registry.example/own:1", nil, false},
		"generic-no-root": {"registry.example/own@sha256:" + strings.Repeat("0", 64), &own, true},
	}
}

func TestManifestsAreAccepted(t *testing.T) {
	t.Parallel()
	for name, c := range images() {
		for _, level := range []string{"baseline", "restricted"} {
			t.Run(name+" "+level, func(t *testing.T) {
				t.Parallel()
				a := admin(t)
				ns := a.namespace(name+"-"+level, map[string]any{"labels": map[string]any{"pod-security.kubernetes.io/enforce": level}})
				w := workers(ns, 1)
				w.Image, w.Profile = c.image, kube.ProfileFor(c.image)
				if c.profile != nil {
					w.Profile = *c.profile
				}
				accepted(t, a, w, level == "baseline" || c.restricted)
			})
		}
	}
}

// accepted applies w plainly, then with all that can be chosen, and back.
func accepted(t *testing.T, a user, w kube.Workers, runs bool) {
	t.Helper()
	client := connect(t, real.Token, nil)
	plain, full := w, w
	full.ServiceType, full.NetworkPolicy, full.MemoryMiB, full.Port = "NodePort", true, 1536, 28083
	balanced := w
	balanced.ServiceType = "LoadBalancer"
	for _, w := range []kube.Workers{plain, full, balanced, plain} {
		apply(t, client, w)
		if runs {
			rollout(t, client, w, done)
		} else {
			r := rollout(t, client, w, func(r kube.Rollout) bool { return strings.Contains(r.Message, "PodSecurity") })
			if !strings.HasPrefix(r.Message, "Kubernetes cannot make the workers' pods: ") || !strings.Contains(r.Message, "runAsNonRoot != true") {
				t.Errorf("the message is %q", r.Message)
			}
		}
		apply(t, client, w) // clears up
		if again := apply(t, client, w); len(again.Changed)+len(again.Removed) > 0 {
			t.Errorf("there was nothing to do, and %+v was done", again)
		}
		for _, service := range a.list("/api/v1/namespaces/" + w.Namespace + "/services") {
			if want := w.ServiceType; service.name() == w.Name && service.text("spec", "type") != want && want != "" {
				t.Errorf("the Service is a %s, want %s", service.text("spec", "type"), want)
			}
		}
	}
}

// What a charm hands to the deployer instead of talking to Kubernetes itself.
func TestDeployerResourcesAreAccepted(t *testing.T) {
	t.Parallel()
	a := admin(t)
	for name, c := range images() {
		ns := a.namespace("deployer-"+name, nil)
		w := workers(ns, 2)
		w.Image, w.Profile = c.image, kube.ProfileFor(c.image)
		resources, err := w.DeployerResources()
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range resources {
			o := object(r)
			path := "/api/v1/namespaces/" + ns + "/" + strings.ToLower(o.text("kind")) + "s"
			if o.text("kind") == "Deployment" {
				path = "/apis/apps/v1/namespaces/" + ns + "/deployments"
			}
			a.apply(path+"/"+o.name(), "deployer", r)
		}
		var deployments []object
		until(t, "the Deployment of "+name+" is available", func() bool {
			deployments = a.list("/apis/apps/v1/namespaces/" + ns + "/deployments")
			return len(deployments) == 1 && deployments[0].number("status", "readyReplicas") == 2
		}, func() any { return deployments })
	}
}
