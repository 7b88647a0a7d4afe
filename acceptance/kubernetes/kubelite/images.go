package main

// The images there are.

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
)

// An image is this machine's own root file system, copied on write, with
// something on top of it.
type image struct {
	// Entrypoint and Command are run unless a container says otherwise.
	Entrypoint []string `json:"entrypoint,omitempty"`
	Command    []string `json:"command,omitempty"`
	// Env is the environment to begin with.
	Env map[string]string `json:"env,omitempty"`
	// User is whom it runs as. By default, root.
	User int64 `json:"user,omitempty"`
	// Mounts are folders of this machine, by where they are in the container,
	// which cannot write to them.
	Mounts map[string]string `json:"mounts,omitempty"`
	// Shared are such folders that all its containers write to, as to a file system
	// of the network.
	Shared map[string]string `json:"shared,omitempty"`
}

// images are by name and tag, as containers spell them.
type images map[string]image

func readImages(name string) (images, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the table of images: %w", err)
	}
	var all images
	if err := json.Unmarshal(content, &all); err != nil {
		return nil, fmt.Errorf("cannot read the table of images %s: %w", name, err)
	}
	var wrong []error
	for name, i := range all {
		folders := maps.Clone(i.Mounts)
		if folders == nil {
			folders = map[string]string{}
		}
		maps.Copy(folders, i.Shared)
		for inside, folder := range folders {
			if info, err := os.Stat(folder); err != nil || !info.IsDir() || !filepath.IsAbs(inside) {
				wrong = append(wrong, fmt.Errorf("cannot use the image %s: no folder %s can be mounted at %s", name, folder, inside))
			}
		}
	}
	return all, errors.Join(wrong...)
}

// of is the image of a container.
func (i images) of(c *corev1.Container) (image, error) {
	found, ok := i[c.Image]
	if !ok {
		return found, &waiting{"ErrImagePull", fmt.Sprintf("failed to pull image %q: it is not in the table of images", c.Image)}
	}
	return found, nil
}

// refused names what a pod asks for that cannot be given: better than to
// run it without.
func refused(spec *corev1.PodSpec) error {
	c := spec.Containers[0]
	var what string
	switch {
	case len(spec.Containers) > 1 || len(spec.InitContainers) > 0:
		what = "a second container"
	case c.Lifecycle != nil:
		what = "lifecycle hooks"
	case spec.HostNetwork || spec.HostPID || spec.HostIPC:
		what = "the host's namespaces"
	default:
		return nil
	}
	return &waiting{"CreateContainerError", "kubelite does not run pods that ask for " + what}
}
