package kubernetes_test

// What an administrator does beside the charm: look, make, edit, wait.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// patience is how long anything may take; nothing waits for it to pass.
const patience = 60 * time.Second

// until polls for a condition; describe says what there was instead.
func until(t *testing.T, what string, condition func() bool, describe func() any) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s: %+v", patience, what, describe())
		}
	}
}

// user makes requests with a token.
type user struct {
	t      *testing.T
	client *http.Client
}

func as(t *testing.T, token string) user {
	t.Helper()
	client, err := rest.HTTPClientFor(real.Config(token))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return user{t, client}
}

func admin(t *testing.T) user { return as(t, real.Token) }

// call sends one request and returns the code and the answer.
func (u user) call(method, path, contentType string, body any) (int, object) {
	u.t.Helper()
	content, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			u.t.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(u.t.Context(), method, real.Server+path, bytes.NewReader(content))
	if err != nil {
		u.t.Fatal(err)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := u.client.Do(request)
	if err != nil {
		u.t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(answer, &o); err != nil {
		u.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, answer)
	}
	return response.StatusCode, o
}

// create makes an object; that it exists is as well.
func (u user) create(path string, o any) object {
	u.t.Helper()
	code, answer := u.call("POST", path, "application/json", o)
	if code >= 300 && code != http.StatusConflict {
		u.t.Fatalf("POST %s: %d %v", path, code, answer["message"])
	}
	return answer
}

// edit is what kubectl edit sends.
func (u user) edit(path, patch string) {
	u.t.Helper()
	code, answer := u.call("PATCH", path+"?fieldManager=kubectl-edit", "application/merge-patch+json", []byte(patch))
	if code != http.StatusOK {
		u.t.Fatalf("PATCH %s: %d %v", path, code, answer["message"])
	}
}

// apply is a server-side apply that is not forced.
func (u user) apply(path, manager string, o any) object {
	u.t.Helper()
	code, answer := u.call("PATCH", path+"?fieldManager="+manager, "application/apply-patch+yaml", o)
	if code >= 300 {
		u.t.Fatalf("apply %s: %d %v", path, code, answer["message"])
	}
	return answer
}

func (u user) get(path string) object {
	u.t.Helper()
	code, answer := u.call("GET", path, "", nil)
	if code != http.StatusOK {
		u.t.Fatalf("GET %s: %d %v", path, code, answer["message"])
	}
	return answer
}

func (u user) list(path string) []object {
	u.t.Helper()
	items, _ := u.get(path)["items"].([]any)
	objects := make([]object, 0, len(items))
	for _, i := range items {
		objects = append(objects, i.(map[string]any))
	}
	return objects
}

// namespace makes one with the given annotations or labels and removes it after
// the test.
func (u user) namespace(name string, metadata map[string]any) string {
	u.t.Helper()
	m := map[string]any{"name": name}
	for k, v := range metadata {
		m[k] = v
	}
	u.create("/api/v1/namespaces", map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": m})
	return name
}

// steer sets an annotation of a namespace that the kubelet obeys; "" takes it away.
func (u user) steer(namespace, key, value string) {
	u.t.Helper()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, key, value)
	u.edit("/api/v1/namespaces/"+namespace, patch)
}

// object is any JSON.
type object map[string]any

// at walks into it; nil when there is nothing.
func (o object) at(path ...string) any {
	var value any = map[string]any(o)
	for _, key := range path {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

func (o object) text(path ...string) string {
	s, _ := o.at(path...).(string)
	return s
}

func (o object) number(path ...string) int {
	n, _ := o.at(path...).(float64)
	return int(n)
}

func (o object) name() string { return o.text("metadata", "name") }
