package kube

// Making the cluster agree with Workers.

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// Applied says what Apply did.
type Applied struct {
	// Changed and Removed name the objects written and deleted, such as
	// "statefulset/ns/app-connect"; both are empty when all was well already.
	Changed, Removed []string
	// Revision names what the pods are made from: image, configuration,
	// resources and the rest of their template, but not how many there are.
	Revision string
}

// Apply makes the cluster agree with w and returns before it has rolled out;
// see [Client.Rollout]. It reads every object first and writes only those that
// do not already say all the manifest says. Calling it again does nothing.
//
// An object of one of our names that is not ours makes it fail with
// [ErrForeign] before anything is written. A field that another manager holds
// with another value is an [ErrConflict]. When the namespace does not exist it
// is created; where the account may not do that, the error is [ErrNoNamespace].
//
// Secrets of earlier configurations are deleted by the first Apply that finds
// nothing to change and all pods rolled out.
func (c *Client) Apply(ctx context.Context, w Workers) (Applied, error) {
	objects, err := w.Objects()
	if err != nil {
		return Applied{}, err
	}
	set := objects[len(objects)-1]
	applied := Applied{Revision: revision(set)}
	live := make([]Object, len(objects))
	for i, o := range objects {
		if live[i], err = c.getOurs(ctx, w, kindOf(o), o.Name()); err != nil {
			return applied, err
		}
	}
	if !w.NetworkPolicy {
		if err := c.removePolicy(ctx, w, &applied); err != nil {
			return applied, err
		}
	}
	if !slices.ContainsFunc(live, func(o Object) bool { return o != nil }) {
		if err := c.ensureNamespace(ctx, w.namespace()); err != nil {
			return applied, err
		}
	}
	for i, o := range objects {
		if err := c.applyOne(ctx, o, live[i], &applied); err != nil {
			return applied, err
		}
	}
	if len(applied.Changed) > 0 || !rolledOut(live[len(live)-1]) {
		return applied, nil
	}
	return applied, c.removeOldSecrets(ctx, w, objects[0].Name(), &applied)
}

// getOurs returns the live object, nil when there is none, and ErrForeign when
// it is not ours.
func (c *Client) getOurs(ctx context.Context, w Workers, k kind, name string) (Object, error) {
	live, err := c.get(ctx, k, w.namespace(), name)
	if err != nil || live == nil {
		return nil, err
	}
	if text(live, "metadata", "labels", OwnerLabel) != w.owner() {
		t := target{"patch", k, w.namespace(), name}
		return nil, t.errorf(ErrForeign,
			"an object of that name exists that does not belong to application %s (label %s): remove or rename it, or choose another namespace", w.App, OwnerLabel)
	}
	return live, nil
}

func (c *Client) applyOne(ctx context.Context, o, live Object, applied *Applied) error {
	want, _, err := o.normal()
	if err != nil {
		return err
	}
	if live != nil {
		if covers(map[string]any(live), map[string]any(want)) {
			return nil
		}
		// Only this very object, not one made in its place since.
		want["metadata"].(map[string]any)["uid"] = text(live, "metadata", "uid")
	}
	after, err := c.apply(ctx, want)
	if errors.Is(err, ErrNoNamespace) { // nobody looked, or it went since
		if err = c.makeNamespace(ctx, o.Namespace()); err != nil {
			return err
		}
		after, err = c.apply(ctx, want)
	}
	if err != nil {
		return err
	}
	if live == nil || text(after, "metadata", "resourceVersion") != text(live, "metadata", "resourceVersion") {
		applied.Changed = append(applied.Changed, target{kind: kindOf(o), namespace: o.Namespace(), name: o.Name()}.String())
	}
	return nil
}

// ensureNamespace is for workers of which nothing is there yet, so that the first
// write is not refused. An account that may not look is one for a namespace that
// is there, in all likelihood: then the write will tell.
func (c *Client) ensureNamespace(ctx context.Context, name string) error {
	_, err := c.get(ctx, namespaces, "", name)
	switch {
	case errors.Is(err, ErrNoNamespace):
		return c.makeNamespace(ctx, name)
	case errors.Is(err, ErrForbidden):
		return nil
	}
	return err
}

func (c *Client) makeNamespace(ctx context.Context, name string) error {
	err := c.createNamespace(ctx, name)
	if errors.Is(err, ErrForbidden) {
		return &Error{ErrNoNamespace, fmt.Sprintf(
			"cannot apply the workers: the namespace %q does not exist and the charm's account may not create it: run kubectl create namespace %s, or set another namespace", name, name)}
	}
	return err
}

