package main

// From a pod to what its process is told to become.

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/third_party/forked/golang/expansion"
)

// A spec is what a process in new namespaces needs to know to be a container.
type spec struct {
	Hostname, IP, Namespace string
	Connected               bool // the network is the pod's from a container before
	Args, Env               []string
	Folder                  string // to be in; by default, the root
	Root                    string // an empty folder of this machine to build the root file system on
	Mounts                  []bind // the outer before the inner
	Hosts                   string // of /etc/hosts
	UID, GID                int64
	Groups                  []int
	ReadOnly                bool // the root file system
	NoNewPrivileges         bool
	DropAll                 bool // capabilities
}

// A bind shows a folder or a file of this machine in the container.
type bind struct {
	Source, Target string
	ReadOnly       bool
	Image          bool // it is part of the image: anybody in the container may get there
}

// spec is what the process becomes.
func (e *processes) spec(l launch, i image) (spec, error) {
	env := map[string]string{"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	maps.Copy(env, i.Env)
	for _, e := range l.env {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	c := l.container()
	expand := expansion.MappingFuncFor(env)
	command, args := c.Command, c.Args
	if command == nil {
		command = i.Entrypoint
		if args == nil {
			args = i.Command
		}
	}
	s := spec{Hostname: hostname(l.pod), Namespace: l.pod.Namespace, IP: l.ip, Folder: c.WorkingDir, Hosts: hosts(l)}
	for _, a := range slices.Concat(command, args) {
		s.Args = append(s.Args, expansion.Expand(a, expand))
	}
	if len(s.Args) == 0 {
		return s, errors.New("no command specified")
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		s.Env = append(s.Env, name+"="+env[name])
	}
	if err := s.restrict(l.pod, c, i); err != nil {
		return s, err
	}
	var group *int64
	if security := l.pod.Spec.SecurityContext; security != nil {
		group = security.FSGroup
	}
	home := filepath.Join(e.dir, "pods", string(l.pod.UID))
	s.Root = filepath.Join(home, "root")
	for inside, folder := range i.Mounts {
		s.Mounts = append(s.Mounts, bind{Source: folder, Target: inside, ReadOnly: true, Image: true})
	}
	for inside, folder := range i.Shared {
		s.Mounts = append(s.Mounts, bind{Source: folder, Target: inside, Image: true})
	}
	for _, m := range c.VolumeMounts {
		source, err := l.volumes[m.Name].place(filepath.Join(home, "volumes", m.Name), group)
		if err != nil {
			return s, err
		}
		sub := cmp.Or(m.SubPath, expansion.Expand(m.SubPathExpr, expand))
		if sub != "" {
			if source, err = below(source, sub, l.volumes[m.Name].files == nil); err != nil {
				return s, err
			}
		}
		s.Mounts = append(s.Mounts, bind{Source: source, Target: m.MountPath, ReadOnly: m.ReadOnly || l.volumes[m.Name].files != nil})
	}
	slices.SortStableFunc(s.Mounts, func(a, b bind) int { return cmp.Compare(len(a.Target), len(b.Target)) })
	return s, nil
}

// place puts the volume where it can be mounted from.
func (v volume) place(folder string, group *int64) (string, error) {
	if v.folder != "" {
		return v.folder, os.MkdirAll(v.folder, 0o777)
	}
	mode := fs.FileMode(0o777)
	if v.files != nil {
		mode = 0o755
		if err := os.RemoveAll(folder); err != nil {
			return "", fmt.Errorf("cannot fill a volume: %w", err)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("cannot make a volume: %w", err)
	}
	if err := own(folder, mode, group); err != nil {
		return "", err
	}
	for name, f := range v.files {
		at := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return "", fmt.Errorf("cannot fill a volume: %w", err)
		}
		if err := os.WriteFile(at, f.content, f.mode); err != nil {
			return "", fmt.Errorf("cannot fill a volume: %w", err)
		}
		if err := own(at, f.mode, group); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// own lets a pod's fsGroup at what is in its volume.
func own(name string, mode fs.FileMode, group *int64) error {
	if group != nil {
		mode |= mode & 0o700 >> 3
		if err := os.Chown(name, -1, int(*group)); err != nil {
			return fmt.Errorf("cannot give a volume to its group: %w", err)
		}
	}
	if err := os.Chmod(name, mode); err != nil {
		return fmt.Errorf("cannot set the mode of what is in a volume: %w", err)
	}
	return nil
}

// below is a path inside a volume; in a folder it is made when it is not there.
func below(source, sub string, create bool) (string, error) {
	if !filepath.IsLocal(sub) {
		return "", fmt.Errorf("cannot mount %q of a volume: it is not in there", sub)
	}
	at := filepath.Join(source, sub)
	if _, err := os.Stat(at); err != nil && create {
		if err := os.MkdirAll(at, 0o777); err != nil {
			return "", fmt.Errorf("cannot make %q in a volume: %w", sub, err)
		}
		return at, os.Chmod(at, 0o777)
	}
	return at, nil
}

// restrict sets who the container is and what it may, by the container's security
// context where that says anything, and by the pod's otherwise.
func (s *spec) restrict(pod *corev1.Pod, c *corev1.Container, i image) error {
	s.UID = i.User
	rootless := false
	if p := pod.Spec.SecurityContext; p != nil {
		s.UID, s.GID, rootless = valueOr(p.RunAsUser, s.UID), valueOr(p.RunAsGroup, s.GID), valueOr(p.RunAsNonRoot, false)
		for _, g := range p.SupplementalGroups {
			s.Groups = append(s.Groups, int(g))
		}
		if p.FSGroup != nil {
			s.Groups = append(s.Groups, int(*p.FSGroup))
		}
	}
	if p := c.SecurityContext; p != nil {
		s.UID, s.GID, rootless = valueOr(p.RunAsUser, s.UID), valueOr(p.RunAsGroup, s.GID), valueOr(p.RunAsNonRoot, rootless)
		s.ReadOnly = valueOr(p.ReadOnlyRootFilesystem, false)
		s.NoNewPrivileges = !valueOr(p.AllowPrivilegeEscalation, true)
		s.DropAll = p.Capabilities != nil && slices.Contains(p.Capabilities.Drop, "ALL")
	}
	if rootless && s.UID == 0 {
		return errors.New("container has runAsNonRoot and image will run as root")
	}
	return nil
}

// hosts is the /etc/hosts that Kubernetes gives a pod: its own names, no others.
func hosts(l launch) string {
	names := hostname(l.pod)
	if d := l.pod.Spec.Subdomain; d != "" {
		names = fmt.Sprintf("%s.%s.%s.svc.%s\t%s", names, d, l.pod.Namespace, domain, names)
	}
	return fmt.Sprintf("127.0.0.1\tlocalhost\n%s\t%s\n", l.ip, names)
}
