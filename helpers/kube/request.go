package kube

// One request of each sort: get, list, apply, create, delete.

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// A target is what a request is about; it speaks in effects and errors.
type target struct {
	verb string // as RBAC says it
	kind
	namespace string
	name      string // empty: all of them
}

// String is the target as effects spell it: statefulset/ns/name.
func (t target) String() string {
	s := t.kind.name
	if t.namespace != "" {
		s += "/" + t.namespace
	}
	if t.name != "" {
		s += "/" + t.name
	}
	return s
}

// send runs one request through the seam and classifies its error.
func (c *Client) send(ctx context.Context, word string, t target, request *rest.Request) ([]byte, error) {
	var body []byte
	err := c.do(ctx, fmt.Sprintf("kube: %s %s", word, t), func() error {
		attempt, cancel := context.WithTimeout(ctx, c.timeout)
		defer cancel()
		result := request.MaxRetries(2).Do(attempt)
		err := result.Error() // Raw's error knows only the code, not the server's Status
		body, _ = result.Raw()
		return c.classify(ctx, err, t)
	})
	return body, err
}

// write is send for what changes something.
func (c *Client) write(ctx context.Context, word string, t target, request *rest.Request) ([]byte, error) {
	if c.before != nil {
		if err := c.before(ctx); err != nil {
			return nil, err
		}
	}
	return c.send(ctx, word, t, request)
}

// get returns the live object, or nil when there is none.
func (c *Client) get(ctx context.Context, k kind, namespace, name string) (Object, error) {
	t := target{"get", k, namespace, name}
	body, err := c.send(ctx, "get", t, c.rest.Get().AbsPath(k.path(namespace, name)))
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return decode(body, t)
}

// list returns the objects of a kind that a selector finds. With metaOnly
// their contents stay on the server: a Secret need not travel to be deleted.
func (c *Client) list(ctx context.Context, k kind, namespace, selector string, metaOnly bool) ([]Object, error) {
	return c.listBy(ctx, k, namespace, "labelSelector", selector, metaOnly)
}

func (c *Client) listBy(ctx context.Context, k kind, namespace, parameter, selector string, metaOnly bool) ([]Object, error) {
	t := target{"list", k, namespace, ""}
	request := c.rest.Get().AbsPath(k.path(namespace, "")).Param(parameter, selector)
	if metaOnly {
		request.SetHeader("Accept", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")
	}
	body, err := c.send(ctx, "list", t, request)
	if err != nil {
		return nil, err
	}
	var answer struct{ Items []Object }
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, unreadable(t)
	}
	return answer.Items, nil
}

// apply writes one manifest under our field manager, never by force.
func (c *Client) apply(ctx context.Context, o Object) (Object, error) {
	t := target{"patch", kindOf(o), o.Namespace(), o.Name()}
	_, content, err := o.normal()
	if err != nil {
		return nil, err
	}
	request := c.rest.Patch(types.ApplyPatchType).
		AbsPath(t.path(t.namespace, t.name)).
		Param("fieldManager", FieldManager).
		Body(content)
	body, err := c.write(ctx, "apply", t, request)
	if apierrors.IsNotFound(err) {
		return nil, t.errorf(ErrInvalid, "this Kubernetes does not serve %s of %s", t.resource, t.apiVersion)
	}
	if err != nil {
		return nil, err
	}
	return decode(body, t)
}

// createNamespace is no error when it exists by now.
func (c *Client) createNamespace(ctx context.Context, name string) error {
	t := target{"create", namespaces, "", name}
	content, err := json.Marshal(map[string]any{
		"apiVersion": "v1",
		"kind":       "Namespace",
		"metadata": map[string]any{
			"name":   name,
			"labels": map[string]any{"app.kubernetes.io/managed-by": FieldManager},
		},
	})
	if err != nil {
		return fmt.Errorf("cannot write the manifest of namespace %s: %w", name, err)
	}
	request := c.rest.Post().AbsPath(namespaces.path("", "")).
		Param("fieldManager", FieldManager).
		SetHeader("Content-Type", "application/json").
		Body(content)
	_, err = c.write(ctx, "create", t, request)
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// delete removes exactly the object that was seen: one that was made anew under
// its name since is left alone. Gone already is no error.
func (c *Client) delete(ctx context.Context, k kind, seen Object) error {
	t := target{"delete", k, seen.Namespace(), seen.Name()}
	content, err := json.Marshal(map[string]any{
		"apiVersion":        "v1",
		"kind":              "DeleteOptions",
		"propagationPolicy": "Background",
		"preconditions":     map[string]any{"uid": text(seen, "metadata", "uid")},
	})
	if err != nil {
		return fmt.Errorf("cannot write the deletion of %s: %w", t, err)
	}
	request := c.rest.Delete().AbsPath(k.path(t.namespace, t.name)).
		SetHeader("Content-Type", "application/json").
		Body(content)
	_, err = c.write(ctx, "delete", t, request)
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

func decode(body []byte, t target) (Object, error) {
	var o Object
	if err := json.Unmarshal(body, &o); err != nil {
		return nil, unreadable(t)
	}
	return o, nil
}

// unreadable repeats nothing of the answer: it may be a Secret.
func unreadable(t target) error {
	return &Error{ErrUnreachable, fmt.Sprintf("cannot %s %s: the answer is not JSON", t.verb, t)}
}