// covers reports whether live says everything want says. It may be too strict,
// where a server spells a value its own way: then one apply too many is sent,
// which changes nothing. An empty want is covered by nothing at all, because
// servers leave empty things out.
func covers(live, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		m, ok := live.(map[string]any)
		if !ok {
			return len(want) == 0 && live == nil
		}
		for key, value := range want {
			if !covers(m[key], value) {
				return false
			}
		}
		return true
	case []any:
		list, _ := live.([]any)
		return slices.EqualFunc(list, want, covers)
	}
	return live == want
}

func revision(set Object) string { return text(set, "metadata", "annotations", RevisionAnnotation) }

// removePolicy takes back a NetworkPolicy that is no longer asked for.
func (c *Client) removePolicy(ctx context.Context, w Workers, applied *Applied) error {
	live, err := c.get(ctx, networkPolicies, w.namespace(), w.Name)
	if err != nil || live == nil || text(live, "metadata", "labels", OwnerLabel) != w.owner() {
		return err
	}
	return c.remove(ctx, networkPolicies, live, applied)
}

// removeOldSecrets deletes the configurations no pod uses any more.
func (c *Client) removeOldSecrets(ctx context.Context, w Workers, current string, applied *Applied) error {
	list, err := c.list(ctx, secrets, w.namespace(), w.ownedBy(), true)
	if err != nil {
		return err
	}
	for _, secret := range list {
		if secret.Name() == current {
			continue
		}
		if err := c.remove(ctx, secrets, secret, applied); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) remove(ctx context.Context, k kind, live Object, applied *Applied) error {
	if err := c.delete(ctx, k, live); err != nil {
		return err
	}
	applied.Removed = append(applied.Removed, target{kind: k, namespace: live.Namespace(), name: live.Name()}.String())
	return nil
}

// ownedBy selects everything of this cluster.
func (w Workers) ownedBy() string {
	return OwnerLabel + "=" + w.owner() + ",app.kubernetes.io/instance=" + w.Name
}

// Scale sets the number of workers and leaves all else as it is in the cluster,
// so it needs only the names in w: workers can be stopped when what they were
// configured with is gone. No workers to scale to none is no error.
//
// The next Apply goes back to the number in its Workers.
func (c *Client) Scale(ctx context.Context, w Workers, replicas int) error {
	if err := w.invalid(w.identity()); err != nil {
		return err
	}
	t := target{"patch", statefulSets, w.namespace(), w.Name}
	if replicas < 0 {
		return t.errorf(ErrInvalid, "%d workers are fewer than none", replicas)
	}
	live, err := c.getOurs(ctx, w, statefulSets, w.Name)
	if err != nil {
		return err
	}
	if live == nil {
		if replicas == 0 {
			return nil
		}
		return t.errorf(ErrInvalid, "there are no workers to scale to %d", replicas)
	}
	if number(live, "spec", "replicas") == replicas {
		return nil
	}
	// Applying less than before gives the rest up, so the live object is
	// applied as it is. What we come to own beyond our manifest that way, the
	// next Apply lets go of again.
	want := Object{"apiVersion": statefulSets.apiVersion, "kind": statefulSets.kind, "spec": live["spec"]}
	metadata := map[string]any{}
	for _, key := range []string{"name", "namespace", "uid", "labels", "annotations"} {
		if value := field(live, "metadata", key); value != nil {
			metadata[key] = value
		}
	}
	want["metadata"] = metadata
	want["spec"].(map[string]any)["replicas"] = replicas
	_, err = c.apply(ctx, want)
	return err
}

// Delete removes everything of this cluster, found by its labels, so it needs
// only the names in w and never touches what is not ours. Pods end in the
// background. What is gone already is no error. The namespace stays.
func (c *Client) Delete(ctx context.Context, w Workers) error {
	if err := w.invalid(w.identity()); err != nil {
		return err
	}
	for _, k := range ours() {
		list, err := c.list(ctx, k, w.namespace(), w.ownedBy(), true)
		if err != nil {
			return err
		}
		for _, o := range list {
			if err := c.delete(ctx, k, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// proxyPath is the URL path under which the API server forwards to the Service.
func (w Workers) proxyPath() string {
	return services.path(w.namespace(), url.PathEscape(fmt.Sprintf("%s:%d", w.Name, w.port()))) + "/proxy"
}
