package kubetest

// What pods do: the seam to whoever runs them.

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Pod is one container about to be started, with everything it refers to
// already looked up.
type Pod struct {
	Namespace, Name, UID string
	// IP is the address the pod's status shows; nothing listens there.
	IP string
	// Image, Command (in place of its entrypoint) and Args.
	Image         string
	Command, Args []string
	// Env is complete, $(NAME) references expanded.
	Env map[string]string
	// Files are the contents of Secret and ConfigMap volumes by absolute path.
	Files map[string][]byte
	// Labels of the pod.
	Labels map[string]string
}

// Runtime starts pods. StartPod is called once for each attempt, with a context
// that ends when the pod is to stop or the server closes. An error means the
// container did not run: an [ImageError] that its image cannot be had, any
// other that it crashed; both are tried again a little later.
type Runtime interface {
	StartPod(context.Context, Pod) (Running, error)
}

// Running is a pod's container. The methods are called from several goroutines.
type Running interface {
	// Ready is what a readiness probe would find; it is asked all the time and
	// must not block.
	Ready() bool
	// Addr is where the container listens, as host:port, for a Service's proxy;
	// empty when it does not.
	Addr() string
	// Stop ends it and returns when it has ended. It is called once.
	Stop()
}

// ImageError makes a pod wait for its image.
type ImageError struct{ Message string }

func (e *ImageError) Error() string { return "cannot pull image: " + e.Message }

// idle runs every pod as one that is ready and does nothing.
type idle struct{}

func (idle) StartPod(context.Context, Pod) (Running, error) { return idle{}, nil }
func (idle) Ready() bool                                    { return true }
func (idle) Addr() string                                   { return "" }
func (idle) Stop()                                          {}

// describeLocked looks up all a pod's first container refers to; the error says
// what is missing.
func (s *Server) describeLocked(pod *corev1.Pod) (Pod, error) {
	c := pod.Spec.Containers[0]
	d := Pod{
		Namespace: pod.Namespace, Name: pod.Name, UID: string(pod.UID), IP: pod.Status.PodIP,
		Image: c.Image, Command: c.Command, Args: c.Args, Labels: pod.Labels,
		Env: map[string]string{}, Files: map[string][]byte{},
	}
	for _, e := range c.Env {
		value, err := s.envLocked(pod, e, d.Env)
		if err != nil {
			return Pod{}, err
		}
		d.Env[e.Name] = value
	}
	for _, m := range c.VolumeMounts {
		for _, v := range pod.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			content, err := s.volumeLocked(pod, v)
			if err != nil {
				return Pod{}, err
			}
			for name, data := range content {
				d.Files[m.MountPath+"/"+name] = data
			}
		}
	}
	return d, nil
}

func (s *Server) envLocked(pod *corev1.Pod, e corev1.EnvVar, earlier map[string]string) (string, error) {
	from := e.ValueFrom
	switch {
	case from == nil:
		return expand(e.Value, earlier), nil
	case from.FieldRef != nil:
		switch path := from.FieldRef.FieldPath; path {
		case "metadata.name":
			return pod.Name, nil
		case "metadata.namespace":
			return pod.Namespace, nil
		case "metadata.uid":
			return string(pod.UID), nil
		case "status.podIP":
			return pod.Status.PodIP, nil
		default:
			return "", fmt.Errorf("kubetest does not know fieldPath %q", path)
		}
	case from.SecretKeyRef != nil:
		data, err := s.dataLocked("secrets", pod.Namespace, from.SecretKeyRef.Name)
		return string(data[from.SecretKeyRef.Key]), err
	case from.ConfigMapKeyRef != nil:
		data, err := s.dataLocked("configmaps", pod.Namespace, from.ConfigMapKeyRef.Name)
		return string(data[from.ConfigMapKeyRef.Key]), err
	}
	return "", fmt.Errorf("kubetest does not know the source of variable %q", e.Name)
}

func (s *Server) volumeLocked(pod *corev1.Pod, v corev1.Volume) (map[string][]byte, error) {
	switch {
	case v.Secret != nil:
		return s.dataLocked("secrets", pod.Namespace, v.Secret.SecretName)
	case v.ConfigMap != nil:
		return s.dataLocked("configmaps", pod.Namespace, v.ConfigMap.Name)
	case v.EmptyDir != nil:
		return nil, nil
	}
	return nil, fmt.Errorf("kubetest does not know the source of volume %q", v.Name)
}

func (s *Server) dataLocked(resource, namespace, name string) (map[string][]byte, error) {
	o, ok := s.store.getLocked(key{s.kinds[resource], types.NamespacedName{Namespace: namespace, Name: name}})
	if !ok {
		return nil, fmt.Errorf("%s %q not found", resource[:len(resource)-1], name)
	}
	switch o := o.(type) {
	case *corev1.Secret:
		return o.Data, nil
	case *corev1.ConfigMap:
		data := map[string][]byte{}
		for k, v := range o.Data {
			data[k] = []byte(v)
		}
		return data, nil
	}
	return nil, fmt.Errorf("%s %q holds no data", resource, name)
}

// expand replaces $(NAME) by what came before it, as the kubelet does; a name
// that is not known stays as it is, and $$ is one dollar.
func expand(value string, known map[string]string) string {
	var out []byte
	for i := 0; i < len(value); i++ {
		if value[i] != '$' || i+1 == len(value) {
			out = append(out, value[i])
			continue
		}
		if value[i+1] == '$' {
			out = append(out, '$')
			i++
			continue
		}
		end := i + 2
		for end < len(value) && value[end] != ')' {
			end++
		}
		if value[i+1] != '(' || end == len(value) {
			out = append(out, value[i])
			continue
		}
		if v, ok := known[value[i+2:end]]; ok {
			out = append(out, v...)
		} else {
			out = append(out, value[i:end+1]...)
		}
		i = end
	}
	return string(out)
}
