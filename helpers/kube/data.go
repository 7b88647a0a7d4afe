package kube

// A Secret for what a charm has to remember and may not keep elsewhere: Juju
// has secrets of its own from version 3 on.

import (
	"context"
	"encoding/base64"
	"encoding/json"
)

// keepsake is named beside the cluster and not part of it: it carries the owner's
// label, and none by which Apply finds configurations nobody uses any more.
func (w Workers) keepsake(data map[string]string) Object {
	o := w.object(secrets, w.Name+"-memory")
	o["metadata"].(map[string]any)["labels"].(map[string]any)["app.kubernetes.io/instance"] = w.Name + "-memory"
	o["type"] = "Opaque"
	encoded := map[string]any{}
	for key, value := range data {
		encoded[key] = base64.StdEncoding.EncodeToString([]byte(value))
	}
	o["data"] = encoded
	return o
}

// Remember keeps data in a Secret beside the workers, in place of what was there.
// Together the values must stay under a mebibyte.
func (c *Client) Remember(ctx context.Context, w Workers, data map[string]string) error {
	o := w.keepsake(data)
	live, err := c.getOurs(ctx, w, secrets, o.Name())
	if err != nil {
		return err
	}
	return c.applyOne(ctx, o, live, &Applied{})
}

// Recall gives what Remember kept; nothing, and no error, where it never did.
func (c *Client) Recall(ctx context.Context, w Workers) (map[string]string, error) {
	live, err := c.getOurs(ctx, w, secrets, w.keepsake(nil).Name())
	if err != nil || live == nil {
		return nil, err
	}
	t := target{"get", secrets, w.namespace(), live.Name()}
	text, err := json.Marshal(live["data"])
	if err != nil {
		return nil, unreadable(t)
	}
	var raw map[string][]byte
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, unreadable(t)
	}
	data := map[string]string{}
	for key, value := range raw {
		data[key] = string(value)
	}
	return data, nil
}

// Forget deletes what Remember kept. Nothing there is no error.
func (c *Client) Forget(ctx context.Context, w Workers) error {
	live, err := c.getOurs(ctx, w, secrets, w.keepsake(nil).Name())
	if err != nil || live == nil {
		return err
	}
	return c.delete(ctx, secrets, live)
}
