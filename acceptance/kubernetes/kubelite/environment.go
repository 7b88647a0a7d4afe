package main

// The environment of a container.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/pkg/api/v1/resource"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// environment is what the pod asks for, in the order it asks; later entries win.
// There are no variables for Services, which are a thing of the past, but for
// the API server's.
func (k *kubelet) environment(ctx context.Context, pod *corev1.Pod) ([]string, error) {
	values := map[string]string{"HOSTNAME": hostname(pod), "KUBERNETES_SERVICE_HOST": apiAddress, "KUBERNETES_SERVICE_PORT": "443"}
	c := &pod.Spec.Containers[0]
	for _, from := range c.EnvFrom {
		if err := k.takeAll(ctx, pod, from, values); err != nil {
			return nil, unknown(err)
		}
	}
	for _, e := range c.Env {
		value, given, err := k.value(ctx, pod, e, values)
		if err != nil {
			return nil, unknown(err)
		}
		if given {
			values[e.Name] = value
		}
	}
	env := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		env = append(env, name+"="+values[name])
	}
	return env, nil
}

// unknown turns what can only be mended by somebody else into a reason to wait.
func unknown(err error) error {
	if apierrors.IsNotFound(err) {
		return &waiting{"CreateContainerConfigError", err.Error()}
	}
	return err
}

func (k *kubelet) takeAll(ctx context.Context, pod *corev1.Pod, from corev1.EnvFromSource, values map[string]string) error {
	var data map[string][]byte
	var err error
	switch {
	case from.SecretRef != nil:
		data, err = k.secret(ctx, pod.Namespace, from.SecretRef.Name, from.SecretRef.Optional)
	case from.ConfigMapRef != nil:
		data, err = k.configMap(ctx, pod.Namespace, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
	}
	for key, content := range data {
		values[from.Prefix+key] = string(content)
	}
	return err
}

// value is one variable's; an optional one may not be given.
func (k *kubelet) value(ctx context.Context, pod *corev1.Pod, e corev1.EnvVar, before map[string]string) (value string, given bool, err error) {
	from := e.ValueFrom
	switch {
	case from == nil:
		return expansion.Expand(e.Value, expansion.MappingFuncFor(before)), true, nil
	case from.FieldRef != nil:
		value, err = field(pod, from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		value, err = resource.ExtractContainerResourceValue(from.ResourceFieldRef, &pod.Spec.Containers[0])
		return value, true, err
	case from.SecretKeyRef != nil:
		data, err := k.secret(ctx, pod.Namespace, from.SecretKeyRef.Name, from.SecretKeyRef.Optional)
		return pick(data, from.SecretKeyRef.Key, from.SecretKeyRef.Optional, err)
	case from.ConfigMapKeyRef != nil:
		data, err := k.configMap(ctx, pod.Namespace, from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Optional)
		return pick(data, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Optional, err)
	}
	return "", false, &waiting{"CreateContainerConfigError", fmt.Sprintf("kubelite does not know where %s comes from", e.Name)}
}

func pick(data map[string][]byte, key string, optional *bool, err error) (string, bool, error) {
	content, ok := data[key]
	if err == nil && !ok && !valueOr(optional, false) {
		err = &waiting{"CreateContainerConfigError", fmt.Sprintf("couldn't find key %s", key)}
	}
	return string(content), ok, err
}

// hostname is what a pod calls itself.
func hostname(pod *corev1.Pod) string { return cmp.Or(pod.Spec.Hostname, pod.Name) }

// field is of the pod; its status is what we know, which the API server may not yet.
func field(pod *corev1.Pod, path string) (string, error) {
	switch path {
	case "status.podIP", "status.podIPs":
		return pod.Status.PodIP, nil
	case "status.hostIP", "status.hostIPs":
		return nodeAddress, nil
	case "spec.nodeName":
		return nodeName, nil
	case "spec.serviceAccountName":
		return pod.Spec.ServiceAccountName, nil
	}
	value, err := fieldpath.ExtractFieldPathAsString(pod, path)
	if err != nil {
		return "", &waiting{"CreateContainerConfigError", err.Error()}
	}
	return value, nil
}
