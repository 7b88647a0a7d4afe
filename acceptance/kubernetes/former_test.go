package kubernetes_test

// What a kubernetes-deployer applied in former times: found by name and label, and gone only with its pods.

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestFormerWorkers(t *testing.T) {
	t.Parallel()
	const uuid = "0123456789abcdef0123456789abcdef"
	a := admin(t)
	ns := a.namespace("former", nil)
	configs, deployments := "/api/v1/namespaces/"+ns+"/configmaps", "/apis/apps/v1/namespaces/"+ns+"/deployments"
	services, pods := "/api/v1/namespaces/"+ns+"/services", "/api/v1/namespaces/"+ns+"/pods"
	mine := map[string]any{"juju-app": uuid}
	selector := map[string]any{"name": "kafka-connect-" + uuid}
	deployment := func(labels map[string]any) map[string]any {
		return map[string]any{"metadata": map[string]any{"name": "depl-" + uuid, "labels": labels}, "spec": map[string]any{
			"replicas": 2, "selector": map[string]any{"matchLabels": selector},
			"template": map[string]any{"metadata": map[string]any{"labels": selector}, "spec": map[string]any{"containers": []any{
				map[string]any{"name": "kafka-connect", "image": oldImage},
			}}},
		}}
	}
	client := connect(t, real.Token, nil)

	a.create(deployments, deployment(map[string]any{"juju-app": "another"}))
	if _, found, err := client.Former(t.Context(), ns, uuid); found || err != nil {
		t.Errorf("a Deployment with another label was found, error %v", err)
	}
	until(t, "the stranger's pods are there", func() bool { return len(a.list(pods)) == 2 }, func() any { return a.list(pods) })
	if gone, err := client.DeleteFormer(t.Context(), ns, uuid); !gone || err != nil || len(a.list(deployments)) != 1 {
		t.Errorf("a Deployment with another label was deleted, error %v", err)
	}
	a.call("DELETE", deployments+"/depl-"+uuid, "", nil)
	until(t, "the stranger is gone", func() bool { return len(a.list(deployments))+len(a.list(pods)) == 0 }, func() any { return a.list(pods) })

	a.create(configs, map[string]any{"metadata": map[string]any{"name": "cfgmap-" + uuid, "labels": mine}, "data": map[string]any{"connect-distributes.properties": "group.id=app-0\n"}})
	a.create(services, map[string]any{"metadata": map[string]any{"name": "svc-" + uuid, "labels": mine}, "spec": map[string]any{"type": "NodePort", "selector": selector, "ports": []any{map[string]any{"port": 8083}}}})
	a.create(deployments, deployment(mine))
	until(t, "the former workers run", func() bool { return len(a.list(pods)) == 2 }, func() any { return a.list(pods) })
	files, found, err := client.Former(t.Context(), ns, uuid)
	if !found || err != nil || files["connect-distributes.properties"] != "group.id=app-0\n" {
		t.Errorf("former workers: found %v, files %v, error %v", found, files, err)
	}
	until(t, "they are gone", func() bool {
		gone, err := client.DeleteFormer(t.Context(), ns, uuid)
		if err != nil {
			t.Fatal(err)
		}
		if left := len(a.list(pods)); gone && left > 0 {
			t.Fatalf("said to be gone, with %d pods left", left)
		}
		return gone
	}, func() any { return a.list(deployments) })
	if err := client.TidyFormer(t.Context(), ns, uuid); err != nil {
		t.Error(err)
	}
	for _, path := range []string{configs + "/cfgmap-" + uuid, services + "/svc-" + uuid} {
		if code, _ := a.call("GET", path, "", nil); code != 404 {
			t.Errorf("GET %s gives %d", path, code)
		}
	}
	account := connect(t, account(t, ns, "former", false, rulesOf(t, "Role")), nil)
	_, _, err = account.Former(t.Context(), ns, uuid)
	isError(t, err, kube.ErrForbidden, "deployments")
}
