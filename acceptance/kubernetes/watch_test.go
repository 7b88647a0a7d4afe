package kubernetes_test

// Every state the pods are in, not only those somebody happens to look at.

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
)

// watchReady follows the pods of a namespace, of which ready are ready now. The
// function it returns ends that and tells the least number that were ready at
// any moment.
func watchReady(t *testing.T, namespace string, ready int) (least func() int) {
	t.Helper()
	u := admin(t)
	path := "/api/v1/namespaces/" + namespace + "/pods"
	list := u.get(path)
	pods := map[string]bool{}
	items, _ := list["items"].([]any)
	for _, i := range items {
		pods[object(i.(map[string]any)).text("metadata", "uid")] = isReady(i.(map[string]any))
	}
	if n := count(pods); n != ready {
		t.Fatalf("%d pods are ready before the watch, want %d", n, ready)
	}
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, "GET", real.Server+path+"?watch=true&resourceVersion="+list.text("metadata", "resourceVersion"), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := u.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	smallest := ready
	var following sync.WaitGroup
	following.Go(func() {
		defer response.Body.Close()
		for d := json.NewDecoder(response.Body); ; {
			var event struct {
				Type   string
				Object object
			}
			if d.Decode(&event) != nil { // the end of the watch
				return
			}
			pods[event.Object.text("metadata", "uid")] = event.Type != "DELETED" && isReady(event.Object)
			smallest = min(smallest, count(pods))
		}
	})
	return func() int {
		cancel()
		following.Wait()
		return smallest
	}
}

func count(pods map[string]bool) (ready int) {
	for _, is := range pods {
		if is {
			ready++
		}
	}
	return ready
}
