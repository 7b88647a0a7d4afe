package kubernetes_test

// What was made anew under one of our names between our look and our write.

import (
	"testing"

	"github.com/connectcharm/kafka-connect-base/helpers/kube"
)

func TestAnotherObjectInItsPlaceIsAConflict(t *testing.T) {
	t.Parallel()
	a := admin(t)
	ns := a.namespace("replaced", nil)
	w := workers(ns, 0)
	services := "/api/v1/namespaces/" + ns + "/services"
	replace := func(effect string) {
		if effect != "kube: apply service/replaced/mongo-connect" || len(a.list(services)) < 2 {
			return
		}
		a.call("DELETE", services+"/"+w.Name, "", nil)
		a.create(services, map[string]any{"metadata": map[string]any{"name": w.Name}, "spec": map[string]any{"ports": []any{map[string]any{"port": 80}}}})
	}
	client := connect(t, real.Token, replace)
	apply(t, client, w)
	w.Port = 28083 // of no port the stranger has
	_, err := client.Apply(t.Context(), w)
	isError(t, err, kube.ErrConflict, "cannot apply service/replaced/mongo-connect: it changed at the same time")
	_, err = client.Apply(t.Context(), w)
	isError(t, err, kube.ErrForeign)
}
