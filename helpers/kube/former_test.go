package kube_test

import (
	"strings"
	"testing"
)

// A Deployment may be gone before its pods: the collector that ends a foreground
// deletion does not know of the newest ones. So the pods are asked for, too, and those
// of another application are nobody's concern.
func TestFormerWorkersAreGoneWithTheirPods(t *testing.T) {
	t.Parallel()
	const uuid, pods = "0123456789abcdef0123456789abcdef", "/api/v1/namespaces/data/pods"
	server := serve(t, inData)
	client, raw := connect(t, server.Kubeconfig()), rawClient(t, server)
	add := func(name string) {
		body := `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "` + name + `"}, "spec": {"containers": [{"name": "c", "image": "x"}]}}`
		if err := raw.Post().AbsPath(pods).SetHeader("Content-Type", "application/json").Body([]byte(body)).Do(t.Context()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	add("depl-" + strings.Repeat("f", 32) + "-5d9c7b6f4-abcde")
	if gone, err := client.DeleteFormer(t.Context(), "data", uuid); !gone || err != nil {
		t.Errorf("with another application's pod: gone %v, error %v", gone, err)
	}
	left := "depl-" + uuid + "-5d9c7b6f4-abcde"
	add(left)
	if gone, err := client.DeleteFormer(t.Context(), "data", uuid); gone || err != nil {
		t.Errorf("with a pod left: gone %v, error %v", gone, err)
	}
	if err := raw.Delete().AbsPath(pods + "/" + left).Do(t.Context()).Error(); err != nil {
		t.Fatal(err)
	}
	if gone, err := client.DeleteFormer(t.Context(), "data", uuid); !gone || err != nil {
		t.Errorf("with no pod left: gone %v, error %v", gone, err)
	}
}
