package kube

// What a kubernetes-deployer applied for an application in former times, when nobody applies it any more.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// formerLabel is what that charm puts on everything it applies. Its value is the MD5 of the model's UUID and the
// application's name, and the objects' names end in it: what has both is of that application and of nobody else.
const formerLabel = "juju-app"

var configMaps = kind{"configmap", "ConfigMap", "v1", "configmaps"}

// Former looks for the workers that a kubernetes-deployer applied in a namespace under that label. It gives the files
// that are mounted into them. It needs the right to get deployments and configmaps, which Apply does not.
func (c *Client) Former(ctx context.Context, namespace, uuid string) (files map[string]string, found bool, err error) {
	live, err := c.formerObject(ctx, deployments, namespace, "depl-"+uuid, uuid)
	if err != nil || live == nil {
		return nil, false, err
	}
	config, err := c.formerObject(ctx, configMaps, namespace, "cfgmap-"+uuid, uuid)
	if err != nil {
		return nil, true, err
	}
	data, _ := field(config, "data").(map[string]any)
	files = map[string]string{}
	for name, content := range data {
		files[name], _ = content.(string)
	}
	return files, true, nil
}

// DeleteFormer deletes those workers, and says whether they are gone, pods and all: deleting goes on for as long as a
// pod takes to end. Call it until they are. It needs the right to list pods, too.
func (c *Client) DeleteFormer(ctx context.Context, namespace, uuid string) (gone bool, err error) {
	live, err := c.get(ctx, deployments, namespace, "depl-"+uuid)
	switch {
	case err != nil:
		return false, err
	case live == nil:
		return c.formerPodsGone(ctx, namespace, uuid)
	case !isFormer(live, uuid):
		return true, nil // somebody else's, with its pods
	}
	if text(live, "metadata", "deletionTimestamp") != "" {
		return false, nil
	}
	t := target{"delete", deployments, namespace, live.Name()}
	content, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "DeleteOptions",
		"propagationPolicy": "Foreground", // the object stays until those of its pods are gone that the collector knows
		"preconditions":     map[string]any{"uid": text(live, "metadata", "uid")},
	})
	if err != nil {
		return false, fmt.Errorf("cannot write the deletion of %s: %w", t, err)
	}
	request := c.rest.Delete().AbsPath(deployments.path(namespace, live.Name())).SetHeader("Content-Type", "application/json").Body(content)
	if _, err := c.write(ctx, "delete", t, request); err != nil && !apierrors.IsNotFound(err) {
		return false, err
	}
	return false, nil
}

// formerPodsGone is asked once the Deployment is gone. The garbage collector lets a Deployment go that waits for its
// pods as soon as it knows of none, and it learns of a pod a moment after that was made: one that was new when its
// Deployment was deleted may outlive it (seen on Kubernetes 1.36, where the two pods were a quarter of a second old).
func (c *Client) formerPodsGone(ctx context.Context, namespace, uuid string) (bool, error) {
	list, err := c.list(ctx, pods, namespace, "", true)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(list, func(pod Object) bool {
		return strings.HasPrefix(pod.Name(), "depl-"+uuid+"-") // <Deployment>-<hash>-<five characters>
	}), nil
}

// TidyFormer deletes what those workers needed: their Service and their ConfigMap.
func (c *Client) TidyFormer(ctx context.Context, namespace, uuid string) error {
	for name, k := range map[string]kind{"svc-" + uuid: services, "cfgmap-" + uuid: configMaps} {
		live, err := c.formerObject(ctx, k, namespace, name, uuid)
		if err != nil {
			return err
		}
		if live == nil {
			continue
		}
		if err := c.delete(ctx, k, live); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) formerObject(ctx context.Context, k kind, namespace, name, uuid string) (Object, error) {
	live, err := c.get(ctx, k, namespace, name)
	if err != nil || live == nil || !isFormer(live, uuid) {
		return nil, err
	}
	return live, nil
}

func isFormer(o Object, uuid string) bool { return text(o, "metadata", "labels", formerLabel) == uuid }
