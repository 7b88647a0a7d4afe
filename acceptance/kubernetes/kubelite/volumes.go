package main

// What a pod's volumes hold.

import (
	"context"
	"fmt"
	"io/fs"

	authv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/fieldpath"
)

// A volume is files that are given, or a folder: of this machine, or by default
// one that is empty at first and lives as long as the pod.
type volume struct {
	files  map[string]file // by path; nil when it is a folder
	folder string
}

type file struct {
	content []byte
	mode    fs.FileMode
}

// volumes reads what is in all volumes of a pod.
func (k *kubelet) volumes(ctx context.Context, pod *corev1.Pod) (map[string]volume, error) {
	all := map[string]volume{}
	for _, v := range pod.Spec.Volumes {
		content, err := k.volume(ctx, pod, v.VolumeSource)
		if apierrors.IsNotFound(err) {
			return nil, &waiting{"ContainerCreating", "MountVolume.SetUp failed: " + err.Error()}
		}
		if err != nil {
			return nil, err
		}
		all[v.Name] = content
	}
	return all, nil
}

func (k *kubelet) volume(ctx context.Context, pod *corev1.Pod, v corev1.VolumeSource) (volume, error) {
	mode := int32(0o644)
	sources := []corev1.VolumeProjection{{}}
	switch {
	case v.EmptyDir != nil:
		return volume{}, nil
	case v.HostPath != nil:
		return volume{folder: v.HostPath.Path}, nil
	case v.Secret != nil:
		sources[0].Secret = &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: v.Secret.SecretName},
			Items: v.Secret.Items, Optional: v.Secret.Optional}
		mode = valueOr(v.Secret.DefaultMode, mode)
	case v.ConfigMap != nil:
		sources[0].ConfigMap = &corev1.ConfigMapProjection{LocalObjectReference: v.ConfigMap.LocalObjectReference,
			Items: v.ConfigMap.Items, Optional: v.ConfigMap.Optional}
		mode = valueOr(v.ConfigMap.DefaultMode, mode)
	case v.DownwardAPI != nil:
		sources[0].DownwardAPI = &corev1.DownwardAPIProjection{Items: v.DownwardAPI.Items}
		mode = valueOr(v.DownwardAPI.DefaultMode, mode)
	case v.Projected != nil:
		sources, mode = v.Projected.Sources, valueOr(v.Projected.DefaultMode, mode)
	default:
		return volume{}, &waiting{"ContainerCreating", "kubelite mounts no volumes of such a kind"}
	}
	content := volume{files: map[string]file{}}
	for _, s := range sources {
		if err := k.project(ctx, pod, s, content.files, mode); err != nil {
			return volume{}, err
		}
	}
	return content, nil
}

// project adds one source's files.
func (k *kubelet) project(ctx context.Context, pod *corev1.Pod, s corev1.VolumeProjection, files map[string]file, mode int32) error {
	switch {
	case s.Secret != nil:
		data, err := k.secret(ctx, pod.Namespace, s.Secret.Name, s.Secret.Optional)
		if err != nil {
			return err
		}
		return choose(files, data, s.Secret.Items, mode)
	case s.ConfigMap != nil:
		data, err := k.configMap(ctx, pod.Namespace, s.ConfigMap.Name, s.ConfigMap.Optional)
		if err != nil {
			return err
		}
		return choose(files, data, s.ConfigMap.Items, mode)
	case s.DownwardAPI != nil:
		for _, i := range s.DownwardAPI.Items {
			if i.FieldRef == nil {
				return &waiting{"ContainerCreating", "kubelite knows the fields of a pod, not the resources of its container"}
			}
			value, err := fieldpath.ExtractFieldPathAsString(pod, i.FieldRef.FieldPath)
			if err != nil {
				return &waiting{"ContainerCreating", err.Error()}
			}
			files[i.Path] = file{[]byte(value), fs.FileMode(valueOr(i.Mode, mode))}
		}
		return nil
	case s.ServiceAccountToken != nil:
		t := s.ServiceAccountToken
		request := &authv1.TokenRequest{Spec: authv1.TokenRequestSpec{ExpirationSeconds: t.ExpirationSeconds}}
		if t.Audience != "" {
			request.Spec.Audiences = []string{t.Audience}
		}
		answer, err := k.client.CoreV1().ServiceAccounts(pod.Namespace).CreateToken(ctx, pod.Spec.ServiceAccountName, request, metav1.CreateOptions{})
		if err != nil {
			return err
		}
		files[t.Path] = file{[]byte(answer.Status.Token), fs.FileMode(mode)}
		return nil
	}
	return &waiting{"ContainerCreating", "kubelite projects no source of such a kind"}
}

// choose adds all data, or the items under the paths they ask for.
func choose(files map[string]file, data map[string][]byte, items []corev1.KeyToPath, mode int32) error {
	if items == nil {
		for key, content := range data {
			files[key] = file{content, fs.FileMode(mode)}
		}
	}
	for _, i := range items {
		content, ok := data[i.Key]
		if !ok {
			return &waiting{"ContainerCreating", fmt.Sprintf("MountVolume.SetUp failed: references non-existent key: %s", i.Key)}
		}
		files[i.Path] = file{content, fs.FileMode(valueOr(i.Mode, mode))}
	}
	return nil
}

// secret is a Secret's data; none where it may be missing and is.
func (k *kubelet) secret(ctx context.Context, namespace, name string, optional *bool) (map[string][]byte, error) {
	s, err := k.client.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unless(valueOr(optional, false) && apierrors.IsNotFound(err), err)
	}
	return s.Data, nil
}

func (k *kubelet) configMap(ctx context.Context, namespace, name string, optional *bool) (map[string][]byte, error) {
	c, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unless(valueOr(optional, false) && apierrors.IsNotFound(err), err)
	}
	data := map[string][]byte{}
	for key, text := range c.Data {
		data[key] = []byte(text)
	}
	for key, content := range c.BinaryData {
		data[key] = content
	}
	return data, nil
}

func unless(excused bool, err error) error {
	if excused {
		return nil
	}
	return err
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
